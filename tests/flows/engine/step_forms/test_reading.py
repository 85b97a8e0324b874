"""Forms of steps: everything a definition may hold can be filled in, and comes back as it was stored."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.definition import parse_definition
from apps.flows.engine.rules import CHECK_KEYS
from apps.flows.engine.step_forms.fields import CHECK, KIND_SENTENCES, OPTIONS, fields_of, fields_of_whole
from apps.flows.engine.step_forms.reading import read_field, read_fields, shown
from apps.flows.engine.step_forms.shapes import Among, Holds, StepField
from apps.flows.engine.steps import WALKING_KINDS
from apps.flows.templates_library import TEMPLATES

# What every walking step may be stored with, besides its kind, which is chosen when it is added.
EVERY_STEP = {"name", "title", "condition", "proceed_on_error", "retry", "timeout_seconds", "queue", "undo"}


def sent_of(fields: Sequence[StepField], step: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what a browser sends for a step that is shown and not touched."""
    sent: dict[str, list[str]] = {}
    for field in fields:
        value = shown(field, step.get(field.key))
        if field.holds is Holds.FLAG:
            sent |= {field.key: ["on"]} if value else {}
        elif field.holds is Holds.CHOICES:
            sent[field.key] = value
        elif field.has_rows:
            empty = dict.fromkeys((part.key for part in field.parts), "")
            for part in field.parts:
                sent[f"{field.key}.{part.key}"] = [
                    row[part.key].replace("\n", "\r\n") for row in (*value, empty, empty)
                ]
        else:
            sent[field.key] = [value.replace("\n", "\r\n")]
    return sent


@pytest.mark.parametrize("kind", WALKING_KINDS)
def test_every_key_of_a_kind_has_a_field_and_no_field_is_about_another(kind: str) -> None:
    keys = [field.key for field in fields_of(kind)]
    assert len(keys) == len(set(keys))
    assert set(keys) == WALKING_KINDS[kind].keys | EVERY_STEP


def test_the_check_and_the_flow_as_a_whole_are_filled_in_completely() -> None:
    assert {field.key for field in CHECK} == CHECK_KEYS
    keys = {"filter.conditions", "filter.expression", "batch_size"}
    assert {field.key for field in fields_of_whole(walks=False)} == keys
    assert {field.key for field in fields_of_whole(walks=True)} == keys | {"on_failure"}


def test_every_kind_is_said_in_a_sentence_and_every_choice_has_a_source() -> None:
    assert set(KIND_SENTENCES) == set(WALKING_KINDS) == set(OPTIONS)
    every = [field for kind in WALKING_KINDS for field in fields_of(kind)] + [*CHECK, *fields_of_whole(walks=True)]
    for field in [*every, *(part for one in every for part in one.parts)]:
        assert (field.holds in {Holds.CHOICE, Holds.CHOICES}) <= (field.among is not Among.NOTHING), field.key


@pytest.mark.parametrize("slug", TEMPLATES)
def test_the_steps_of_every_template_come_back_from_their_forms_as_they_were(slug: str) -> None:
    stored, walks = TEMPLATES[slug].definition.to_json(), TEMPLATES[slug].definition.walks
    read_back, typed_anew = [], []
    for step in stored["steps"]:
        fields = (
            CHECK
            if step["kind"] == "check"
            else fields_of(step["kind"])
            if walks and step["kind"] in WALKING_KINDS
            else ()
        )
        sent = sent_of(fields, step)
        read_back.append(read_fields(fields, sent, step))
        # As if somebody had typed all of it into an empty step: what is stored then means the same.
        typed_anew.append(read_fields(fields, sent, {key: step[key] for key in ("kind", "name") if key in step}))
    assert read_back == stored["steps"]
    definition = parse_definition(stored)
    assert parse_definition({**stored, "steps": read_back}) == definition
    again = parse_definition({**stored, "steps": typed_anew})
    assert again.to_json() == definition.to_json()


WHOLE = StepField("needed", "", Holds.WHOLE)
RETRY = next(field for field in fields_of("notify") if field.key == "retry")
LINES = next(field for field in OPTIONS["map"] if field.key == "lines")
FACTS = next(field for field in OPTIONS["approve"] if field.key == "facts")
VALUES = OPTIONS["write_back"][0]


@pytest.mark.parametrize(
    ("field", "sent", "before", "stored"),
    [
        pytest.param(WHOLE, {"needed": ["2"]}, 1, 2, id="a number"),
        pytest.param(WHOLE, {"needed": ["0"]}, 1, 0, id="zero is a number somebody wrote"),
        pytest.param(WHOLE, {"needed": ["two"]}, 1, "two", id="letters stay, to be told about"),
        pytest.param(WHOLE, {"needed": ["9" * 30]}, 1, "9" * 30, id="a number too long stays as it was typed"),
        pytest.param(WHOLE, {"needed": [""]}, 1, "", id="taken away"),
        pytest.param(WHOLE, {}, 1, 1, id="not on the page: as it was"),
        pytest.param(
            RETRY,
            {"retry.kind": ["retryable", "rate_limited", ""], "retry.waits": ["1, 5;30", "", ""]},
            None,
            {"retryable": [1, 5, 30], "rate_limited": []},
            id="waits, and not again",
        ),
        pytest.param(
            RETRY, {"retry.kind": ["retryable"], "retry.waits": ["soon"]}, None, {"retryable": ["soon"]}, id="no waits"
        ),
        pytest.param(
            FACTS,
            {"facts.label": ["Client", "Hours"], "facts.text": ["{client}", "=string(r.hours)"]},
            {"Client": "{name}"},
            [["Client", "{client}"], ["Hours", "=string(r.hours)"]],
            id="facts become a list, which keeps its order",
        ),
        pytest.param(
            FACTS,
            {"facts.label": ["Client"], "facts.text": ["{name}"]},
            {"Client": "{name}"},
            {"Client": "{name}"},
            id="facts that were not changed stay a group",
        ),
        pytest.param(VALUES, {"values.name": [""], "values.value": [""]}, {"note": "r.id"}, {}, id="every row emptied"),
        pytest.param(
            LINES,
            {
                "lines.target": ["state", "code"],
                "lines.source": ["status", "id"],
                "lines.expression": ["", ""],
                "lines.transforms": ["trim\r\nupper", ""],
                "lines.value_map": ["open = started\r\n* = other", ""],
                "lines.default": ["", ""],
                "lines.checks": ["", ""],
            },
            [{"target": "state", "source": "status", "label": "State", "default": 0}],
            [
                {
                    "target": "state",
                    "source": "status",
                    "label": "State",
                    "transforms": ["trim", "upper"],
                    "value_map": {"open": "started"},
                    "value_map_default": "other",
                },
                {"target": "code", "source": "id"},
            ],
            id="lines keep what the form has no column for",
        ),
    ],
)
def test_what_is_typed_is_stored(field: StepField, sent: dict[str, list[str]], before: Any, stored: Any) -> None:
    assert read_field(field, sent, before) == stored


def test_a_default_that_was_not_touched_keeps_its_kind() -> None:
    before = [{"target": "billable", "source": "x", "default": True, "value_map": {"1": 7}}]
    sent = sent_of([LINES], {"lines": before})
    sent["lines.source"][0] = "y"
    assert read_field(LINES, sent, before) == [{**before[0], "source": "y"}]


def test_keys_that_no_field_is_about_stay_in_the_step() -> None:
    step = {"kind": "notify", "name": "told", "role": "finance", "later": 1}
    read = read_fields(fields_of("notify"), {"role": ["owner"], "name": ["other"]}, step)
    assert read == {"kind": "notify", "name": "told", "role": "owner", "later": 1}


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(WALKING_KINDS)), st.data())
def test_whatever_is_stored_can_be_shown_and_read(kind: str, drawn: st.DataObject) -> None:
    fields = fields_of(kind)
    step = {field.key: drawn.draw(ANY_JSON) for field in fields}
    sent = sent_of(fields, step)
    assert isinstance(read_fields(fields, sent, step), dict)
