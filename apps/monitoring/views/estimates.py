"""What a prospect could expect: estimates from its own numbers, live while they are typed, shared by link or as a PDF."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import link_limits
from apps.accounts.access import open_to_all, requires
from apps.accounts.actions import Action
from apps.accounts.links import absolute_url
from apps.accounts.listing import csv_of, page_of, read_list
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.staff_scope import as_staff
from apps.monitoring.models import Estimate
from apps.monitoring.value import estimate_list as listed
from apps.monitoring.value import estimates as services
from apps.monitoring.value.estimate_pages import EstimatePage, build_page, page_of_inputs
from apps.monitoring.value.estimate_pdf import build_pdf
from apps.monitoring.value.roi import Inputs, inputs_as_values, inputs_from_values
from apps.monitoring.value_forms import EstimateForm
from apps.tenants.brand_drafts import look_for
from apps.tenants.brand_paper import pdf_response

USUAL_CURRENCY = "EUR"
_LINKS = "estimate"


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def estimate_list(request: HttpRequest) -> HttpResponseBase:
    """List the estimates with what each comes to."""
    state = read_list(request, listed.ESTIMATES)
    fitting = listed.fitting_estimates(state)
    if state.wants_csv:
        return csv_of(state, fitting, listed.estimate_rows)
    context = {
        "list": page_of(request, state, fitting, listed.estimate_rows),
        "can_edit": acting_person(request).can(Action.EDIT_CUSTOMERS),
        "crumbs": [_to_value()],
    }
    return render(request, "monitoring/estimates/list.html", context)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def estimate_create(request: HttpRequest) -> HttpResponse:
    """Make an estimate for a prospect."""
    return _form_page(request, None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def estimate_edit(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Change an estimate's numbers."""
    return _form_page(request, _get(estimate_id))


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def estimate_figures(request: HttpRequest) -> HttpResponse:
    """Answer what the numbers come to while they are typed; nothing is kept."""
    return render(request, "monitoring/estimates/_outcome.html", {"page": _typed_page(request.POST)})


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def estimate_detail(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Show an estimate: what it comes to, what it goes by, and its link."""
    row = _get(estimate_id)
    is_shared = row.link_until is not None and row.link_until > timezone.now()
    path = reverse("monitoring:estimate-shared", args=[services.token_of(row)]) if is_shared else ""
    context = {
        "estimate": row,
        "page": build_page(row),
        "can_edit": acting_person(request).can(Action.EDIT_CUSTOMERS),
        "link": absolute_url(path) if path else "",
        "crumbs": [_to_value(), _to_list()],
    }
    return render(request, "monitoring/estimates/detail.html", context)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def estimate_pdf(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Answer an estimate as a PDF in the partner's brand."""
    return _pdf(request, _get(estimate_id))


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def estimate_share(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Give an estimate a link that opens without signing in."""
    row = _get(estimate_id)
    services.share_estimate(row, now=timezone.now())
    messages.success(request, _("Whoever has the link can read the estimate for 30 days."))
    return redirect("monitoring:estimate-detail", row.id)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def estimate_unshare(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Take an estimate's link back."""
    row = _get(estimate_id)
    services.unshare_estimate(row)
    messages.success(request, _("The link is taken back: it opens nothing any more."))
    return redirect("monitoring:estimate-detail", row.id)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def estimate_remove(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    """Forget an estimate."""
    services.remove_estimate(_get(estimate_id))
    messages.success(request, _("The estimate is gone, and its link with it."))
    return redirect("monitoring:estimate-list")


@open_to_all
@never_cache
@require_safe
def estimate_shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show an estimate to whoever has its link, or the same as a PDF; the link opens nothing else."""
    if link_limits.has_guessed(request, _LINKS):
        return _closed(request, 429)
    with as_staff():
        row = services.shared_estimate(token, timezone.now())
    if row is None:
        link_limits.note_wrong_link(request, _LINKS)
        return _closed(request, 404)
    if request.GET.get("format") == "pdf":
        return _pdf(request, row)
    return render(request, "monitoring/estimates/shared.html", {"estimate": row, "page": build_page(row)})


def _form_page(request: HttpRequest, row: Estimate | None) -> HttpResponse:
    form = EstimateForm(request.POST or None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        kept = services.save_estimate(row, form.typed, by=acting_person(request), now=timezone.now())
        messages.success(request, _("Kept."))
        return redirect("monitoring:estimate-detail", kept.id)
    kept_page = build_page(row) if row else page_of_inputs("", USUAL_CURRENCY, Inputs())
    page = _typed_page(request.POST) if form.is_bound else kept_page
    context = {"form": form, "estimate": row, "page": page, "crumbs": [_to_value(), _to_list()]}
    return render(request, "monitoring/estimates/edit.html", context, status=400 if form.errors else 200)


def _typed_page(typed: QueryDict) -> EstimatePage | None:
    """Return what the numbers typed come to; None as long as one of them is missing or wrong. It needs no name yet."""
    form = EstimateForm(typed)
    form.fields["name"].required = False
    if not form.is_valid():
        return None
    draft = form.typed
    return page_of_inputs(draft.name, draft.currency, draft.inputs)


def _initial(row: Estimate | None) -> dict[str, object]:
    if row is None:
        return {"currency": USUAL_CURRENCY, **inputs_as_values(Inputs())}
    return {"name": row.name, "currency": row.currency, **inputs_as_values(inputs_from_values(row.inputs))}


def _get(estimate_id: UUID) -> Estimate:
    row = Estimate.objects.filter(id=estimate_id).first()
    if row is None:
        raise Http404("There is no such estimate.")
    return row


def _closed(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "monitoring/estimates/closed.html", {"too_many": status == 429}, status=status)


def _pdf(request: HttpRequest, row: Estimate) -> HttpResponse:
    content = build_pdf(build_page(row), look_for(request), changed_at=row.changed_at)
    return pdf_response(f"estimate-{row.changed_at:%Y-%m-%d}.pdf", content)


def _to_value() -> dict[str, str]:
    return {"label": _("Value"), "url": reverse("monitoring:value-list")}


def _to_list() -> dict[str, str]:
    return {"label": _("Estimates"), "url": reverse("monitoring:estimate-list")}
