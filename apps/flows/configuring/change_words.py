"""What an import changes about one flow or owner, in business words."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from apps.flows.config_files.document import FlowEntry, OwnerEntry
from apps.flows.configuring.flow_changes import MadeTrue
from apps.flows.models import Trigger
from apps.flows.queries.owner_register import RULE_WORDS
from apps.flows.queries.setting_words import setting_rows
from apps.flows.queries.versions import ChangedLine, compare_versions, line_words
from apps.flows.services.publish import layered_lines
from apps.flows.services.samples import run_of_change
from apps.flows.templates_library import flow_template
from apps.flows.triggers.blackouts import read_blackouts
from apps.flows.triggers.schedule import schedule_words
from apps.tenants.templatetags.wording import duration_words


def flow_differences(made: MadeTrue) -> tuple[ChangedLine, ...]:
    """Return what differs between a flow before and after; call it before a plan is rolled back."""
    return (*_lines(made), *_settings(made), *_starts(made), *_samples(made))


def _lines(made: MadeTrue) -> Iterator[ChangedLine]:
    before, after = made.version_before, made.version_after
    if after is None or (before is not None and before.id == after.id):
        return
    after.flow = made.flow
    if before is None:
        for place in sorted(made.after.lines):
            for layered in layered_lines(after, place):
                if layered.origin == "customer":
                    yield ChangedLine(
                        layered.line.label or layered.line.target, "", line_words(layered.line), "customer"
                    )
        return
    before.flow = made.flow
    yield from compare_versions(before, after).lines


def _samples(made: MadeTrue) -> Iterator[ChangedLine]:
    """Tell which samples fail: who applies the plan lets it go live all the same."""
    before, after = made.version_before, made.version_after
    if after is None or (before is not None and before.id == after.id):
        return
    after.flow = made.flow
    run = run_of_change(before, after)
    if run is not None and run.failing:
        yield ChangedLine(_("Samples that fail"), _("none"), ", ".join(run.failing), "customer")


def _settings(made: MadeTrue) -> Iterator[ChangedLine]:
    schema = flow_template(made.after.template).settings
    before = setting_rows(schema, made.before.settings if made.before else {})
    for old, new in zip(before, setting_rows(schema, made.after.settings), strict=True):
        if old.value != new.value:
            yield ChangedLine(new.title, old.value, new.value, "customer")


def _starts(made: MadeTrue) -> Iterator[ChangedLine]:
    before, after = _start_words(made.before), _start_words(made.after)
    for label in after:
        if before.get(label, "") != after[label]:
            yield ChangedLine(label, before.get(label, ""), after[label], "customer")


def _start_words(entry: FlowEntry | None) -> dict[str, str]:
    if entry is None:
        return {_("Runs by itself"): schedule_words(None), _("Template version"): ""}
    starts, silence = entry.starts, entry.expected_every_seconds
    schedule = Trigger(
        every_seconds=starts.every_seconds,
        cron=starts.cron,
        zone=starts.zone,
        before_cut_off_minutes=starts.before_cut_off_minutes,
    )
    return {
        _("Template version"): str(entry.template_version),
        _("Runs by itself"): schedule_words(schedule),
        _("Starts when this is said"): starts.event,
        _("Quiet times"): read_blackouts(entry.quiet).words(),
        _("Somebody is told when nothing ran for"): duration_words(silence) if silence else "",
    }


def owner_words(entry: OwnerEntry | None) -> str:
    """Return an entry of the owner register as people read it, "" for none."""
    if entry is None:
        return ""
    owner = entry.connection or _("the usual system")
    parts = [owner, str(RULE_WORDS[entry.rule]), entry.business_owner, entry.technical_owner, entry.note]
    return "; ".join(part for part in parts if part)
