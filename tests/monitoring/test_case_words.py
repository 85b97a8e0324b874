"""Cases in words: titles, causes and queues as people read them."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.errors import BusinessClass
from apps.monitoring import case_words
from apps.monitoring.blame import OWN_CLASSES, WaitingOn, WorkQueue, verdict_for
from apps.monitoring.case_words import cause_words, sentence_words, title_words


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en-gb"):
        yield


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
