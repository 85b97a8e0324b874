"""Importing a customer's configuration: looked at first, applied as a whole, refused with the place and the fix."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time

import pytest
from django.db import connections

from apps.accounts.models import AuditEntry
from apps.customers.cut_offs import LAST, Rhythm, Rule
from apps.customers.models import Customer
from apps.customers.services import add_cut_off
from apps.flows.config_files.parsing import parse_file
from apps.flows.configuring.exporting import export_customer
from apps.flows.configuring.importing import ChangedSinceError, ImportRefusedError, apply_import, plan_import
from apps.flows.configuring.plans import Plan
from apps.flows.engine.ownership import ConflictRule
from apps.flows.models import FieldOwner, Flow, FlowVersion, Trigger
from apps.flows.services.owner_register import set_owner
from apps.flows.services.publish import change_line
from apps.flows.templates_library import TEMPLATES
from apps.flows.triggers.blackouts import read_blackouts
from apps.flows.triggers.listening import listen_to_event
from apps.flows.triggers.quiet import keep_quiet
from apps.flows.triggers.schedule import expect_runs, run_before_cut_offs, schedule_flow
from apps.tenants import scope
from tests.lines import Line
from tests.slow_system import walking

MakeLine = Callable[..., Line]
OWN_LINE = """    lines:
      delivery:
        - target: description
          default: Work
"""


class Files:
    """One customer's configuration as text, and the hands to plan and apply other text."""

    def __init__(self, line: Line) -> None:
        self.line = line

    @property
    def text(self) -> str:
        with scope.work_in(self.line.partner):
            return export_customer(Customer.objects.get(id=self.line.customer.id)).write()

    def plan(self, text: str) -> Plan:
        with scope.work_in(self.line.partner):
            return plan_import(self.line.customer, parse_file(text.encode()), by="Ann")

    def apply(self, text: str, digest: str = "") -> Plan:
        digest = digest or self.plan(text).digest
        with scope.work_in(self.line.partner):
            return apply_import(self.line.customer, parse_file(text.encode()), digest=digest, by="Ann")

    def counts(self) -> tuple[int, ...]:
        with scope.work_in(self.line.partner):
            return tuple(kind.objects.count() for kind in (Flow, FlowVersion, Trigger, FieldOwner, AuditEntry))


@pytest.fixture
def files(make_line: MakeLine) -> Files:
    return Files(make_line())


def _set_everything(line: Line) -> None:
    windows = [{"days": [4], "from": "18:00", "to": "06:00"}]
    with scope.work_in(line.partner):
        flow = Flow.objects.get(id=line.flow.id)
        change_line(
            flow,
            target="description",
            changes={"default": "Work", "value_map": {"007": "no"}},
            made_by="Ann",
            despite="Wanted",
        )
        schedule_flow(flow, every_seconds=900)
        run_before_cut_offs(flow, minutes=30)
        listen_to_event(flow, "contract.signed")
        expect_runs(flow, every_seconds=7200)
        keep_quiet(flow, read_blackouts({"zone": "UTC", "windows": windows}))
        set_owner(
            line.customer,
            canonical_type="TimeEntry",
            field="",
            connection=line.source,
            conflict_rule=ConflictRule.OWNER_WINS,
            changed_by="Ann",
            note="as agreed",
        )
        add_cut_off(line.customer, name="Payroll", purpose="", rule=Rule(Rhythm.WORKING_DAY, LAST, time(17)))


def test_everything_set_is_written_and_reading_it_changes_nothing(files: Files) -> None:
    _set_everything(files.line)
    text, before = files.text, files.counts()
    for said in (
        "every_seconds: 900",
        "before_cut_off_minutes: 30",
        "contract.signed",
        "7200",
        "18:00",
        "'007': 'no'",
        "as agreed",
        "rhythm: working_day",
    ):
        assert said in text
    assert "secret" not in text
    assert "token" not in text
    plan = files.plan(text)
    assert (plan.is_empty, plan.problems) == (True, ())
    files.apply(text)
    assert files.text == text
    assert files.counts() == (*before[:-1], before[-1] + 1)  # but for the trace of the import


def test_a_file_makes_another_installation_the_same(files: Files, make_line: MakeLine) -> None:
    _set_everything(files.line)
    other = make_line()
    wanted = files.text.replace(files.line.customer.name, other.customer.name)
    there = Files(other)
    plan = there.plan(wanted)
    changed = {change.name: change for change in plan.changes}
    words = {line.label: (line.before, line.after) for line in changed["Approved time to bill"].lines}
    assert words["Starts when this is said"] == ("", "contract.signed")
    assert words["Runs by itself"][0] == "Not by itself"
    assert "An approved entry becomes a time line" in words["Samples that fail"][1]
    assert changed["TimeEntry.*"].kind == changed["Payroll"].kind == "created"
    there.apply(wanted)
    assert there.text == wanted
    with scope.work_in(other.partner):
        live = Flow.objects.get(id=other.flow.id).live_version
        assert live is not None
        assert (live.number, live.note, live.published_by) == (
            2,
            "Imported; although 2 of 7 samples fail: as the imported file has it",
            "Ann",
        )
        assert AuditEntry.objects.filter(action="configuration_imported").count() == 1


def test_a_flow_of_another_name_is_created_as_a_draft_and_the_one_here_is_left(files: Files) -> None:
    wanted = files.text.replace("name: Approved time to bill", "name: A second one").rstrip() + "\n" + ""
    wanted = wanted.replace("owners: []\n", "").rstrip() + "\n" + OWN_LINE
    plan = files.apply(wanted)
    assert [(change.name, change.kind) for change in plan.changes] == [
        ("A second one", "created"),
        ("Approved time to bill", "left"),
    ]
    with scope.work_in(files.line.partner):
        made = Flow.objects.get(name="A second one")
        assert made.state == Flow.State.DRAFT
        assert Flow.objects.get(id=files.line.flow.id).state == Flow.State.LIVE
    assert files.plan(files.text).is_empty


def test_a_plan_changes_nothing(files: Files) -> None:
    before = files.counts()
    plan = files.plan(files.text.replace("owners: []\n", "") + OWN_LINE)
    assert [(line.label, line.after) for line in plan.changes[0].lines] == [
        (plan.changes[0].lines[0].label, plan.changes[0].lines[0].after)
    ]
    assert "when there is none: Work" in plan.changes[0].lines[0].after
    assert files.counts() == before


def test_what_was_changed_since_the_look_is_not_overwritten(files: Files) -> None:
    wanted = files.text.replace("owners: []\n", "") + OWN_LINE
    digest = files.plan(wanted).digest
    with scope.work_in(files.line.partner):
        change_line(files.line.flow, target="cost_center", changes={"default": "CC-1"}, made_by="Bob")
    before = files.counts()
    with pytest.raises(ChangedSinceError, match="look at it"):
        files.apply(wanted, digest)
    with pytest.raises(ChangedSinceError):
        files.apply(wanted + "# the same, but for a remark\n", digest)
    assert files.counts() == before
    assert "CC-1" in files.text


def _lines(*lines: str) -> Callable[[str], str]:
    return lambda text: text.replace("owners: []\n", "") + "".join(f"{line}\n" for line in lines)


def _instead(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


@pytest.mark.parametrize(
    ("edit", "path", "sentence"),
    [
        (_instead("template: approved", "template: disapproved"), "flows[0].template", "is not a template; choose one of"),
        (_instead("template_version: ", "template_version: 9"), "flows[0].template_version", "can be moved to version"),
        (_instead("connection: PSA", "connection: Else"), "flows[0].source", "stay what they are"),
        (_instead("currency: EUR", "currency: USD"), "customer.currency", "write “EUR” in the file"),
        (_lines("    settings: {nothing: 1}"), "flows[0].settings.nothing", "is not known"),
        (_lines("    starts: {every_seconds: 5}"), "flows[0].starts.every_seconds", "10 or more"),
        (_lines("    starts: {cron: never, zone: UTC}"), "flows[0].starts.cron", "five parts"),
        (_lines("    quiet: {zone: UTC, windows: [{days: [0], from: x, to: '1:00'}]}"), "flows[0].quiet", "no time of day"),
        (_lines("    lines: {nowhere: [{target: a}]}"), "flows[0].lines", "maps nothing there"),
        (
            _lines("    lines: {delivery: [{target: description, transforms: [shout]}]}"),
            "flows[0].lines.delivery[description]",
            "shout",
        ),
        (_lines("owners: [{type: Nothing, field: x, rule: review}]"), "owners[0].type", "no such kind"),
        (_lines("owners: [{type: TimeEntry, field: x, rule: review}]"), "owners[0].field", "has no field"),
        (
            _lines("owners: [{type: TimeEntry, field: note, rule: review, connection: SAP}]"),
            "owners[0].connection",
            "Connect the system as “SAP” first",
        ),
        (lambda text: "file: partner-lines\nversion: 1\n", "file", "A customer's file says"),
    ],
    ids=[
        "template",
        "template version",
        "other systems",
        "currency",
        "setting",
        "interval",
        "calendar",
        "quiet time",
        "place",
        "transform",
        "type",
        "field",
        "owner's connection",
        "the other kind of file",
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_with_its_place_and_refused_whole(
    files: Files, edit: Callable[[str], str], path: str, sentence: str
) -> None:
    wanted, before = edit(files.text), files.counts()
    plan = files.plan(wanted)
    told = [(problem.path, problem.line) for problem in plan.problems if sentence in problem.message]
    assert [place for place, _line in told] == [path], plan.problems
    assert all(line for _place, line in told)
    assert plan.digest == ""
    with pytest.raises(ImportRefusedError, match=path.replace("[", r"\[")):
        files.apply(wanted, "any")
    assert files.counts() == before


def test_a_good_flow_beside_a_bad_one_is_not_applied_alone(files: Files) -> None:
    text = files.text
    flow = text[text.index("  - name:") : text.index("owners:")]
    second = flow.replace("name: Approved time to bill", "name: Second")
    third = flow.replace("name: Approved time to bill", "name: Third").replace("connection: PSA", "connection: CRM")
    wanted, before = text.replace(flow, flow + second + third), files.counts()
    with pytest.raises(ImportRefusedError, match="Connect sandbox_psa as “CRM” first") as caught:
        files.apply(wanted, "any")
    assert [problem.path for problem in caught.value.problems] == ["flows[2].source"]
    assert files.counts() == before


def _at_version(files: Files, number: int) -> None:
    with scope.work_in(files.line.partner):
        FlowVersion.objects.filter(flow=files.line.flow).update(template_version=number)


def test_a_flow_stays_on_its_version_of_the_template_unless_the_file_says_another(files: Files) -> None:
    newest = TEMPLATES[files.line.flow.template].version
    _at_version(files, newest - 1)
    text = files.text
    assert f"template_version: {newest - 1}\n" in text
    files.apply(text.replace("owners: []\n", "") + OWN_LINE)
    with scope.work_in(files.line.partner):
        assert Flow.objects.get(id=files.line.flow.id).live_version.template_version == newest - 1  # type: ignore[union-attr]
    wanted = files.text.replace(f"template_version: {newest - 1}\n", f"template_version: {newest}\n")
    plan = files.apply(wanted)
    told = {line.label: (line.before, line.after) for line in plan.changes[0].lines}
    assert told["Template version"] == (str(newest - 1), str(newest))
    assert files.text == wanted


def test_of_two_who_apply_what_they_saw_at_once_one_is_asked_to_look_again(files: Files) -> None:
    wanted = files.text.replace("owners: []\n", "") + OWN_LINE
    digest = files.plan(wanted).digest

    def apply() -> str:
        try:
            files.apply(wanted, digest)
        except ChangedSinceError:
            return "look again"
        else:
            return "applied"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        told = [one.result() for one in [pool.submit(apply), pool.submit(apply)]]
    assert sorted(told) == ["applied", "look again"]
    with scope.work_in(files.line.partner):
        assert FlowVersion.objects.filter(flow=files.line.flow).count() == 2


OWN_STEPS = """    definition:
      batch_size: 50
      steps:
        - kind: extract
        - kind: check
        - kind: wait
          hours: 4
        - kind: notify
          title: Tell them
          role: customer_owner
          subject: Hours arrived
          text: Look at them
        - kind: deliver
          role: target
          type: TimeEntry
"""


def test_own_steps_are_exported_looked_at_and_brought_back(make_line: MakeLine) -> None:
    with walking(make_line, {"kind": "wait", "hours": 4}, {"kind": "deliver"}) as line:
        files = Files(line)
        plain = files.text
        assert "definition" not in plain
        own = plain.replace("owners:", f"{OWN_STEPS}owners:")
        assert [one.label for one in files.plan(own).changes[0].lines] == ["Records at once", "Step Tell them"]
        files.apply(own)
        assert files.text == own
        assert files.plan(own).changes[0].kind == "unchanged"
        files.apply(plain)
        assert files.text == plain


def test_a_step_that_cannot_be_is_named_with_its_line(make_line: MakeLine) -> None:
    with walking(make_line, {"kind": "wait", "hours": 4}, {"kind": "deliver"}) as line:
        files = Files(line)
        text = files.text.replace("owners:", f"{OWN_STEPS}owners:").replace("hours: 4", "hours: -4")
        [problem] = files.plan(text).problems
        assert problem.path == "flows[0].definition.steps[2].hours"
        assert text.splitlines()[(problem.line or 0) - 1].strip() == "hours: -4"


def test_a_cut_off_is_changed_by_its_name_and_one_that_the_file_does_not_name_is_left(files: Files) -> None:
    _set_everything(files.line)
    text = files.text.replace("at: '17:00'", "at: '16:30'").replace("at: 17:00", "at: '16:30'")
    plan = files.apply(text)
    (changed,) = [change for change in plan.changes if change.name == "Payroll"]
    assert changed.kind == "changed"
    assert "17:00" in changed.lines[0].before
    assert "16:30" in changed.lines[0].after
    assert files.text == text
    without = files.plan(re.sub(r"cut_offs:\n(?:  .*\n)+", "", text))
    assert [change.kind for change in without.changes if change.name == "Payroll"] == ["left"]


def test_why_it_is_imported_stands_with_the_version_and_in_the_trail(files: Files) -> None:
    text = files.text.rstrip().replace("owners: []", "").rstrip() + "\n" + OWN_LINE
    digest = files.plan(text).digest
    with scope.work_in(files.line.partner):
        customer, parsed = files.line.customer, parse_file(text.encode())
        apply_import(customer, parsed, digest=digest, by="Ann", note=" As  agreed\x00 ")
        live = Flow.objects.get(id=files.line.flow.id).live_version
        assert live is not None
        assert live.note == "Imported: As agreed"
        assert AuditEntry.objects.get(action="configuration_imported").details["note"] == "As agreed"
