"""Pages about installed flows: a new one, one flow, and what can be done with it."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import acting_person, asked_id
from apps.connectors.models import WebhookEndpoint
from apps.connectors.services import create_webhook_endpoint
from apps.customers.queries import get_customer
from apps.flows import forms
from apps.flows.mapping.compile import MappingError
from apps.flows.models import Flow
from apps.flows.queries import flows as queries
from apps.flows.queries.flows import FlowFacts
from apps.flows.queries.mapping import MappingTable, get_mapping_table, problem_sentences
from apps.flows.queries.runs import RunRow, run_row
from apps.flows.services import publish
from apps.flows.services.start_run import FlowNotLiveError, run_now
from apps.flows.templates_library import list_templates
from apps.flows.triggers.schedule import schedule_flow, unschedule_flow
from apps.flows.triggers.webhook import listen
from apps.tenants.templatetags.wording import money_words


@dataclass(frozen=True, slots=True)
class FlowPage:
    """What a flow's page shows. `cannot_run` says why the flow cannot be run now, "" when it can."""

    facts: FlowFacts
    mapping: MappingTable
    runs: list[RunRow]
    schedule_words: str
    cannot_run: str
    can_run: bool
    can_edit: bool
    can_see_payloads: bool

    @property
    def flow_key(self) -> str:
        """Return the flow's id as addresses carry it."""
        return str(self.facts.flow.id)

    @property
    def customer_key(self) -> str:
        """Return the customer's id as addresses carry it."""
        return str(self.facts.flow.customer_id)

    @property
    def runs_url(self) -> str:
        """Return where all of its runs are."""
        return f"{reverse('flows:run-list')}?flow={self.flow_key}"

    @property
    def written_hint(self) -> str:
        """Return what today's records are worth."""
        return ", ".join(money_words(amount, currency) for amount, currency in self.facts.today.amounts) or "records"

    @property
    def blocked_tone(self) -> str:
        """Return the tone of the blocked tile."""
        return "danger" if self.facts.blocked else "neutral"

    @property
    def waiting_tone(self) -> str:
        """Return the tone of the waiting tile."""
        return "warning" if self.facts.waiting else "neutral"

    @property
    def mapping_hint(self) -> str:
        """Return which record the samples are of."""
        sample = self.mapping.sample
        return f"Samples: {sample}" if sample else "Samples appear after the first run."


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_install(request: HttpRequest) -> HttpResponse:
    """Install a template for one customer."""
    customer_id = asked_id(request, "customer")
    if customer_id is None:
        return render(request, "flows/flow_install_customer.html", {"customers": queries.list_customers_to_choose()})
    customer, templates = get_customer(customer_id), list_templates()
    connections = queries.list_installable_connections(customer)
    fitting = [queries.fitting_connections(template, connections) for template in templates]
    sources = [c for c in connections if any(c in reads for reads, _ in fitting)]
    targets = [c for c in connections if any(c in writes for _, writes in fitting)]
    initial = {"template": templates[0].slug, "name": templates[0].name}
    form = forms.InstallForm(
        request.POST or None, initial=initial, templates=templates, sources=sources, targets=targets
    )
    if request.method == "POST" and form.is_valid():
        flow = _install(request, form)
        if flow is not None:
            messages.success(request, f"{flow.name} is installed and live for {customer.name}.")
            return redirect("flows:flow-detail", flow.id)
    context = {
        "form": form,
        "customer": customer,
        "templates": templates,
        "lacks": "" if sources and targets else _lacking(has_sources=bool(sources), has_targets=bool(targets)),
    }
    return render(request, "flows/flow_install.html", context, status=400 if form.errors else 200)


def _install(request: HttpRequest, form: forms.InstallForm) -> Flow | None:
    try:
        return publish.install_template(
            template=form.cleaned_data["template"],
            name=form.cleaned_data["name"],
            source=form.chosen("source"),
            target=form.chosen("target"),
            installed_by=acting_person(request).name,
        )
    except MappingError as error:
        for sentence in problem_sentences(error.problems):
            form.add_error(None, sentence)
    except ValidationError as error:
        form.add_error(None, error)
    return None


def _lacking(*, has_sources: bool, has_targets: bool) -> str:
    if not has_sources and not has_targets:
        return "This customer has no connection yet that a template could read from or write to."
    return f"This customer has no connection yet that a template could {'write to' if has_sources else 'read from'}."


@requires(Action.VIEW_FLOWS)
@require_safe
def flow_detail(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show one flow."""
    flow = queries.get_flow(flow_id)
    page = _flow_page(flow, acting_person(request))
    now = page.facts.schedule.every_seconds if page.facts.schedule else None
    context = {
        "page": page,
        "flow": flow,
        "pause_form": forms.PauseForm(),
        "schedule_form": forms.ScheduleForm(now=now),
        "crumbs": crumbs(flow),
    }
    return render(request, "flows/flow_detail.html", context)


def crumbs(flow: Flow, *further: str) -> list[dict[str, str]]:
    """Return where a page of a flow stands; `further` are the words after the flow."""
    every = reverse("flows:flow-list")
    trail = [
        {"label": "Flows", "url": every},
        {"label": flow.customer.name, "url": f"{every}?customer={flow.customer_id}"},
    ]
    if further:
        trail.append({"label": flow.name, "url": reverse("flows:flow-detail", args=[flow.id])})
    return [*trail, *[{"label": words, "url": ""} for words in further]]


def _flow_page(flow: Flow, who: Actor) -> FlowPage:
    facts = queries.get_flow_facts(flow, timezone.now().date())
    return FlowPage(
        facts=facts,
        mapping=get_mapping_table(flow),
        runs=[run_row(run) for run in facts.runs],
        schedule_words=forms.schedule_words(facts.schedule.every_seconds if facts.schedule else None),
        cannot_run=_cannot_run(flow, who),
        can_run=who.can(Action.RUN_FLOWS),
        can_edit=who.can(Action.EDIT_FLOWS),
        can_see_payloads=who.can(Action.VIEW_PAYLOADS),
    )


def _cannot_run(flow: Flow, who: Actor) -> str:
    if not who.can(Action.RUN_FLOWS):
        return "Your role does not include running flows."
    if flow.state == Flow.State.PAUSED:
        return "It is paused: resume it first."
    return "" if flow.state == Flow.State.LIVE else f"It is {flow.get_state_display()}: only live flows run."


@requires(Action.RUN_FLOWS)
@require_POST
def flow_run_now(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Start a run because a person asks."""
    flow = queries.get_flow(flow_id)
    try:
        run = run_now(flow, started_by=acting_person(request).name)
    except FlowNotLiveError as error:
        messages.error(request, str(error))
        return redirect("flows:flow-detail", flow.id)
    return redirect("flows:run-detail", run.id)


@requires(Action.RUN_FLOWS)
@require_POST
def flow_pause(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Stop a flow from starting runs."""
    flow, form = queries.get_flow(flow_id), forms.PauseForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["reason"]))
    else:
        publish.pause_flow(flow, reason=form.cleaned_data["reason"], made_by=acting_person(request).name)
        messages.success(request, f"{flow.name} is paused. Runs that are under way finish.")
    return redirect("flows:flow-detail", flow.id)


@requires(Action.RUN_FLOWS)
@require_POST
def flow_resume(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Let a paused flow run again."""
    flow = queries.get_flow(flow_id)
    publish.resume_flow(flow)
    messages.success(request, f"{flow.name} is live again and goes on where it stopped.")
    return redirect("flows:flow-detail", flow.id)


@requires(Action.EDIT_FLOWS)
@require_POST
def flow_schedule(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Set how often a flow runs by itself."""
    flow, form = queries.get_flow(flow_id), forms.ScheduleForm(request.POST, now=None)
    if not form.is_valid():
        messages.error(request, "Choose how often it runs from the list.")
        return redirect("flows:flow-detail", flow.id)
    every = form.cleaned_data["every_seconds"]
    if every:
        schedule_flow(flow, every_seconds=every)
        messages.success(request, f"{flow.name} runs {forms.schedule_words(every).lower()}.")
    else:
        unschedule_flow(flow)
        messages.success(request, f"{flow.name} runs only when somebody or its source system asks.")
    return redirect("flows:flow-detail", flow.id)


@requires(Action.EDIT_FLOWS)
@never_cache
@require_POST
def flow_webhook_create(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Open a webhook address for the flow's source and show it this once."""
    flow = queries.get_flow(flow_id)
    endpoint, url, secret = create_webhook_endpoint(flow.source)
    listen(flow, WebhookEndpoint.objects.get(id=endpoint.id))
    context = {"flow": flow, "url": url, "secret": secret, "crumbs": crumbs(flow, "Webhook address")}
    return render(request, "flows/webhook_created.html", context)
