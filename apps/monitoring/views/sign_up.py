"""The door by which partners come in by themselves, open only where the platform's settings say so."""

from dataclasses import replace
from functools import wraps
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import View, open_to_all
from apps.monitoring.fleet_forms import SignUpForm
from apps.monitoring.queries.fleet import get_partner_page
from apps.monitoring.views.fleet import added_partner
from apps.tenants.branding import BrandLook
from apps.tenants.brands import NEUTRAL
from apps.tenants.models import Partner

SIGN_UPS_AN_HOUR = 5  # from one address of the network
_HOUR_SECONDS = 3600


def _look() -> BrandLook:
    """Visitors have no partner yet and are no operators: the page carries nobody's brand."""
    return replace(NEUTRAL, name=_("Integration platform"), product_noun=_("Open a portal"))


def _where_allowed(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.PARTNER_SIGNUP:
            raise Http404(_("Partners are added by the platform's operators."))
        return view(request, *args, **kwargs)  # type: ignore[no-any-return]

    return guarded  # type: ignore[return-value]


@open_to_all
@_where_allowed
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Take a new partner's name, address and first owner, and lead to the page that says when it is ready."""
    form, status = SignUpForm(request.POST or None), 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            if not _may_try(request):
                form.add_error(None, _("There were too many sign-ups from your network: try again in an hour."))
                return _form_page(request, form, 429)
            partner = added_partner(form)
            if partner is not None:
                return redirect("monitoring:sign-up-progress", partner.id)
    return _form_page(request, form, status)


@open_to_all
@_where_allowed
@require_safe
def sign_up_progress(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Say whether a new portal is ready; the page asks for itself again until it is."""
    page = get_partner_page(partner_id, now=timezone.now())
    if page.row.state == Partner.State.SUSPENDED:
        raise Http404(_("There is no such partner."))
    context = {"page": page, "brand": _look(), "live_url": reverse("monitoring:sign-up-progress", args=[partner_id])}
    part = request.headers.get("HX-Request")
    return render(request, "monitoring/_sign_up_live.html" if part else "monitoring/sign_up_progress.html", context)


def _form_page(request: HttpRequest, form: SignUpForm, status: int) -> HttpResponse:
    return render(request, "monitoring/sign_up.html", {"form": form, "brand": _look()}, status=status)


def _may_try(request: HttpRequest) -> bool:
    key = f"sign-up:{get_adapter(request).get_client_ip(request)}"
    cache.add(key, 0, _HOUR_SECONDS)
    try:
        return int(cache.incr(key)) <= SIGN_UPS_AN_HOUR
    except ValueError:  # it ran out between the two calls
        return True
