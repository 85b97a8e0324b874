"""The operator's pages about partners: all of them, a new one, one, and what can be done with it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import Chip, acting_person, address, asked_page, asked_words, turned_pages
from apps.monitoring import fleet
from apps.monitoring.fleet import FirstOwner, PartnerStateError
from apps.monitoring.fleet_forms import OwnerForm, PartnerForm, SignUpForm
from apps.monitoring.queries.fleet import PARTNERS_A_PAGE, FleetList, get_partner, get_partner_page, list_fleet
from apps.tenants.models import Partner
from apps.tenants.provisioning import PartnerExistsError

_STATES = (
    (Partner.State.ACTIVE, gettext_noop("Active")),
    (Partner.State.SUSPENDED, gettext_noop("Suspended")),
    (Partner.State.PROVISIONING, gettext_noop("Being set up")),
    (Partner.State.FAILED, gettext_noop("Set-up failed")),
)


@requires(Action.VIEW_PARTNERS)
@require_safe
def partner_list(request: HttpRequest) -> HttpResponse:
    """List all partners with what their portals hold."""
    search, state = asked_words(request, "q"), asked_words(request, "state")
    found = list_fleet(now=timezone.now(), search=search, state=state, page=asked_page(request))
    context = {
        "page": found,
        "chips": _chips(request, found, state),
        "search": search,
        "is_filtered": bool(search or state),
        "words": _words(found),
        "can_manage": acting_person(request).can(Action.MANAGE_PARTNERS),
        **turned_pages(request, page=found.page, pages=found.pages),
    }
    return render(request, "monitoring/fleet.html", context)


@requires(Action.MANAGE_PARTNERS)
@require_http_methods(["GET", "HEAD", "POST"])
def partner_create(request: HttpRequest) -> HttpResponse:
    """Add a partner; its page then shows how the set-up goes."""
    form = PartnerForm(request.POST or None)
    partner = added_partner(form) if request.method == "POST" and form.is_valid() else None
    if partner is not None:
        return redirect("monitoring:partner-detail", partner.id)
    context = {"form": form, "crumbs": _crumbs(_("Add a partner"))}
    return render(request, "monitoring/fleet_create.html", context, status=400 if form.errors else 200)


@requires(Action.VIEW_PARTNERS)
@require_safe
def partner_detail(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Show one partner; the page asks for itself again while the partner is being set up."""
    return _detail(request, partner_id, OwnerForm())


@requires(Action.MANAGE_PARTNERS)
@require_POST
def partner_invite(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Have an owner invited to a partner's portal."""
    partner, form = get_partner(partner_id), OwnerForm(request.POST)
    if not form.is_valid():
        return _detail(request, partner_id, form, status=400)
    fleet.invite_owner(partner, FirstOwner(**form.cleaned_data))
    messages.success(request, _("The invitation for %(email)s is on its way.") % {"email": form.cleaned_data["email"]})
    return redirect("monitoring:partner-detail", partner_id)


@requires(Action.MANAGE_PARTNERS)
@require_POST
def partner_suspend(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Close a partner's portal."""
    done = _("{} is suspended. Every server answers accordingly within 30 seconds.")
    return _moved(request, partner_id, fleet.suspend_partner, done)


@requires(Action.MANAGE_PARTNERS)
@require_POST
def partner_activate(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Open a suspended partner's portal again."""
    done = _("{} is active again. Every server answers accordingly within 30 seconds.")
    return _moved(request, partner_id, fleet.activate_partner, done)


@requires(Action.MANAGE_PARTNERS)
@require_POST
def partner_set_up(request: HttpRequest, partner_id: UUID) -> HttpResponse:
    """Go on with a set-up that failed."""
    return _moved(
        request,
        partner_id,
        lambda partner: fleet.set_up_again(partner, now=timezone.now()),
        "{} is being set up again.",
    )


def added_partner(form: PartnerForm | SignUpForm) -> Partner | None:
    """Return the partner a valid form asks for, None when it cannot be: the form then says why, field by field."""
    try:
        return fleet.add_partner(form.wanted(), form.owner())
    except PartnerExistsError as error:
        form.add_error("slug", str(error))
    except ValidationError as error:
        for field, words in error.message_dict.items():
            form.add_error(field if field in form.fields else None, words)
    return None


def _moved(request: HttpRequest, partner_id: UUID, move: Callable[[Partner], None], done: str) -> HttpResponse:
    partner = get_partner(partner_id)
    try:
        move(partner)
        messages.success(request, done.format(partner.name))
    except PartnerStateError as error:
        messages.error(request, str(error))
    return redirect("monitoring:partner-detail", partner_id)


def _detail(request: HttpRequest, partner_id: UUID, form: OwnerForm, status: int = 200) -> HttpResponse:
    page = get_partner_page(partner_id, now=timezone.now())
    context = {
        "page": page,
        "form": form,
        "crumbs": _crumbs(page.row.name),
        "live_url": reverse("monitoring:partner-detail", args=[partner_id]),
        "can_manage": acting_person(request).can(Action.MANAGE_PARTNERS),
    }
    part = request.headers.get("HX-Request")
    template = "monitoring/_fleet_partner.html" if part else "monitoring/fleet_detail.html"
    return render(request, template, context, status=status)


def _crumbs(here: str) -> list[dict[str, str]]:
    return [{"label": _("Partners"), "url": reverse("monitoring:partner-list")}, {"label": here}]


def _chips(request: HttpRequest, found: FleetList, state: str) -> list[Chip]:
    shown = [(value, label) for value, label in _STATES if found.by_state.get(value) or value == state]
    return [
        Chip(_("All"), address(request, state=""), not state, sum(found.by_state.values())),
        *[
            Chip(_(label), address(request, state=value.value), state == value, found.by_state.get(value, 0))
            for value, label in shown
        ],
    ]


def _words(found: FleetList) -> str:
    if found.pages == 1:
        return ""
    first = (found.page - 1) * PARTNERS_A_PAGE + 1
    return f"{first:,} to {first + len(found.rows) - 1:,} of {found.fitting:,}"
