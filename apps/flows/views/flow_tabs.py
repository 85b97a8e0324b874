"""The parts of one flow's pages: overview, mapping, runs, versions, monitors, settings."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import ListSpec, csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person, asked_number
from apps.flows.case_directory import risk_of
from apps.flows.comparison_forms import ComparisonForm
from apps.flows.models import DryRun, Flow, Run, Trigger
from apps.flows.monitor_directory import watch_of
from apps.flows.queries import flows as queries
from apps.flows.queries.comparisons import comparison_card
from apps.flows.queries.event_names import list_event_names
from apps.flows.queries.flow_charts import get_flow_charts
from apps.flows.queries.flow_picture import PERIODS, definition_of, get_flow_picture
from apps.flows.queries.mapping import get_mapping_table
from apps.flows.queries.own_samples import list_own_samples
from apps.flows.queries.rule_list import list_rules
from apps.flows.queries.run_list import RUNS, fitting_runs
from apps.flows.queries.runs import RunRow, run_row
from apps.flows.queries.sample_results import SampleReport
from apps.flows.queries.setting_words import setting_rows
from apps.flows.queries.upgrades import is_upgrade_offered
from apps.flows.queries.versions import compare_versions, get_version, list_versions
from apps.flows.queries.waiting_triggers import get_hold
from apps.flows.queries.what_ifs import attach_what_ifs
from apps.flows.schedule_forms import ExpectationForm, ScheduleForm
from apps.flows.settings_forms import SettingsForm
from apps.flows.start_forms import StartsForm, starts_form
from apps.flows.triggers.blackouts import read_blackouts
from apps.flows.views.flow_frame import framed
from apps.tenants.templatetags.wording import money_words

_OF_A_FLOW = ("flow", "customer")
FLOW_RUNS: ListSpec = replace(
    RUNS,
    key="flow-runs",
    columns=tuple(replace(c, fixed=c.name == "started") for c in RUNS.columns if c.name not in _OF_A_FLOW),
    filters=tuple(each for each in RUNS.filters if each.name not in {*_OF_A_FLOW, "q"}),
)


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_detail(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show how one flow does: its steps with their figures, what it did lately, and what comes next."""
    flow, today = queries.get_flow(flow_id), timezone.localdate()
    days = asked_number(request, "days", 7)
    days = days if days in PERIODS else 7
    now = timezone.now()
    facts = queries.get_flow_facts(flow, now.date())
    risk = risk_of(flow, now) if acting_person(request).can(Action.VIEW_CASES) else None
    context = framed(
        request,
        flow,
        "overview",
        facts=facts,
        picture=get_flow_picture(flow, days, today),
        periods=PERIODS,
        charts=[*get_flow_charts(flow, today), *([risk.chart] if risk and risk.chart else [])],
        risk=risk,
        runs=[run_row(run) for run in facts.runs],
        latest=run_row(facts.runs[0]) if facts.runs else None,
        worth=", ".join(money_words(amount, currency) for amount, currency in facts.today.amounts),
        dry_run=DryRun.objects.filter(flow=flow).defer("rows").first(),
        definition=(definition := definition_of(flow)),
        rules=list_rules(flow, definition),
    )
    return render(request, "flows/flow_detail.html", context)


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_now(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show what the flow is doing just now: the part of its overview that keeps itself up to date."""
    flow = queries.get_flow(flow_id)
    latest = Run.objects.filter(flow=flow).select_related("event").first()
    hold = get_hold(flow, timezone.now())
    context = {"flow": flow, "row": run_row(latest) if latest else None, "hold": hold}
    return render(request, "flows/_flow_now.html", context)


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_mapping(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show where each field of the target gets its value from."""
    flow = queries.get_flow(flow_id)
    mapping = get_mapping_table(flow, with_gaps=acting_person(request).can(Action.VIEW_PAYLOADS))
    return render(request, "flows/flow_mapping.html", framed(request, flow, "mapping", mapping=mapping))


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_runs(request: HttpRequest, flow_id: UUID) -> HttpResponseBase:
    """List one flow's runs."""
    flow = queries.get_flow(flow_id)
    state = read_list(request, FLOW_RUNS)
    fitting = fitting_runs(state).filter(flow=flow)
    if state.wants_csv:
        return csv_of(state, fitting, _rows)
    page = page_of(request, state, fitting, _rows)
    return render(request, "flows/flow_runs.html", framed(request, flow, "runs", list=page))


def _rows(shown: Sequence[Run]) -> list[RunRow]:
    return [run_row(run) for run in shown]


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_versions(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """List a flow's versions, and what differs between two of them."""
    flow = queries.get_flow(flow_id)
    versions = attach_what_ifs(flow, list_versions(flow))
    context = framed(
        request,
        flow,
        "versions",
        versions=versions,
        compared=_compared(request, flow),
        newest=versions[:1],
        samples=list_own_samples(flow, can_see=acting_person(request).can(Action.VIEW_PAYLOADS)),
        is_upgrade_offered=is_upgrade_offered(flow),
    )
    return render(request, "flows/flow_versions.html", context)


def _compared(request: HttpRequest, flow: Flow) -> object:
    later = get_version(flow, asked_number(request, "to", 0))
    earlier = get_version(flow, asked_number(request, "from", 0))
    if later is None or earlier is None or later.number == earlier.number:
        return None
    return compare_versions(earlier, later)


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_monitors(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show what is watched about a flow, and how it stands."""
    return render_monitors(request, queries.get_flow(flow_id))


def render_monitors(
    request: HttpRequest,
    flow: Flow,
    form: ExpectationForm | None = None,
    comparison_form: ComparisonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer the monitors' page, with a form that was refused where there is one."""
    card = comparison_card(flow)
    context = framed(
        request,
        flow,
        "monitors",
        watch=watch_of(flow, timezone.now()),
        form=form or ExpectationForm(now=flow.expected_every_seconds),
        comparison=card,
        comparison_form=comparison_form or ComparisonForm(rule=card.rule),
    )
    return render(request, "flows/flow_monitors.html", context, status=status)


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_settings(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show when a flow runs, what starts it and between which connections."""
    return render_settings(request, queries.get_flow(flow_id))


def render_settings(  # noqa: PLR0913  the forms of one page
    request: HttpRequest,
    flow: Flow,
    form: ScheduleForm | None = None,
    starts: StartsForm | None = None,
    chosen: SettingsForm | None = None,
    *,
    samples: SampleReport | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer the settings' page, with a schedule, other starts or settings that were refused where there are such.

    `samples` is what comes of the samples with the settings in `chosen`.
    """
    context = framed(request, flow, "settings", template=queries.template_of(flow), definition=definition_of(flow))
    trigger = context["frame"].schedule
    context["form"] = form or ScheduleForm(trigger=trigger, zone=flow.customer.time_zone)
    context["next_times"] = next_times_of(context["form"]) or ([trigger.next_at] if trigger and trigger.next_at else [])
    context["starts"] = starts or form_of_starts(flow)
    context["chosen"], context["samples"] = chosen or form_of_settings(flow), samples
    if context["template"]:
        context["chosen_rows"] = setting_rows(context["template"].settings, flow.settings)
    context["quiet_words"] = read_blackouts(flow.blackouts).words()
    labels = context["template"].roles if context["template"] else {}
    context["roles"] = [
        (_(labels[one.role]) if one.role in labels else one.role.capitalize(), one.connection)
        for one in flow.roles.select_related("connection")
    ]
    return render(request, "flows/flow_settings.html", context, status=status)


def form_of_settings(flow: Flow, sent: QueryDict | None = None) -> SettingsForm | None:
    """Return the form of the template's settings, None when there are none to choose; `sent` is what somebody typed."""
    template = queries.template_of(flow)
    if template is None or not template.settings:
        return None
    return SettingsForm(sent, schema=template.settings, now=flow.settings)


def form_of_starts(flow: Flow, sent: QueryDict | None = None) -> StartsForm:
    """Return the form of what else starts a flow; `sent` is what somebody typed."""
    return starts_form(
        sent,
        blackouts=read_blackouts(flow.blackouts),
        triggers=Trigger.objects.filter(flow=flow, active=True),
        names=list_event_names(flow),
        zone=flow.customer.time_zone,
    )


def next_times_of(form: ScheduleForm) -> list[object]:
    """Return the next times of the calendar that was typed; [] when none was."""
    return list(form.calendar.next(timezone.now())) if form.calendar else []
