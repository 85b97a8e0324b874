"""Definitions: read back as written, and refused with the place that is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.errors import BusinessClass
from apps.flows.engine.definition import (
    RECORD_STEPS,
    CheckOptions,
    DefinitionError,
    Filter,
    FlowDefinition,
    Rule,
    Step,
    parse_definition,
)
from apps.flows.engine.steps import STEP_KINDS

FULL = FlowDefinition(
    canonical_type="TimeEntry",
    source_object="time-entries",
    target_object="time-lines",
    steps=(
        Step("extract"),
        Step(
            "check",
            CheckOptions(
                without=("currency_known",),
                currencies=("EUR", "USD"),
                project_form="PRJ-####",
                zone="Europe/Berlin",
                rules=(Rule("short", "r.hours <= 12.0", "Too long.", "hours", BusinessClass.CONFLICT),),
                library=("period_open", "budget_left"),
                switched_off={"budget_left": "Agreed with finance until June."},
            ),
        ),
        Step("map"),
        Step("deliver"),
    ),
    filter=Filter(("approved", "billable"), 'r.region == "EMEA"'),
    batch_size=100,
)
STEPS = [{"kind": kind} for kind in RECORD_STEPS]


def with_check(**options: Any) -> dict[str, Any]:
    return {"canonical_type": "TimeEntry", "steps": [STEPS[0], {"kind": "check", **options}, *STEPS[2:]]}


def with_filter(**chosen: Any) -> dict[str, Any]:
    return {"canonical_type": "TimeEntry", "filter": chosen}


@pytest.mark.parametrize("definition", [FULL, FlowDefinition("Project"), FlowDefinition("TimeEntry", batch_size=1)])
def test_a_definition_is_read_back_as_written(definition: FlowDefinition) -> None:
    assert parse_definition(definition.to_json()) == definition


def test_a_definition_needs_little() -> None:
    definition = parse_definition({"canonical_type": "TimeEntry"})
    assert tuple(step.kind for step in definition.steps) == RECORD_STEPS
    assert definition.batch_size == 500
    assert definition.step("wait") is None


def test_every_step_of_a_definition_has_its_kind() -> None:
    assert tuple(STEP_KINDS) == RECORD_STEPS


RULE = {"name": "n", "expression": "true", "sentence": "s"}


@pytest.mark.parametrize(
    ("stored", "path", "words"),
    [
        pytest.param([], "", "group of keys", id="not a group"),
        pytest.param({}, "canonical_type", "is missing", id="no type"),
        pytest.param({"canonical_type": 5}, "canonical_type", "must be a text", id="a type of another kind"),
        pytest.param(
            {"canonical_type": "Timesheet"}, "canonical_type", "choose one of TimeEntry", id="an unknown type"
        ),
        pytest.param({"canonical_type": "TimeEntry", "flter": {}}, "flter", "is not known", id="a misspelt key"),
        pytest.param(
            {"canonical_type": "TimeEntry", "batch_size": 501}, "batch_size", "1 to 500", id="too large a batch"
        ),
        pytest.param(
            {"canonical_type": "TimeEntry", "batch_size": True}, "batch_size", "1 to 500", id="a batch of yes"
        ),
        pytest.param({"canonical_type": "TimeEntry", "steps": {}}, "steps", "must be a list", id="steps as a group"),
        pytest.param(
            {"canonical_type": "TimeEntry", "steps": STEPS[::-1]},
            "steps",
            "begin with extract and check",
            id="steps in disorder",
        ),
        pytest.param({"canonical_type": "TimeEntry", "steps": ["x"]}, "steps.0.kind", "one of extract", id="no step"),
        pytest.param(
            {"canonical_type": "TimeEntry", "steps": [{"kind": "dance"}]},
            "steps.0.kind",
            "one of",
            id="an unknown step",
        ),
        pytest.param(
            {"canonical_type": "TimeEntry", "steps": [{"kind": "extract", "zone": "UTC"}, *STEPS[1:]]},
            "steps.0.zone",
            "is not known",
            id="an option of another step",
        ),
        pytest.param(with_check(without=["sleep"]), "steps.1.without", "no check 'sleep'", id="an unknown check"),
        pytest.param(with_check(without="x"), "steps.1.without", "must be a list", id="checks as a text"),
        pytest.param(
            with_check(currencies=[1]), "steps.1.currencies", "list of texts", id="currencies of another kind"
        ),
        pytest.param(with_check(currencies=["EURO"]), "steps.1.currencies", "not a currency code", id="no currency"),
        pytest.param(with_check(zone="Mars/Base"), "steps.1.zone", "not a time zone", id="no zone"),
        pytest.param(with_check(zone="../etc"), "steps.1.zone", "not a time zone", id="a path as a zone"),
        pytest.param(with_check(rules=[5]), "steps.1.rules.0", "group of keys", id="a rule of another kind"),
        pytest.param(
            with_check(library=["moon_full"]),
            "steps.1.library",
            "choose among period_open",
            id="an unknown business rule",
        ),
        pytest.param(
            with_check(library=["duplicate"], switched_off={"period_open": "x"}),
            "steps.1.switched_off.period_open",
            "choose among duplicate",
            id="a rule switched off that does not count",
        ),
        pytest.param(
            with_check(library=["duplicate"], switched_off={"duplicate": " "}),
            "steps.1.switched_off.duplicate",
            "is missing",
            id="a rule switched off without a reason",
        ),
        pytest.param(with_check(rules=[{}]), "steps.1.rules.0.name", "is missing", id="a rule without a name"),
        pytest.param(
            with_check(rules=[RULE | {"expression": "r.hours +"}]),
            "steps.1.rules.0.expression",
            "character 10",
            id="a broken rule",
        ),
        pytest.param(
            with_check(rules=[RULE | {"expression": "r.horus > 1.0"}]),
            "steps.1.rules.0.expression",
            "no field 'horus'",
            id="a rule over nothing",
        ),
        pytest.param(
            with_check(rules=[RULE | {"field": "horus"}]), "steps.1.rules.0.field", "no field", id="blaming nothing"
        ),
        pytest.param(
            with_check(rules=[RULE | {"business_class": "bad"}]),
            "steps.1.rules.0.business_class",
            "must be one of",
            id="an unknown class",
        ),
        pytest.param(
            with_filter(conditions=["paid"]), "filter.conditions", "choose one of approved", id="no condition"
        ),
        pytest.param(
            with_filter(conditions=["active"]), "filter.conditions", "no 'active'", id="a condition of another type"
        ),
        pytest.param(with_filter(expression="1 +"), "filter.expression", "character", id="a broken filter"),
        pytest.param(with_filter(expression="r.x"), "filter.expression", "no field 'x'", id="a filter over nothing"),
    ],
)
def test_a_wrong_definition_names_the_place(stored: Any, path: str, words: str) -> None:
    with pytest.raises(DefinitionError, match=words) as refused:
        parse_definition(stored)
    assert refused.value.path == path


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["TimeEntry", "check", "approved", "true"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["canonical_type", "steps", "kind", "filter", "conditions", "rules", "expression"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_definition_or_is_refused(stored: Any) -> None:
    try:
        definition = parse_definition(stored)
    except DefinitionError:
        return
    assert parse_definition(definition.to_json()) == definition


def test_a_walking_flow_says_what_follows_a_failure_and_keeps_saying_it() -> None:
    walking = {"canonical_type": "TimeEntry", "steps": [{"kind": "extract"}, {"kind": "check"}, {"kind": "deliver"}]}
    assert parse_definition(walking).on_failure == "ask"
    chosen = parse_definition({**walking, "on_failure": "roll_back"})
    assert chosen.on_failure == "roll_back"
    assert parse_definition(chosen.to_json()) == chosen
    assert "on_failure" not in parse_definition(walking).to_json()


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"canonical_type": "TimeEntry", "on_failure": "hope"}, "must be one of ask, roll_back"),
        ({"canonical_type": "TimeEntry", "on_failure": "roll_back"}, "needs records that walk"),
    ],
    ids=["an unknown policy", "a policy for batches"],
)
def test_a_policy_that_cannot_be_carried_out_is_refused(stored: dict[str, object], words: str) -> None:
    with pytest.raises(DefinitionError, match=words) as refused:
        parse_definition(stored)
    assert "on_failure" in str(refused.value)
