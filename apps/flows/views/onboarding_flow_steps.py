"""The steps of the onboarding wizard that set a flow up: template, mapping on real records, dry run, go live."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person, asked_id, asked_number
from apps.connectors.models import Connection
from apps.customers import onboarding_changes as changes
from apps.customers.onboarding import Lack, Step
from apps.flows.forms import InstallForm, ValueForm
from apps.flows.models import DryRun, Flow
from apps.flows.onboarding_forms import GoLiveForm
from apps.flows.queries.flows import template_of
from apps.flows.queries.installing import Fit, fit_of, list_installable_connections
from apps.flows.queries.onboarding import MAPPING_SAMPLE
from apps.flows.queries.onboarding_preview import get_flow_of, get_preview, latest_result, latest_trial
from apps.flows.services.dry_run import KEPT_ROWS, DryRunError, request_dry_run, rows_kept
from apps.flows.services.value_maps import add_mapping_value
from apps.flows.templates_library import FlowTemplate, list_templates
from apps.flows.triggers.go_live import go_live
from apps.flows.views.installing import install
from apps.flows.views.mapping_refusals import refusals_told
from apps.flows.views.onboarding_frame import Frame, missing_lines, next_of, render_step, step_url

_SHOWN_ROWS = 20
_EVERY_SECONDS = 900
_SLOW_SECONDS = 45


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """One template of the library with what is connected for it; without a form where something is missing."""

    fit: Fit
    form: InstallForm | None
    flows: list[Flow]

    @property
    def template(self) -> FlowTemplate:
        """Return the template itself."""
        return self.fit.template


@dataclass(frozen=True, slots=True)
class TrialCard:
    """One flow that is to go live, its newest trial and the newest one with a result."""

    flow: Flow
    trial: DryRun | None
    result: DryRun | None
    is_running: bool
    is_slow: bool
    is_stale: bool
    rows: list[dict[str, object]]
    segments: list[dict[str, object]]


def template_step(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Choose what is to be moved; it is installed as a draft."""
    customer = frame.row.customer
    connections = list_installable_connections(customer)
    cards = [_template_card(request, frame, template, connections) for template in list_templates()]
    chosen = next((card.form for card in cards if card.form is not None and card.form.is_bound), None)
    if chosen is not None and chosen.is_valid():
        flow = install(chosen, by=acting_person(request).name, live=False)
        if flow is not None:
            messages.success(request, _("%(flow)s is installed as a draft: nothing runs yet.") % {"flow": flow.name})
            changes.answer_colleagues_ask(customer, Step.TEMPLATE)
            return next_of(frame)
    wrong = chosen is not None and bool(chosen.errors)
    # What is chosen comes first, then what could be, then what still lacks a system.
    cards.sort(key=lambda card: (not card.flows, card.form is None))
    context = {"cards": cards, "is_only_one": sum(card.form is not None for card in cards) == 1}
    return render_step(request, frame, "onboarding/template.html", context, status=400 if wrong else 200)


def _template_card(
    request: HttpRequest, frame: Frame, template: FlowTemplate, connections: list[Connection]
) -> TemplateCard:
    fit = fit_of(template, connections)
    flows = [flow for flow in frame.row.known.flows if flow.template == template.slug]
    form = None
    if not fit.lacking:
        taken = {flow.name for flow in frame.row.known.flows}
        names = [template.name, *(f"{template.name} {number}" for number in range(2, len(taken) + 3))]
        initial = {"name": next(name for name in names if name not in taken)}
        posted = request.POST if request.POST.get("template") == template.slug else None
        form = InstallForm(posted, initial=initial, fit=fit, auto_id=f"id_{template.slug}_%s")
    return TemplateCard(fit, form, flows)


def mapping_step(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Show what real records become, and teach tables the values they do not know."""
    flows = frame.row.known.to_go_live
    flow = _chosen_flow(request, flows)
    here = f"{step_url(frame.row.customer.id, Step.MAPPING)}?flow={flow.id}"
    if "sample" in request.POST:
        _ask_for_trial(request, flow, MAPPING_SAMPLE)
        return redirect(here)
    if "confirm" in request.POST:
        changes.confirm_step(frame.row.customer, Step.MAPPING)
        changes.answer_colleagues_ask(frame.row.customer, Step.MAPPING)
        return next_of(frame)
    if "outside_value" in request.POST:
        _add_value(request, flow)
        return redirect(f"{here}&record={asked_number(request, 'record', 1)}")
    trial, result = latest_trial(flow), latest_result(flow)
    context = {
        "flow": flow,
        "flows": flows,
        "preview": get_preview(flow, result, number=asked_number(request, "record", 1)) if result else None,
        "result": result,
        "confirmed": frame.onboarding.confirmed.get(Step.MAPPING.value),
        **trial_context(trial),
    }
    return render_step(request, frame, "onboarding/mapping.html", context)


def _chosen_flow(request: HttpRequest, flows: list[Flow]) -> Flow:
    wanted = asked_id(request, "flow")
    return next((flow for flow in flows if flow.id == wanted), flows[0])


def _add_value(request: HttpRequest, flow: Flow) -> None:
    form, target = ValueForm(request.POST), request.POST.get("target", "").replace("\x00", "")[:120]
    if not form.is_valid():
        messages.error(request, _("Write what the value becomes in the target, in at most 200 characters."))
        return
    typed = form.cleaned_data
    with refusals_told(request):
        version = add_mapping_value(flow, target=target, made_by=acting_person(request).name, **typed)
        if version.published_at is None:
            messages.info(request, _("The flow is live, so that this waits for approval: it is among the changes."))
            return
        sentence = _("“%(old)s” becomes “%(new)s” from now on.")
        messages.success(request, sentence % {"old": typed["outside_value"], "new": typed["new_value"]})


def _ask_for_trial(request: HttpRequest, flow: Flow, sample: int) -> None:
    try:
        request_dry_run(flow, by=acting_person(request).name, sample=sample)
    except DryRunError as error:
        messages.error(request, str(error))


def trial_context(trial: DryRun | None) -> dict[str, object]:
    """Return what `onboarding/_trial.html` shows of a trial."""
    now = timezone.now()
    running = trial is not None and not trial.is_over and not trial.is_lost(now)
    waited = (now - trial.created_at).total_seconds() if trial is not None else 0
    return {"trial": trial, "is_running": running, "is_slow": running and waited > _SLOW_SECONDS}


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def onboarding_trial(request: HttpRequest, customer_id: UUID, flow_id: UUID) -> HttpResponse:
    """Answer the part of a page that shows a trial while it runs."""
    trial = latest_trial(get_flow_of(customer_id, flow_id))
    shown = trial_context(trial)
    context = {"customer_id": customer_id, "flow_id": flow_id, **shown}
    response = render(request, "onboarding/_trial.html", context)
    if not shown["is_running"] and request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"  # its result changes the whole page
    return response


def dry_run_step(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Try everything but the writing, and show what would come of it."""
    flows = frame.row.known.to_go_live
    if request.method == "POST":
        wanted = [flow for flow in flows if str(flow.id) == request.POST.get("flow", "")] or flows
        for flow in wanted:
            _ask_for_trial(request, flow, KEPT_ROWS)
        changes.answer_colleagues_ask(frame.row.customer, Step.DRY_RUN)
        return redirect(step_url(frame.row.customer.id, Step.DRY_RUN))
    context = {
        "cards": [_trial_card(flow) for flow in flows],
        "has_refused": Lack.RECORDS_REFUSED in frame.row.readiness.of(Step.DRY_RUN).lacks,
    }
    return render_step(request, frame, "onboarding/dry_run.html", context)


def _trial_card(flow: Flow) -> TrialCard:
    trial = latest_trial(flow, most_at_least=MAPPING_SAMPLE)
    done = DryRun.objects.filter(flow=flow, state=DryRun.State.DONE, most__gt=MAPPING_SAMPLE).first()
    shown = trial_context(trial)
    return TrialCard(
        flow=flow,
        trial=trial,
        result=done,
        is_running=bool(shown["is_running"]),
        is_slow=bool(shown["is_slow"]),
        is_stale=done is not None and done.version_id != flow.live_version_id,
        rows=rows_kept(done)[:_SHOWN_ROWS] if done else [],
        segments=_segments(done) if done else [],
    )


def _segments(done: DryRun) -> list[dict[str, object]]:
    return [
        {"label": _("would be created"), "count": done.creates, "tone": "success"},
        {"label": _("would be changed"), "count": done.updates, "tone": "progress"},
        {"label": _("unchanged"), "count": done.unchanged, "tone": "neutral"},
        {"label": _("left out by the template"), "count": done.skipped, "tone": "warning"},
        {"label": _("would be refused"), "count": done.rejected, "tone": "danger"},
    ]


def go_live_step(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Take the last look and set everything live."""
    row, customer = frame.row, frame.row.customer
    drafts = [flow for flow in row.known.flows if flow.state == Flow.State.DRAFT]
    holes = missing_lines(row, row.readiness.holes)
    seconds = [_usual_seconds(flow) for flow in drafts]
    form = GoLiveForm(request.POST or None, flows=drafts, seconds=seconds, has_holes=bool(holes))
    if request.method == "POST" and drafts and form.is_valid():
        try:
            runs = go_live(
                customer,
                drafts,
                every_seconds=form.every_seconds(),
                start=form.cleaned_data["run_now"],
                by=acting_person(request).name,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(name)s is live.") % {"name": customer.name})
            return redirect(f"{step_url(customer.id, Step.GO_LIVE)}{f'?run={runs[0].id}' if runs else ''}")
    context = {
        "form": form,
        "drafts": drafts,
        "live": [flow for flow in row.known.flows if flow.state == Flow.State.LIVE],
        "holes": holes,
        "stoppers": missing_lines(row, row.readiness.stoppers),
        "checks": [line for line in frame.steps if line.step is not Step.GO_LIVE],
        "run_id": asked_id(request, "run"),
    }
    return render_step(request, frame, "onboarding/go_live.html", context, status=400 if form.errors else 200)


def _usual_seconds(flow: Flow) -> int:
    template = template_of(flow)
    return template.schedule_seconds if template else _EVERY_SECONDS
