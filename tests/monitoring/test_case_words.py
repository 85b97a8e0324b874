"""Cases in words: what is stored in English is found again piece by piece, so that it can be said in any language."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.errors import BusinessClass
from apps.monitoring import case_words
from apps.monitoring.blame import OWN_CLASSES, WaitingOn, WorkQueue, verdict_for
from apps.monitoring.case_words import cause_words, sentence_words, step_words, title_words

SENTENCES = [
    "Opened.",
    "Assigned to nobody.",
    "Assigned to Robin Vale.",
    "1 record tried again.",
    "1,204 records tried again.",
    "1 record was left out: Booked by mistake.",
    "12 records were left out: 100 % of them\nwere double.",
    "hours of Time entry of Robin, 25 h was corrected and tried again.",
    "cost_center: CC 10 is now translated to 4711. Tried again.",
    "Closed: a later run ended well.",
    "Closed: we gave up: 50 % is enough.",
    "Something that nobody foresaw.",
]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en-gb"):
        yield


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_line_of_the_history_says_in_english_what_was_written(sentence: str) -> None:
    assert step_words(sentence) == sentence


@pytest.mark.parametrize("sentence", SENTENCES[:-1])
def test_every_line_that_the_product_writes_is_looked_up_in_the_catalogue(
    sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def one(words: str) -> str:
        asked.append(words)
        return words

    def several(single: str, plural: str, number: int) -> str:
        return one(single if number == 1 else plural)

    monkeypatch.setattr(case_words, "_", one)
    monkeypatch.setattr(case_words, "ngettext", several)
    step_words(sentence)
    assert asked


@pytest.mark.parametrize("business_class", [*BusinessClass, *OWN_CLASSES])
def test_a_title_is_its_class_and_its_field(business_class: str) -> None:
    title = verdict_for(business_class).title
    assert title_words(title, business_class) == title
    assert title_words(f"{title}: Cost centre", business_class) == f"{title}: Cost centre"
    assert cause_words(business_class, "") == title
    assert title_words("Something else", business_class) == "Something else"
    assert sentence_words(verdict_for(business_class).explanation, business_class)


def test_a_cause_names_the_field_as_people_know_it() -> None:
    assert cause_words("mapping_gap", "cost_center").endswith(": Cost centre")
    assert cause_words("mapping_gap", "odd_field").endswith(": odd field")
    assert ":" not in cause_words("closed_period", "approved_at")
    for kind in CANONICAL_TYPES.values():
        for field in kind.fields:
            assert case_words.field_words(field.name)


def test_every_queue_and_party_has_a_name() -> None:
    assert all(case_words.queue_words(queue) for queue in WorkQueue)
    assert all(case_words.waiting_words(party) for party in WaitingOn)
