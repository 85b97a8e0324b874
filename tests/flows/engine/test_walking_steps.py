"""The walking kinds of steps: what each reads, refuses, and decides to do."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical.shapes import Amount, AmountQuality
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.errors import FailureKind
from apps.flows.engine import acts
from apps.flows.engine.acts import Act, StepContext
from apps.flows.engine.definition import DefinitionError, FlowDefinition, Step, Undo, parse_definition
from apps.flows.engine.states import OperationState, StepState
from apps.flows.engine.steps import WALKING_KINDS
from apps.flows.engine.steps.milestone import MILESTONES
from apps.flows.engine.walk import DoneStep, next_step, passed_over, undo_verdict
from apps.flows.models import Milestone

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD: list[dict[str, Any]] = [{"kind": "extract"}, {"kind": "check"}]
RECORD = {"id": "7", "project": "PRJ-0001", "hours": Decimal("7.5"), "resource_name": "Ann"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "map": {"type": "Project", "lines": [{"target": "code", "source": "project"}, {"target": "name", "source": "id"}]},
    "lookup": {"role": "target", "object": "projects", "key": "r.project", "keep": ["state"], "required": True},
    "deliver": {"role": "workspace"},
    "withdraw": {"type": "Project", "role": "workspace"},
    "write_back": {"values": {"exported": "true", "note": "r.id"}},
    "decide": {"when": "r.hours > 8.0", "otherwise": "end", "sentence": "Short days are left out."},
    "approve": {
        "question": "Bill {hours} h of {resource_name}?", "role": "finance", "needed": 1, "facts": {"Project": "{project}"},
        "thresholds": [{"above": "1000", "role": "owner", "needed": 2}], "free_below": "100", "due_hours": 48,
        "remind_hours": 24, "escalate_to": "owner", "go_on_refused": True,
    },
    "wait": {"event": "contract.signed", "about": "r.project", "at_most_hours": 72, "go_on_without": True, "give_way": True},
    "notify": {"role": "finance", "subject": "{hours} h", "text": "Of {resource_name}."},
    "call": {"template": "lead-to-project", "key": "r.project", "wait": True},
    "milestone": {"state": "project_ready", "about": "r.project"},
    "emit": {"event": "time.billed", "payload": {"hours": "r.hours"}, "about": "r.project"},
}  # fmt: skip


def walking(*steps: dict[str, Any]) -> FlowDefinition:
    return parse_definition({"canonical_type": "TimeEntry", "steps": [*HEAD, *steps]})


def step_of(kind: str, **changes: Any) -> Step:
    return walking({"kind": kind, **EXAMPLES[kind], **changes}).walk[0]


def context(amount: str | None = "500", now: datetime = NOON, **results: Any) -> StepContext:
    worth = None if amount is None else Amount(Decimal(amount), "EUR", AmountQuality.KNOWN)
    return StepContext(RECORD, results, "TimeEntry:psa:7", "7", "Time entry", worth, NOON, now)


def plan(step: Step, where: StepContext | None = None) -> Act:
    assert step.options is not None
    return step.options.plan(where or context())


def test_a_step_knows_the_day_on_which_it_looks() -> None:
    where = context(now=datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    assert where.holds('r.today == "2026-11-30"')
    with pytest.raises(DefinitionError, match="wait, then decide") as refused:
        parse_definition({"canonical_type": "TimeEntry", "filter": {"expression": "r.work_date < r.today"}})
    assert refused.value.path == "filter.expression"


def test_a_wait_until_a_day_can_be_counted_from_a_field() -> None:
    until = 'timestamp("2026-11-21" + "T00:00:00Z") + duration("24h")'
    step = step_of("wait", event="", about="", at_most_hours=1, until=until, give_way=True)
    assert plan(step) == acts.WaitUntil(datetime(2026, 11, 22, tzinfo=UTC), gives_way=True)


def test_every_kind_has_an_example_here() -> None:
    assert EXAMPLES.keys() == WALKING_KINDS.keys()


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_step_is_stored_as_it_is_read(kind: str) -> None:
    more = {"name": "other", "title": "A title", "condition": "r.hours > 1.0", "queue": "delivery", "undo": "approval"}
    retry = {"retry": {"retryable": [1, 5], "rejected": []}, "timeout_seconds": 30, "proceed_on_error": True}
    definition = walking({"kind": kind, **EXAMPLES[kind], **more, **retry})
    assert parse_definition(definition.to_json()) == definition
    step = definition.step_named("other")
    assert step is not None
    assert (step.owner_queue, step.undo, step.timeout_seconds) == ("delivery", Undo.APPROVAL, 30)
    assert step.retry == {FailureKind.RETRYABLE: (1, 5), FailureKind.REJECTED: ()}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_misspelt_option_is_named(kind: str) -> None:
    with pytest.raises(DefinitionError, match="is not known") as refused:
        walking({"kind": kind, **EXAMPLES[kind], "conditoin": "true"})
    assert refused.value.path == "steps.2.conditoin"


@pytest.mark.parametrize(
    ("kind", "changes", "path", "words"),
    [
        pytest.param("lookup", {"role": ""}, "role", "is missing", id="a look-up without a system"),
        pytest.param("lookup", {"key": "r.prjct"}, "key", "no field 'prjct'", id="a look-up by nothing"),
        pytest.param("lookup", {"type": "Project"}, "object", "only one of them", id="a look-up in two places"),
        pytest.param("lookup", {"object": ""}, "object", "must say what", id="a look-up nowhere"),
        pytest.param("lookup", {"object": "", "type": "Project", "keep": ["stat"]}, "keep", "'stat'", id="keeping no field"),
        pytest.param(
            "lookup",
            {"object": "", "type": "Project", "rules": [{"name": "open", "expression": "r.hours > 1.0", "sentence": "x"}]},
            "rules.0.expression", "no field 'hours'", id="a rule about what the type has not",
        ),
        pytest.param("deliver", {"onto": "later"}, "onto", "no earlier step", id="changing what is not looked up"),
        pytest.param("approve", {"question": "{steps.later.x}"}, "question", "no earlier step", id="asking of a later step"),
        pytest.param("deliver", {"of": "later"}, "of", "no earlier step", id="delivering what is not made"),
        pytest.param("deliver", {"type": "Project"}, "type", "map it to Project first", id="delivering another type"),
        pytest.param("map", {"type": "Invoic"}, "type", "must be one of", id="mapping to no type"),
        pytest.param("map", {"lines": [{"target": "x", "source": "id"}]}, "lines.x", "", id="a line to nothing"),
        pytest.param("map", {"lines": 5}, "lines", "list of lines", id="lines of another kind"),
        pytest.param("write_back", {"values": {}}, "values", "at least one", id="writing nothing back"),
        pytest.param("write_back", {"values": {"a": "r."}}, "values.a", "", id="a broken value"),
        pytest.param("decide", {"when": ""}, "when", "is missing", id="no question"),
        pytest.param("decide", {"then": "nowhere"}, "then", "no later step", id="a way to nowhere"),
        pytest.param("decide", {"otherwise": "decide"}, "otherwise", "no later step", id="a way to itself"),
        pytest.param("approve", {"needed": 0}, "needed", "from 1 to 9", id="nobody needed"),
        pytest.param("approve", {"question": "{hous}"}, "question", "no field 'hous'", id="a question about nothing"),
        pytest.param("approve", {"question": "{"}, "question", "brace", id="an open brace"),
        pytest.param("approve", {"question": "{hours:>9}"}, "question", "no field", id="a format in a sentence"),
        pytest.param("approve", {"facts": [["A"]]}, "facts", "list of pairs", id="facts without words"),
        pytest.param("approve", {"facts": [["A", 5]]}, "facts.A", "must be a text", id="a listed fact of another kind"),
        pytest.param("approve", {"facts": {"A": 5}}, "facts.A", "must be a text", id="a fact of another kind"),
        pytest.param("approve", {"facts": {"A": "=r.hous"}}, "facts.A", "no field 'hous'", id="a calculated fact of nothing"),
        pytest.param("approve", {"free_below": "ten"}, "free_below", "amount", id="no amount"),
        pytest.param("approve", {"free_below": "-1"}, "free_below", "amount", id="a negative amount"),
        pytest.param("approve", {"thresholds": [{"role": "x", "above": "NaN"}]}, "thresholds.0.above", "", id="no number"),
        pytest.param("wait", {"until": "r.work_date"}, "", "exactly one of", id="two things to wait for"),
        pytest.param("wait", {"about": ""}, "about", "is missing", id="an event about nothing"),
        pytest.param("notify", {"role": ""}, "", "either a role or an address", id="telling nobody"),
        pytest.param("milestone", {"state": "happy"}, "state", "must be one of", id="no state of business"),
        pytest.param("emit", {"event": "e" * 61}, "event", "longer than 60", id="too long a name"),
        pytest.param("call", {"wait": "yes"}, "wait", "true or false", id="a flag as a text"),
        pytest.param("call", {"retry": {"sometimes": []}}, "retry.sometimes", "is not known", id="no kind of failure"),
        pytest.param("call", {"retry": {"retryable": [1.5]}}, "retry.retryable", "whole seconds", id="half seconds"),
        pytest.param("call", {"queue": "nobody"}, "queue", "must be one of", id="no queue"),
        pytest.param("call", {"undo": "maybe"}, "undo", "must be one of", id="no way to undo"),
        pytest.param("call", {"name": "Step 1"}, "name", "small letters", id="no name"),
        pytest.param("withdraw", {"type": "Projct"}, "type", "must be one of", id="taking back no type"),
        pytest.param("call", {"condition": "r.x"}, "condition", "no field 'x'", id="a condition about nothing"),
        pytest.param("call", {"timeout_seconds": 0}, "timeout_seconds", "whole number", id="no time"),
    ],
)  # fmt: skip
def test_a_wrong_option_names_its_place(kind: str, changes: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(DefinitionError, match=words) as refused:
        step_of(kind, **changes)
    assert refused.value.path == f"steps.2.{path}".rstrip(".")


@pytest.mark.parametrize(
    ("steps", "path", "words"),
    [
        pytest.param([*HEAD], "steps", "must go on", id="nothing after the check"),
        pytest.param([HEAD[0], {"kind": "emit", "event": "x"}], "steps", "begin with", id="no check"),
        pytest.param([*HEAD, {"kind": "dance"}], "steps.2.kind", "must be one of", id="an unknown kind"),
        pytest.param([*HEAD, HEAD[1]], "steps.2.kind", "after the check", id="a second check"),
        pytest.param(
            [*HEAD, {"kind": "emit", "event": "x"}, {"kind": "emit", "event": "y"}],
            "steps.3.name", "earlier step", id="two of one name",
        ),
        pytest.param([*HEAD, *[{"kind": "emit", "event": "x"}] * 40], "steps", "at most 40", id="too many"),
    ],
)  # fmt: skip
def test_a_wrong_walk_names_its_place(steps: list[Any], path: str, words: str) -> None:
    with pytest.raises(DefinitionError, match=words) as refused:
        parse_definition({"canonical_type": "TimeEntry", "steps": steps})
    assert refused.value.path == path


def test_a_straight_flow_does_not_walk() -> None:
    straight = parse_definition({"canonical_type": "TimeEntry"})
    assert not straight.walks
    assert straight.walk == ()
    assert walking({"kind": "deliver"}).walks


def test_a_record_is_mapped_to_another_type_with_what_earlier_steps_brought() -> None:
    lines = [{"target": "code", "source": "project"}, {"target": "name", "source": "steps.tax.name"}]
    act = plan(step_of("map", lines=lines), context(tax={"name": "Acme"}))
    assert act == acts.Go({"code": "PRJ-0001", "name": "Acme"})
    missing = plan(step_of("map", lines=lines))
    assert isinstance(missing, acts.Refuse)
    assert missing.problems[0].field == "name"


def test_what_a_step_mapped_is_delivered_with_its_kinds_restored() -> None:
    lines = [
        {"target": "code", "source": "project"}, {"target": "name", "source": "id"}, {"target": "budget_hours", "source": "hours"},
    ]  # fmt: skip
    definition = walking(
        {"kind": "map", **EXAMPLES["map"], "lines": lines}, {"kind": "deliver", "of": "map", "type": "Project"}
    )
    mapped = plan(definition.walk[0])
    assert isinstance(mapped, acts.Go)
    sent = plan(definition.walk[1], context(map=mapped.result))
    assert isinstance(sent, acts.Send)
    assert (sent.canonical_type, sent.values["budget_hours"]) == ("Project", Decimal("7.5"))


def test_what_is_looked_up_is_judged_as_it_is_then() -> None:
    rule = {"name": "open", "expression": 'r.state != "closed"', "sentence": "{project} is closed.", "field": "state"}
    step = step_of("lookup", object="", type="Project", rules=[rule])
    act = plan(step)
    assert isinstance(act, acts.LookUp)
    assert act.judge is not None
    assert act.judge({"state": "active"}) == ()
    (broken,) = act.judge({"state": "closed"})
    assert (broken.field, broken.code, broken.message) == ("", "open", "PRJ-0001 is closed.")
    assert "cannot be judged" in act.judge({})[0].message


CHANGE: list[dict[str, Any]] = [
    {"kind": "lookup", "name": "there", "role": "target", "type": "Project", "key": "r.project", "keep": ["budget_hours"]},
    {"kind": "map", "type": "Project", "part": True, "lines": [{"target": "budget_hours", "source": "hours"}]},
    {"kind": "approve", **EXAMPLES["approve"], "facts": {
        "Hours": "{steps.there.budget_hours} h → {hours} h", "In all": '=string(r.hours) + " h"', "Nothing": '=""',
    }},
    {"kind": "deliver", "type": "Project", "of": "map", "onto": "there"},
]  # fmt: skip


def test_a_record_that_is_there_is_changed_in_what_was_mapped_and_never_made() -> None:
    definition = walking(*CHANGE)
    assert parse_definition(definition.to_json()) == definition
    looked_up, mapped, asked, delivered = definition.walk
    assert plan(looked_up) == acts.LookUp("target", "", "PRJ-0001", ("budget_hours",), False, "Project")
    assert plan(mapped) == acts.Go({"budget_hours": "7.5"})
    results: dict[str, Any] = {
        "there": {"found": True, "key": "9", "budget_hours": "{6}"},
        "map": {"budget_hours": "7.5"},
    }
    question = plan(asked, context(**results))
    assert isinstance(question, acts.Ask)
    assert question.facts == (("Hours", "{6} h → 7.5 h"), ("In all", "7.5 h"))
    assert plan(delivered, context(**results)) == acts.Send("target", "Project", {"budget_hours": Decimal("7.5")}, "9")
    refused = plan(delivered, context(map=results["map"], there={"found": False}))
    assert isinstance(refused, acts.Refuse)
    assert "Create it there" in refused.problems[0].message


@pytest.mark.parametrize(
    ("amount", "role", "needed"),
    [
        pytest.param("99.99", None, 0, id="below the free amount nobody is asked"),
        pytest.param("100", "finance", 1, id="from it on the usual people"),
        pytest.param("999.99", "finance", 1, id="below the threshold"),
        pytest.param("1000", "owner", 2, id="from the threshold on the others"),
        pytest.param(None, "owner", 2, id="an unknown amount as the dearest"),
    ],
)
def test_the_amount_decides_who_is_asked(amount: str | None, role: str | None, needed: int) -> None:
    act = plan(step_of("approve"), context(amount))
    if role is None:
        assert isinstance(act, acts.Go)
    else:
        assert isinstance(act, acts.Ask)
        assert (act.role, act.needed, act.question) == (role, needed, "Bill 7.5 h of Ann?")
        assert (act.due_seconds, act.facts) == (172_800, (("Project", "PRJ-0001"),))


def test_facts_keep_their_order_where_stored_groups_lose_theirs() -> None:
    step = step_of("approve", facts={"Project": "{project}", "A": "{hours}"})
    assert step.options is not None
    stored = {name: step.options.to_json()[name] for name in sorted(step.options.to_json(), reverse=True)}
    question = plan(step_of("approve", facts=stored["facts"]))
    assert isinstance(question, acts.Ask)
    assert [label for label, _ in question.facts] == ["Project", "A"]


def test_a_decision_chooses_a_way_or_the_end() -> None:
    steps = [{"kind": "decide", "when": "r.hours > 7.0", "then": "emit"}, {"kind": "call", "template": "x"},
             {"kind": "emit", "event": "y"}]  # fmt: skip
    definition = walking(*steps)
    assert plan(definition.walk[0]) == acts.Go({"chosen": True}, to="emit")
    assert [step.name for step in passed_over(definition.walk, "decide", "emit")] == ["call"]
    ended = plan(step_of("decide"))
    assert ended == acts.End(OperationState.SKIPPED, "Short days are left out.")


def test_a_time_to_wait_for_may_have_come() -> None:
    hours = walking({"kind": "wait", "hours": 2}).walk[0]
    assert plan(hours) == acts.WaitUntil(NOON + timedelta(hours=2))
    assert isinstance(plan(hours, context(now=NOON + timedelta(hours=2))), acts.Go)
    until = walking({"kind": "wait", "until": "'2026-12-01'"}).walk[0]
    assert plan(until) == acts.WaitUntil(datetime(2026, 12, 1, tzinfo=UTC))
    with pytest.raises(UnusableValueError, match="no date"):
        plan(walking({"kind": "wait", "until": "r.project"}).walk[0])


def test_a_calculation_that_gives_nothing_is_said() -> None:
    with pytest.raises(UnusableValueError):
        plan(step_of("milestone", about="r.client"))


def test_the_milestones_are_those_of_the_table() -> None:
    assert tuple(Milestone.State.values) == MILESTONES


STATES = st.lists(st.sampled_from([None, *StepState]), min_size=1, max_size=8)


@given(STATES)
def test_the_next_step_is_the_first_that_is_not_passed(states: list[StepState | None]) -> None:
    steps = [Step("emit", name=f"s{place}") for place in range(len(states))]
    known = {step.name: state for step, state in zip(steps, states, strict=True) if state is not None}
    found = next_step(steps, known)
    passed = {StepState.DONE, StepState.SKIPPED}
    if found is None:
        assert set(known.values()) <= passed
        assert len(known) == len(steps)
    else:
        place = steps.index(found)
        assert all(known.get(step.name) in passed for step in steps[:place])
        assert known.get(found.name) not in passed


@pytest.mark.parametrize(
    ("step", "created", "can_undo", "allowed", "stays"),
    [
        pytest.param(Step("deliver"), True, True, False, "", id="what was created goes"),
        pytest.param(Step("deliver"), False, True, True, "there before", id="what was changed stays"),
        pytest.param(Step("deliver"), True, False, True, "no way", id="what the system keeps stays"),
        pytest.param(Step("deliver", undo=Undo.IMPOSSIBLE), True, True, True, "final", id="what is final stays"),
        pytest.param(Step("deliver", undo=Undo.APPROVAL), True, True, False, "not agreed", id="not without agreement"),
        pytest.param(Step("deliver", undo=Undo.APPROVAL), True, True, True, "", id="with agreement it goes"),
        pytest.param(Step("notify"), False, True, True, "unsaid", id="a mail stays"),
        pytest.param(Step("milestone"), False, True, True, "", id="a state is left again"),
        pytest.param(Step("lookup"), False, True, True, "Nothing was made", id="a look-up made nothing"),
    ],
)
def test_what_is_taken_back(step: Step, created: bool, can_undo: bool, allowed: bool, stays: str) -> None:
    said = undo_verdict(DoneStep(step, created, can_undo), allowed=allowed)
    assert stays in said if stays else said == ""
