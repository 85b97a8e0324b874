"""What a language model is asked and told: nothing masked leaves, and no answer makes the product do what it cannot."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.triage.advice import Deed, Facts, Source
from apps.monitoring.triage.asking import NonsenseError, Question, body_of, read_answer
from apps.monitoring.triage.masking import Mask, Masker, UnknownPlaceholderError
from apps.monitoring.triage.nearest import Traits

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
TRAITS = Traits("mapping_gap", "cost_center", "sandbox_psa", "sandbox_erp", "map", frozenset())


def _question(message: str = "", **facts: Any) -> Question:
    given = {"missing": (("cost_center", "Sales DE"),), **facts}
    return Question(Facts("mapping_gap", "cost_center", **given), TRAITS, message, 3)


def _masker(question: Question, masks: Iterable[Mask] = Mask, **known: tuple[str, ...]) -> Masker:
    return Masker(masks, {Mask(kind): values for kind, values in known.items()} or question.known)


# Contents that no word of the question itself could hold by chance.
CONTENT = st.text(st.sampled_from("ÄÖÜßżłéxq"), min_size=3, max_size=12)
MAIL = st.from_regex(r"[a-z]{3,8}@zq[a-z]{3,8}\.example", fullmatch=True)
CODE = st.from_regex(r"ZQ-[0-9]{4,7}", fullmatch=True)
FIGURE = st.decimals(10_000, 9_999_999, places=2).map(str)


@settings(max_examples=80)
@given(st.lists(CONTENT, min_size=1, max_size=4), MAIL, CODE, FIGURE, st.booleans())
def test_nothing_masked_ever_leaves(names: list[str], mail: str, code: str, figure: str, whole: bool) -> None:
    message = f"{names[0]} <{mail}> booked {figure} on {code}, {' and '.join(names)} agreed."
    question = Question(
        Facts("mapping_gap", names[-1], missing=((names[0], code),), bringing=(("1", names[-1]),)),
        TRAITS,
        message,
        12_345,
        amount=f"{figure} EUR",
        known={Mask.NAMES: tuple(names)},
    )
    masks = set(Mask) if whole else set(Mask) - {Mask.TEXT}
    sent = json.dumps(body_of(question, Masker(masks, question.known), "m"), ensure_ascii=False)
    for kept_back in (*names, mail, code, figure, "12345"):
        assert kept_back.lower() not in sent.lower(), kept_back


@given(st.lists(CONTENT, min_size=1, max_size=5), st.text(max_size=60))
def test_what_was_masked_is_put_back_as_it_was(names: list[str], around: str) -> None:
    masker = Masker([Mask.NAMES], {Mask.NAMES: names})
    text = f"{around} {' '.join(names)} {around}".replace("[", "(")
    masked = masker.mask(text)
    assert masker.unmask(masked) == text
    assert masker.mask(text) == masked


def test_only_what_the_policy_names_is_masked() -> None:
    masker = Masker([Mask.EMAILS], {Mask.NAMES: ["Ada"]})
    assert masker.mask("Ada, ada@example.org, 250.00") == "Ada, [EMAILS_a], 250.00"


def test_an_answer_cannot_speak_of_what_was_not_asked() -> None:
    with pytest.raises(UnknownPlaceholderError):
        Masker([Mask.NAMES], {}).unmask("ask [NAMES_c]")


def _answer(**changed: Any) -> dict[str, Any]:
    said = {
        "class": "mapping_gap",
        "cause": "The cost centre [IDS_a] has no translation.",
        "queue": "master_data",
        "deed": "add_value",
        "arguments": {"target": "cost_center", "outside_value": "[IDS_a]", "new_value": "4100"},
        "client_sentence": "We add the code once.",
        "confidence": 82,
        **changed,
    }
    return {"choices": [{"message": {"content": json.dumps(said)}}]}


def _read(answer: Any, **facts: Any) -> Any:
    question = _question(**facts)
    masker = _masker(question)
    body_of(question, masker, "m")
    return read_answer(answer, question, masker, model="m", now=NOW)


def test_a_good_answer_becomes_a_proposal_with_the_contents_put_back() -> None:
    advice = _read(_answer())
    assert (advice.source, advice.deed, advice.confidence) == (Source.MODEL, Deed.ADD_VALUE, 82)
    assert advice.arguments == {"target": "cost_center", "outside_value": "Sales DE", "new_value": "4100"}
    assert advice.cause == "The cost centre Sales DE has no translation."


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"choices": []},
        {"choices": [{"message": {"content": "I would retry."}}]},
        {"choices": [{"message": {"content": "[1]"}}]},
        _answer(deed="delete_customer"),
        _answer(queue="legal"),
        _answer(**{"class": "weather"}),
        _answer(confidence=140),
        _answer(confidence=True),
        _answer(cause="x" * 601),
        _answer(cause="Ask [NAMES_z]."),
        _answer(arguments=[]),
        _answer(arguments={"target": "cost_center", "outside_value": "Other", "new_value": "1"}),
        _answer(arguments={"target": "cost_center", "outside_value": "[IDS_a]", "new_value": ""}),
        _answer(deed="bring", arguments={"flow": "f9"}),
        _answer(deed="wait", arguments={"party": "partner"}),
        _answer(deed="plan", arguments={"at": "2020-01-01T00:00:00+00:00"}),
        _answer(deed="plan", arguments={"at": "tomorrow"}),
        _answer(deed="skip", arguments={"reason": ""}),
    ],
)
def test_nonsense_is_refused(answer: Any) -> None:
    with pytest.raises(NonsenseError):
        _read(answer)


@pytest.mark.parametrize("facts", [{"tried": frozenset({Deed.ADD_VALUE})}, {"flow_is_live": False}])
def test_what_cannot_be_done_now_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(NonsenseError):
        _read(_answer(), **facts)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["choices", "message", "content", "deed"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_no_answer_breaks_the_reader(answer: Any) -> None:
    with pytest.raises(NonsenseError):
        _read(answer)
