"""From a sandbox flow to production: its steps and lines go along, a secret never does.

The first time a production flow is made, as a draft, between production connections; a connection that is not there yet
is made as a shell, which lacks everything that only its system's people know. From then on what is promoted is merged
with what the production flow has: what only one of them changed is kept, what both did is as it was tried in the sandbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors.models import Connection
from apps.connectors.services import create_shell
from apps.flows.engine.content import FlowContent, merge_contents, same_content
from apps.flows.models import ChangeRequest, Flow, FlowVersion
from apps.flows.services.bases import own_lines, pinned_base
from apps.flows.services.change_asking import ask
from apps.flows.services.change_policy import demands_for
from apps.flows.services.drafts import content_of
from apps.flows.services.environments import PRODUCTION, SANDBOX, common_environment, environment_of
from apps.flows.services.install import install_template
from apps.flows.services.publish import propose, publish
from apps.flows.services.walk_session import SOURCE, TARGET, systems_of
from apps.flows.services.what_if import WhatIfError, request_what_if

LONGEST_NAME = 160


class PromotionError(ValueError):
    """A flow cannot be promoted so; `field` is a role or "name" ("" for all of it), the text says what to do."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One system of a sandbox flow, and the production connections of the customer that could be it."""

    role: str
    tried: Connection
    choices: tuple[Connection, ...]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What promoting a flow means. `twin` is the production flow that gets a version, None where one is made."""

    flow: Flow
    twin: Flow | None
    parts: tuple[PlannedPart, ...]

    @property
    def suggested_name(self) -> str:
        """What the production flow could be called."""
        return _("%(name)s (production)") % {"name": self.flow.name[: LONGEST_NAME - 20]}


def plan_promotion(flow: Flow) -> Promotion:
    """Return what promoting a flow would mean. A few queries.

    Raises:
        PromotionError: it is in production itself, or nothing of it is published.

    """
    if environment_of(flow) != SANDBOX:
        raise PromotionError("", _("%(flow)s is in production itself.") % {"flow": flow.name})
    if flow.live_version is None:
        raise PromotionError("", _("Nothing of this flow is published yet: publish what was tried first."))
    twin = _twin_of(flow)
    parts = () if twin else tuple(_part(role, tried) for role, tried in systems_of(flow).items())
    return Promotion(flow, twin, parts)


def promote(
    flow: Flow, *, by: str, reason: str = "", name: str = "", chosen: Mapping[str, Connection] | None = None
) -> ChangeRequest:
    """Ask for what a sandbox flow does to be live in production; returns the request, which waits for whatever is demanded.

    `chosen` are production connections by role, `name` is what the production flow is called: both only where one is made.
    For a role that is not chosen a shell is made.

    Raises:
        PromotionError: see `plan_promotion`; a connection that cannot be, a taken name, or production does the same already.
        MappingError, LayerError, DefinitionError, ValidationError: it does not fit production.

    """
    with transaction.atomic():
        held = Flow.objects.select_for_update(no_key=True, of=("self",)).select_related("live_version")
        held_flow = held.get(id=flow.id)  # two clicks at once make one flow
        flow.live_version = held_flow.live_version
        plan = plan_promotion(flow)
        tried = _live(flow)
        note = f"Promoted from {flow.name}, version {tried.number}"
        if plan.twin is not None:
            made, version = plan.twin, _merged_version(flow, plan.twin, by, note)
        else:
            made, version = _made_flow(plan, chosen or {}, name or plan.suggested_name, by, note)
        request = ask(
            made,
            version,
            by=by,
            reason=reason or note,
            demands=demands_for(made.customer_id),
            from_flow=flow,
        )
        details = {"from": flow.name, "to": made.name, "version": version.number}
        audit.record(AuditAction.FLOW_PROMOTED, subject="flow", subject_id=str(made.id), details=details)
        if plan.twin is not None:
            _compare(made, version, by)
    return request


def _live(flow: Flow) -> FlowVersion:
    if flow.live_version is None:
        raise PromotionError("", _("Nothing of this flow is published yet: publish what was tried first."))
    return flow.live_version


def _twin_of(flow: Flow) -> Flow | None:
    """Return the production flow that was made from this one, else the only one of its customer between the same systems."""
    flows = Flow.objects.select_related("customer", "source", "target", "live_version")
    known = flows.filter(customer_id=flow.customer_id, template=flow.template, live_version__isnull=False)
    known = known.exclude(id=flow.id).exclude(state=Flow.State.RETIRED)
    made = known.filter(promoted_from=flow).order_by("id").first()
    if made is not None:
        return made
    systems = _systems(flow)
    alike = [one for one in known if _systems(one) == systems and environment_of(one) == PRODUCTION]
    return alike[0] if len(alike) == 1 else None


def _systems(flow: Flow) -> dict[str, str]:
    return {role: connection.system for role, connection in systems_of(flow).items()}


def _part(role: str, tried: Connection) -> PlannedPart:
    found = Connection.objects.filter(
        customer_id=tried.customer_id, system=tried.system, environment=PRODUCTION
    ).exclude(state=Connection.State.DISABLED)
    return PlannedPart(role, tried, tuple(found.order_by("name")))


def _made_flow(
    plan: Promotion, chosen: Mapping[str, Connection], name: str, by: str, note: str
) -> tuple[Flow, FlowVersion]:
    flow, tried = plan.flow, _live(plan.flow)
    systems: dict[str, Connection] = {}
    known: dict[object, Connection] = {}
    for part in plan.parts:
        connection = chosen.get(part.role)
        if connection is None:
            connection = known.get(part.tried.id) or create_shell(part.tried)
        elif connection.id not in {one.id for one in part.choices}:
            words = _("Choose a production connection to %(system)s.") % {"system": part.tried.system}
            raise PromotionError(part.role, words)
        systems[part.role] = known[part.tried.id] = connection
    if common_environment(systems.values()) != PRODUCTION:
        raise PromotionError("", _("None of these connections is in production."))
    further = {role: one for role, one in systems.items() if role not in {SOURCE, TARGET}}
    try:
        made = install_template(
            template=flow.template,
            name=name,
            source=systems[SOURCE],
            target=systems[TARGET],
            roles=further,
            settings=flow.settings,
            installed_by=by,
            live=False,
        )
    except ValidationError as error:
        field = "name" if "name" in getattr(error, "error_dict", {}) else ""
        raise PromotionError(field, " ".join(error.messages)) from error
    Flow.objects.filter(id=made.id).update(promoted_from=flow)
    made = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=made.id)
    version = publish(
        made,
        published_by=by,
        note=note,
        base=pinned_base(tried),
        own=own_lines(tried),
        definition=tried.definition,
        despite=f"as tried in {flow.name}",
    )
    return made, version


def _merged_version(flow: Flow, twin: Flow, by: str, note: str) -> FlowVersion:
    tried, live = _live(flow), _live(twin)
    before = _promoted_last(flow, twin)
    start = content_of(before) if before else FlowContent(pinned_base(live).definition)
    merged = merge_contents(start, content_of(tried), content_of(live)).content  # undecided: as it was tried
    is_newer = tried.template_version > live.template_version
    if same_content(merged, content_of(live)) and not is_newer:
        raise PromotionError("", _("%(flow)s does the same already: nothing is to be promoted.") % {"flow": twin.name})
    base = pinned_base(tried) if is_newer else None
    return propose(twin, made_by=by, note=note, base=base, own=merged.lines, definition=merged.definition)


def _promoted_last(flow: Flow, twin: Flow) -> FlowVersion | None:
    """Return what the sandbox flow did when it was promoted the last time that went live; None where it never was."""
    asked = ChangeRequest.objects.filter(flow=twin, from_flow=flow)
    last = asked.filter(state=ChangeRequest.State.LIVE).order_by("-id").first()
    if last is None and twin.promoted_from_id == flow.id:
        last = asked.order_by("id").first()  # what it was made with, whether or not it has started since
    if last is None:
        return None
    lived = FlowVersion.objects.filter(flow=flow, published_at__lte=last.asked_at)
    return lived.order_by("-published_at").first()


def _compare(made: Flow, version: FlowVersion, by: str) -> None:
    """Ask what the version would have made of production's history; where none is kept, the change says so."""
    try:
        request_what_if(made, version, by=by)
    except WhatIfError:
        return
