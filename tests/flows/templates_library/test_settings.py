"""A template's settings: defaults fill what nobody chose, and what cannot be is named with what would do."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.flows.engine.definition import DefinitionError, parse_definition
from apps.flows.templates_library import SettingsError, flow_template
from apps.flows.templates_library.settings import (
    choice,
    chosen_settings,
    complete_settings,
    day,
    default_settings,
    known_settings,
    number,
    settings_schema,
    text,
    whole,
    yes_no,
)

SCHEMA = settings_schema(
    also=yes_no("Also", "Whether.", default=False),
    days=whole("Days", "How many.", default=30, least=1, most=90),
    share=number("Share", "How much.", default=0.5, least=0, most=1),
    prefix=text("Prefix", "Before.", default="P-", longest=5, pattern="^[A-Z-]*$"),
    since=day("Since", "From when."),
    kind=choice("Kind", "Which.", {"a": "First", "b": "Second"}, default="a"),
)
DEFAULTS = {"also": False, "days": 30, "share": 0.5, "prefix": "P-", "since": "", "kind": "a"}


def test_what_nobody_chose_is_as_the_template_has_it() -> None:
    assert default_settings(SCHEMA) == DEFAULTS
    wanted = complete_settings(SCHEMA, {"days": 7, "since": "2026-11-02"})
    assert wanted == {**DEFAULTS, "days": 7, "since": "2026-11-02"}
    assert type(complete_settings(SCHEMA, {"days": 7.0})["days"]) is int
    assert chosen_settings(SCHEMA, wanted) == {"days": 7, "since": "2026-11-02"}
    assert known_settings(SCHEMA, {"days": 7, "gone": 1}) == {"days": 7}


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        pytest.param({"also": "yes"}, "must be true or false", id="no yes or no"),
        pytest.param({"days": 0}, "must be a whole number from 1 to 90", id="too few"),
        pytest.param({"days": 2.5}, "must be a whole number from 1 to 90", id="not whole"),
        pytest.param({"days": True}, "must be a whole number from 1 to 90", id="yes is no number"),
        pytest.param({"share": float("nan")}, "must be a number from 0 to 1", id="no number at all"),
        pytest.param({"share": 2}, "must be a number from 0 to 1", id="too much"),
        pytest.param({"prefix": "PPPPPP"}, "is longer than 5 characters", id="too long"),
        pytest.param({"prefix": "p"}, "must have the form ^[A-Z-]*$", id="another form"),
        pytest.param({"prefix": 3}, "must be a text", id="no text"),
        pytest.param({"since": "2.11.2026"}, "must be a day, as 2026-11-30, or empty", id="no day"),
        pytest.param({"kind": "c"}, "must be one of a, b", id="no choice"),
        pytest.param({"dayz": 3}, f"is not known; choose among {', '.join(DEFAULTS)}", id="unknown"),
    ],
)
def test_what_cannot_be_is_named_with_what_would_do(chosen: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        complete_settings(SCHEMA, {**chosen, "share": chosen.get("share", 1)})
    assert refused.value.problems == {next(iter(chosen)): sentence}


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from([*DEFAULTS, "other"]), st.none() | st.booleans() | st.floats() | st.text()))
def test_any_values_are_either_complete_or_refused_by_name(chosen: dict[str, Any]) -> None:
    try:
        complete = complete_settings(SCHEMA, chosen)
    except SettingsError as error:
        refused = set(error.problems)
    else:
        refused = {name for name, value in complete.items() if value != {**DEFAULTS, **chosen}[name]}
    assert refused <= chosen.keys()
    assert ("other" in refused) == ("other" in chosen)


def test_a_template_without_settings_says_so() -> None:
    with pytest.raises(SettingsError, match="this template has no settings"):
        complete_settings({}, {"days": 3})


def test_a_definition_stands_alone_with_the_values_its_expressions_read() -> None:
    stored = flow_template("lead-to-project").definition_with({"project_prefix": "X-"}).to_json()
    assert stored["settings"] == {"project_prefix": "X-"}
    assert parse_definition(stored).settings == {"project_prefix": "X-"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        pytest.param({"settings": {}}, r"steps\.4\.lines\.code: the flow has no setting 'project_prefix'", id="a line"),
        pytest.param(
            {"filter": {"expression": "r.amount > settings.least"}},
            r"filter\.expression: the flow has no setting 'least': choose one of project_prefix",
            id="the filter",
        ),
        pytest.param({"filter": {"expression": 'settings["x"] == 1'}}, "read one by one", id="all of them"),
        pytest.param({"settings": {"project_prefix": ["P"]}}, r"settings\.project_prefix: must be", id="a list"),
        pytest.param({"settings": {"project_prefix": "P" * 2_001}}, "is longer than 2000", id="too long"),
        pytest.param({"settings": []}, "settings: must be a group", id="no group"),
    ],
)
def test_an_unknown_setting_is_found_before_anything_is_published(change: dict[str, Any], place: str) -> None:
    with pytest.raises(DefinitionError, match=place):
        parse_definition(flow_template("lead-to-project").definition.to_json() | change)


def test_what_no_expression_says_is_shaped_by_the_settings() -> None:
    template = flow_template("approved-time-to-bill")
    assert template.definition.filter.conditions == ("approved", "billable")
    assert template.definition_with({"carry_unbillable": True}).filter.conditions == ("approved",)
    assert template.definition_with({"gone": 1}) == template.definition
    with pytest.raises(SettingsError, match="first_day: must be a day"):
        template.definition_with({"first_day": "soon"})
