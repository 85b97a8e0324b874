"""Suggested matches: the same name, label or meaning first, never across kinds that do not fit, always the same answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.manifest import FieldSpec, ValueKind
from apps.flows.mapping.compile import may_become
from apps.flows.mapping.suggest import LEAST_SCORE, MOST_SUGGESTED, Because, suggest_matches

TEXT, MONEY, DATE, YES_NO, HOURS = (
    ValueKind.TEXT,
    ValueKind.MONEY,
    ValueKind.DATE,
    ValueKind.YES_NO,
    ValueKind.HOURS,
)
kinds = st.sampled_from(list(ValueKind))
fields = st.builds(
    FieldSpec,
    name=st.sampled_from(
        ["client", "customer_id", "projectCode", "properties.name", "hours", "workDate", "note", "a.b"]
    ),
    kind=kinds,
    label=st.sampled_from(["", "Client", "Project", "Worked on", "Description"]),
)


@pytest.mark.parametrize(
    ("target", "source", "because"),
    [
        (FieldSpec("billRate", MONEY), FieldSpec("bill_rate", MONEY), Because.SAME_NAME),
        (FieldSpec("f1", label="Cost centre"), FieldSpec("cc", label="Cost centre"), Because.SAME_LABEL),
        (FieldSpec("customerName"), FieldSpec("client_name"), Because.SAME_MEANING),
        (FieldSpec("zip"), FieldSpec("postcode"), Because.SAME_MEANING),
        (FieldSpec("properties.email"), FieldSpec("mail"), Because.SAME_MEANING),
        (FieldSpec("colour"), FieldSpec("color"), Because.ALIKE),
        (FieldSpec("client.id"), FieldSpec("account"), Because.ALIKE),
    ],
    ids=["same words", "same label", "same meaning", "one word", "a longer way", "other letters", "a key of it"],
)
def test_what_says_the_same_is_suggested_with_its_reason(
    target: FieldSpec, source: FieldSpec, because: Because
) -> None:
    others = [FieldSpec("weather"), FieldSpec("shoe_size", ValueKind.WHOLE)]
    (first, *_) = suggest_matches([target], [*others, source])[target.name]
    assert (first.source, first.because) == (source.name, because)


@pytest.mark.parametrize(
    ("target", "source"),
    [
        (FieldSpec("amount", MONEY), FieldSpec("amount", YES_NO)),
        (FieldSpec("lines", ValueKind.NESTED), FieldSpec("lines", TEXT)),
        (FieldSpec("work_date", DATE), FieldSpec("work_date", HOURS)),
        (FieldSpec("start_date", DATE), FieldSpec("state", TEXT)),
        (FieldSpec("project.name"), FieldSpec("client.name")),
    ],
    ids=["money of yes or no", "a list of a text", "a day of hours", "nearly the same letters", "another's name"],
)
def test_what_does_not_fit_is_not_suggested(target: FieldSpec, source: FieldSpec) -> None:
    assert suggest_matches([target], [source]) == {}


def test_what_other_flows_do_comes_first_and_says_how_many() -> None:
    target, sources = FieldSpec("company"), [FieldSpec("client"), FieldSpec("region", ValueKind.CHOICE)]
    found = suggest_matches([target], sources, uses={("company", "region"): 4})["company"]
    assert [(one.source, one.because, one.uses) for one in found] == [
        ("client", Because.SAME_MEANING, 0),
        ("region", Because.USED_ELSEWHERE, 4),
    ]
    assert suggest_matches([target], sources, filled={"company"}) == {}


@settings(max_examples=60)
@given(targets=st.lists(fields, max_size=6), sources=st.lists(fields, max_size=8))
def test_suggestions_fit_are_few_and_do_not_depend_on_the_order(
    targets: list[FieldSpec], sources: list[FieldSpec]
) -> None:
    targets = list({one.name: one for one in targets}.values())
    sources = list({one.name: one for one in sources}.values())
    found = suggest_matches(targets, sources)
    kinds_of = {one.name: one.kind for one in sources}
    for target in targets:
        suggested = found.get(target.name, ())
        assert len(suggested) <= MOST_SUGGESTED
        assert all(may_become(kinds_of[one.source], target.kind) for one in suggested)
        assert all(LEAST_SCORE <= one.score <= 1 for one in suggested)
        assert list(suggested) == sorted(suggested, key=lambda one: (-one.score, one.source))
    assert suggest_matches(targets[::-1], sources[::-1]) == found
