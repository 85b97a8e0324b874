"""One flow of a file made true: created as a draft, or changed where it differs, always through the room's own services."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError

from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.flows.config_files.document import FlowEntry, SystemEntry
from apps.flows.configuring.exporting import export_flow
from apps.flows.engine.definition import parse_definition
from apps.flows.models import Flow, FlowVersion
from apps.flows.services.bases import Base, newest_base, pinned_base, with_own_definition
from apps.flows.services.definitions import settings_chosen
from apps.flows.services.flow_settings import base_with
from apps.flows.services.install import install_template
from apps.flows.services.publish import publish
from apps.flows.templates_library import FlowTemplate, flow_template
from apps.flows.templates_library.settings import chosen_settings, complete_settings
from apps.flows.triggers.blackouts import read_blackouts
from apps.flows.triggers.calendar import read_calendar
from apps.flows.triggers.listening import listen_to_event
from apps.flows.triggers.quiet import keep_quiet
from apps.flows.triggers.schedule import (
    expect_runs,
    run_before_cut_offs,
    schedule_flow,
    schedule_flow_by_calendar,
    unschedule_flow,
)

NOTE = "Imported"
_VERSIONED = ("template_version", "settings", "lines")
DESPITE = "as the imported file has it"  # the plan names the samples that fail, and who applies it has seen the plan


class EntryError(ValueError):
    """An entry cannot be made true; `path` is within the entry ("roles.tax")."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class MadeTrue:
    """A flow before and after: its entries, and its versions where one was published; None where there was none.

    `waits`: the version after is only asked for and goes live once it is approved.
    """

    flow: Flow
    before: FlowEntry | None
    after: FlowEntry
    version_before: FlowVersion | None
    version_after: FlowVersion | None
    waits: bool = False


def make_true(customer: Customer, flow: Flow | None, wanted: FlowEntry, *, by: str, why: str = "") -> MadeTrue:
    """Create or change a flow as its entry says, `why` in the note of its version. In a transaction, with the flow held.

    Raises:
        EntryError: a connection, template or version is not there.
        ValidationError, SettingsError, MappingError, LayerError, CalendarError, BlackoutError, ValueError: of the services.

    """
    wanted = _complete(wanted)
    before = export_flow(flow) if flow else None
    version, asked = (flow.live_version if flow else None), None
    if flow is None:
        flow = _create(customer, wanted, by, why)
    else:
        _require_same_parts(flow, wanted)
        asked = _change(flow, wanted, by, why)
    _set_starts(flow, export_flow(flow), wanted)
    flow = Flow.objects.select_related("source", "target", "live_version").get(id=flow.id)
    if asked is not None:  # shown as it will be, never saved
        flow.live_version, flow.settings = asked, settings_chosen(flow.template, asked.definition)
    return MadeTrue(flow, before, export_flow(flow), version, flow.live_version, waits=asked is not None)


def _complete(wanted: FlowEntry) -> FlowEntry:
    """Return the entry as it would be exported: settings as the template understands them, a calendar as it is kept."""
    template = _template(wanted)
    chosen = chosen_settings(template.settings, complete_settings(template.settings, wanted.settings))
    starts = wanted.starts
    if starts.cron:
        starts = replace(starts, cron=read_calendar(starts.cron, starts.zone).cron)
    quiet = read_blackouts(wanted.quiet).to_json()
    lines = {place: lines for place, lines in wanted.lines.items() if lines}
    return replace(wanted, settings=chosen, starts=starts, quiet=quiet, lines=lines)


def _template(wanted: FlowEntry) -> FlowTemplate:
    try:
        return flow_template(wanted.template)
    except KeyError as error:
        raise EntryError("template", str(error.args[0])) from None


def _create(customer: Customer, wanted: FlowEntry, by: str, why: str) -> Flow:
    template = _template(wanted)
    if wanted.template_version != template.version:
        sentence = (
            f"The file was made with version {wanted.template_version} of the template, this installation has version "
            f"{template.version}: look through the flow's lines and settings, then write template_version: {template.version}."
        )
        raise EntryError("template_version", sentence)
    flow = install_template(
        template=wanted.template,
        name=wanted.name,
        source=_connection(customer, wanted.source, "source"),
        target=_connection(customer, wanted.target, "target"),
        roles={role: _connection(customer, one, f"roles.{role}") for role, one in wanted.roles.items()},
        settings=wanted.settings,
        installed_by=by,
        live=False,
    )
    flow = Flow.objects.select_related("source", "target", "live_version").get(id=flow.id)
    if live := flow.live_version if wanted.lines or wanted.definition else None:
        own = with_own_definition(live.definition, wanted.definition)
        publish(flow, published_by=by, own=wanted.lines, definition=own, note=_note(why), despite=why or DESPITE)
    return flow


def _note(why: str) -> str:
    return f"{NOTE}: {why}" if why else NOTE


def _connection(customer: Customer, wanted: SystemEntry, path: str) -> Connection:
    found = Connection.objects.filter(customer=customer, name=wanted.connection, removed_at=None).first()
    if found is None:
        raise EntryError(path, f"Connect {wanted.system} as “{wanted.connection}” first.")
    if found.system != wanted.system:
        raise EntryError(
            path, f"“{found.name}” is a connection to {found.system}, the file says {wanted.system}: name another."
        )
    return found


def _require_same_parts(flow: Flow, wanted: FlowEntry) -> None:
    if flow.state == Flow.State.RETIRED:
        raise EntryError("name", "A retired flow has this name: give the flow of the file another.")
    if flow.live_version is None:
        raise EntryError("name", "This flow has no published version yet: publish it first.")
    now = export_flow(flow)
    if now.template != wanted.template:
        raise EntryError("template", f"This flow is made from {now.template}: give the one of the file another name.")
    for path in ("source", "target", "roles"):
        if getattr(now, path) != getattr(wanted, path):
            raise EntryError(
                path,
                "The systems of a flow stay what they are, because what it delivered is known by them: "
                "write them as they are, or give the flow of the file another name.",
            )


def _change(flow: Flow, wanted: FlowEntry, by: str, why: str) -> FlowVersion | None:
    """Publish what differs; a version is returned that waits for approval."""
    now = export_flow(flow)
    base = _base(flow, wanted, now.settings)
    own = with_own_definition(base.definition, wanted.definition)
    same_steps = flow.live_version and parse_definition(own) == parse_definition(flow.live_version.definition)
    if same_steps and all(getattr(now, name) == getattr(wanted, name) for name in _VERSIONED):
        return None
    made = publish(
        flow, published_by=by, base=base, own=wanted.lines, definition=own, note=_note(why), despite=why or DESPITE
    )
    return made if made.published_at is None else None


def _base(flow: Flow, wanted: FlowEntry, settings: Mapping[str, Any]) -> Base:
    template, live = flow_template(flow.template), flow.live_version
    if live is None:
        raise EntryError("name", "This flow has no published version yet: publish it first.")
    if wanted.template_version == live.template_version:
        return pinned_base(live) if settings == wanted.settings else base_with(flow, template, wanted.settings)
    if wanted.template_version != template.version:
        sentence = (
            f"This flow stands on version {live.template_version} of its template and can be moved to version "
            f"{template.version} only: write one of the two."
        )
        raise EntryError("template_version", sentence)
    flow.settings = dict(wanted.settings)
    return newest_base(flow)


def _set_starts(flow: Flow, now: FlowEntry, wanted: FlowEntry) -> None:
    """Set what starts the flow where it differs; each setting leaves its own trace."""
    old, new = now.starts, wanted.starts
    if (old.every_seconds, old.cron, old.zone) != (new.every_seconds, new.cron, new.zone):
        _set_schedule(flow, wanted)
    if old.before_cut_off_minutes != new.before_cut_off_minutes:
        run_before_cut_offs(flow, minutes=new.before_cut_off_minutes)
    if old.event != new.event:
        listen_to_event(flow, new.event)
    if now.quiet != wanted.quiet:
        keep_quiet(flow, read_blackouts(wanted.quiet))
    # A schedule brings its own expectation: what the file says holds.
    flow.refresh_from_db(fields=["expected_every_seconds"])
    if flow.expected_every_seconds != wanted.expected_every_seconds:
        expect_runs(flow, every_seconds=wanted.expected_every_seconds)


def _set_schedule(flow: Flow, wanted: FlowEntry) -> None:
    starts = wanted.starts
    if starts.cron:
        schedule_flow_by_calendar(flow, read_calendar(starts.cron, starts.zone))
    elif starts.every_seconds:
        if starts.every_seconds < 10:
            raise ValidationError(
                {"starts.every_seconds": "A schedule runs every 10 seconds at most: write 10 or more."}
            )
        schedule_flow(flow, every_seconds=starts.every_seconds)
    else:
        unschedule_flow(flow)
