"""The steps of the onboarding wizard that set a customer up: company, legal entities, systems, people."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BaseFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action, Role
from apps.accounts.models import Invitation, User
from apps.accounts.page_filters import acting_person, asked_id
from apps.accounts.refusals import refusals_on
from apps.accounts.services import invite_person
from apps.connectors import registry
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.queries import get_connection, get_system, latest_test
from apps.connectors.services import create_connection
from apps.connectors.system_list import SystemCard, system_card
from apps.customers import onboarding_changes as changes
from apps.customers.forms import EntityForm
from apps.customers.models import Customer, LegalEntity
from apps.customers.onboarding import Step, StepState
from apps.customers.queries import get_customer, get_entity
from apps.customers.services import add_legal_entity, change_customer, change_legal_entity
from apps.flows.onboarding_forms import CompanyForm, PeopleFormSet, PersonForm, WizardConnectionForm
from apps.flows.templates_library import list_templates
from apps.flows.views import onboarding_words as words
from apps.flows.views.onboarding import asked_step
from apps.flows.views.onboarding_flow_steps import dry_run_step, go_live_step, mapping_step, template_step
from apps.flows.views.onboarding_frame import Frame, build_frame, next_of, render_step, step_url

Handler = Callable[[HttpRequest, Frame], HttpResponse]


@dataclass(frozen=True, slots=True)
class ConnectedSystem:
    """One connection as the wizard shows it, with its latest test."""

    connection: Connection
    system_name: str
    role: str
    test: ConnectionTest | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class OfferedSystem:
    """One system of the catalogue that may be connected. `role` says what a template could do with it."""

    card: SystemCard
    role: str
    is_planned: bool
    asked_of: str


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_step(request: HttpRequest, customer_id: UUID, step: str) -> HttpResponse:
    """Show one step, or do what was asked there."""
    wanted = asked_step(step)
    frame = build_frame(request, customer_id, wanted)
    if frame.step is not None and frame.step.state == StepState.LOCKED:
        return render_step(
            request, frame, "onboarding/locked.html", {}, status=409 if request.method == "POST" else 200
        )
    if request.method == "POST":
        changes.remember_step(frame.row.customer, wanted)
    return _HANDLERS[wanted](request, frame)


def _company(request: HttpRequest, frame: Frame) -> HttpResponse:
    customer = frame.row.customer
    form = CompanyForm(request.POST or None, customer=customer)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            change_customer(customer, changes=form.cleaned_data)
            changes.answer_colleagues_ask(customer, Step.COMPANY)
            return next_of(frame)
    return render_step(request, frame, "onboarding/company.html", {"form": form}, status=400 if form.errors else 200)


def _entities(request: HttpRequest, frame: Frame) -> HttpResponse:
    customer = frame.row.customer
    if "confirm" in request.POST:
        changes.confirm_step(customer, Step.ENTITIES)
        changes.answer_colleagues_ask(customer, Step.ENTITIES)
        return next_of(frame)
    chosen = asked_id(request, "entity")
    entity = get_entity(customer, chosen) if chosen else None
    form = EntityForm(request.POST or None, customer=customer, entity=entity)
    if request.method == "POST" and form.is_valid() and save_entity(form, customer, entity):
        messages.success(request, _("%(name)s is kept.") % {"name": form.cleaned_data["name"]})
        return redirect(step_url(customer.id, Step.ENTITIES))
    context = {
        "form": form,
        "entity": entity,
        "entities": list(LegalEntity.objects.filter(customer=customer)),
        "confirmed": frame.onboarding.confirmed.get(Step.ENTITIES.value),
    }
    return render_step(request, frame, "onboarding/entities.html", context, status=400 if form.errors else 200)


def save_entity(form: EntityForm, customer: Customer, entity: LegalEntity | None) -> bool:
    """Add or change a company; what is wrong is said in the form."""
    with refusals_on(form):
        if entity is None:
            add_legal_entity(customer, **form.cleaned_data)
        else:
            change_legal_entity(entity, **form.cleaned_data)
    return not form.errors


def _connections(request: HttpRequest, frame: Frame) -> HttpResponse:
    customer, onboarding = frame.row.customer, frame.onboarding
    if request.method == "POST":
        slug = get_system(request.POST.get("system", "")).slug
        kept = [one for one in onboarding.planned if one != slug]
        changes.plan_systems(customer, systems=kept if "forget" in request.POST else [*kept, slug])
        return redirect(step_url(customer.id, Step.CONNECTIONS))
    known = frame.row.known
    connected = [_connected(connection) for connection in known.connections]
    there = {connection.system for connection in known.connections}
    asked = {line.invite.system: line.invite.name for line in frame.asks if line.state == "waiting"}
    offered = [
        OfferedSystem(system_card(system), _role(system.slug), system.slug in known.planned, asked.get(system.slug, ""))
        for system in registry.all_manifests()
        if system.slug not in there
    ]
    offered.sort(key=lambda one: (not one.is_planned, one.card.system.category, one.card.system.name))
    return render_step(request, frame, "onboarding/connections.html", {"connected": connected, "offered": offered})


def _connected(connection: Connection) -> ConnectedSystem:
    test = latest_test(connection)
    running = test is not None and test.state == ConnectionTest.State.RUNNING
    name = system_card(get_system(connection.system)).system.name
    return ConnectedSystem(connection, name, _role(connection.system), test, running)


def _role(slug: str) -> str:
    system = registry.manifest(slug)
    reads = any(template.can_read(system) for template in list_templates())
    writes = any(template.can_write(system) for template in list_templates())
    if reads and writes:
        return _("Records can come from it and go to it")
    if reads:
        return _("Records come from it")
    if writes:
        return _("Records go to it")
    if any(template.can_play(role, system) for template in list_templates() for role in template.roles):
        return _("Flows use it on their way")
    return _("No template uses it yet")


@requires(Action.EDIT_CONNECTIONS)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_connect(request: HttpRequest, customer_id: UUID, system: str) -> HttpResponse:
    """Connect a system of the customer: where it is and with which secrets."""
    frame, manifest = build_frame(request, customer_id, Step.CONNECTIONS), get_system(system)
    customer = frame.row.customer
    form = WizardConnectionForm(request.POST or None, manifest=manifest, customer=customer)
    if request.method == "POST" and form.is_valid():
        try:
            connection = create_connection(customer, form.wanted())
        except ValidationError as error:
            form.add_errors(error.message_dict)
        else:
            request_test(connection)
            changes.remember_step(customer, Step.CONNECTIONS)
            changes.answer_colleagues_ask(customer, Step.CONNECTIONS)
            return redirect(step_url(customer.id, Step.CONNECTIONS))
    context: dict[str, object] = {"form": form, "card": system_card(manifest)}
    return render_step(request, frame, "onboarding/connect.html", context, status=400 if form.errors else 200)


@requires(Action.TEST_CONNECTIONS)
@require_POST
def onboarding_test(request: HttpRequest, customer_id: UUID, connection_id: UUID) -> HttpResponse:
    """Test a connection again."""
    customer, connection = get_customer(customer_id), get_connection(connection_id)
    if connection.customer_id != customer.id:
        raise Http404("There is no such connection.")
    if connection.state == Connection.State.DISABLED:
        messages.error(request, _("It is switched off: switch it on first."))
    else:
        request_test(connection)
    if acting_person(request).can(Action.EDIT_CUSTOMERS):
        return redirect(step_url(customer.id, Step.CONNECTIONS))
    return redirect("flows:onboarding-checklist", customer.id)


def _people(request: HttpRequest, frame: Frame) -> HttpResponse:
    customer, may_invite = frame.row.customer, acting_person(request).can(Action.EDIT_PEOPLE)
    if "nobody" in request.POST:
        changes.confirm_step(customer, Step.PEOPLE)
        return next_of(frame)
    rows = PeopleFormSet(request.POST or None, prefix="people")
    if request.method == "POST" and may_invite and rows.is_valid():
        invited = _invited(rows, customer)
        if invited is not None:
            if invited:
                sentence = ngettext(
                    "%(number)s invitation is on its way.", "%(number)s invitations are on their way.", invited
                )
                messages.success(request, sentence % {"number": invited})
                changes.answer_colleagues_ask(customer, Step.PEOPLE)
            return next_of(frame) if invited else redirect(step_url(customer.id, Step.PEOPLE))
    wrong = rows.is_bound and not rows.is_valid()
    context = {
        "rows": rows,
        "may_invite": may_invite,
        "people": User.objects.filter(memberships__customer=customer, is_active=True),
        "invitations": Invitation.objects.filter(customer_id=customer.id, accepted_at=None, withdrawn_at=None),
    }
    return render_step(request, frame, "onboarding/people.html", context, status=400 if wrong else 200)


def _invited(rows: "BaseFormSet[PersonForm]", customer: Customer) -> int | None:
    """Invite everybody typed in, or nobody when one row is wrong (None); the wrong rows say why."""
    filled = [form for form in rows if form.cleaned_data.get("email")]
    with transaction.atomic():
        for form in filled:
            typed = form.cleaned_data
            try:
                invite_person(
                    email=typed["email"], role=Role(typed["role"]), name=typed["name"], customer_id=customer.id
                )
            except ValidationError as error:
                form.add_error(None if "email" not in getattr(error, "error_dict", {}) else "email", error.messages)
        if any(form.errors for form in rows):
            transaction.set_rollback(True)
            return None
    return len(filled)


_HANDLERS: dict[Step, Handler] = {
    Step.COMPANY: _company,
    Step.ENTITIES: _entities,
    Step.CONNECTIONS: _connections,
    Step.TEMPLATE: template_step,
    Step.MAPPING: mapping_step,
    Step.PEOPLE: _people,
    Step.DRY_RUN: dry_run_step,
    Step.GO_LIVE: go_live_step,
}
assert set(_HANDLERS) == set(words.STEP_TITLES)  # noqa: S101  a step without a page would be found by customers
