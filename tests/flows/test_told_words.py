"""What comparing and reconciling told is said in the language of who reads it."""

import re

import pytest
from django.utils import translation

from apps.connectors.errors import BusinessClass
from apps.flows import told_words
from apps.flows.told_words import message_words
from apps.tenants.templatetags.wording import NARROW_SPACE

WORDS = {
    "source": "PSA North",
    "target": "ERP. No longer",
    "key": "PJ-7",
    "step": "Project in the PSA",
    "source_money": "EUR 1,250.00",
    "target_money": "no amount",
    "left_count": 3,
    "count": 1200,
}
STORED = [
    *(sentence % WORDS for sentence in told_words.UNEXPLAINED_SENTENCES.values()),
    *(sentence % WORDS for sentence in told_words.UNEXPLAINED_OF_STEP.values()),
    told_words.DELETED_AT_SOURCE % WORDS,
    told_words.DELETED_AT_SOURCE_UNNAMED % WORDS,
    f"{told_words.LISTS_LESS % WORDS} {told_words.WHY_DOUBTED}",
    f"{told_words.LISTS_NOTHING % WORDS} {told_words.WHY_DOUBTED}",
]


@pytest.mark.parametrize("stored", STORED)
def test_every_sentence_is_said_in_german_with_its_names_as_they_are(stored: str) -> None:
    with translation.override("de"):
        words = message_words(stored, BusinessClass.UNRECONCILED)
    ours = re.sub("PSA North|ERP. No longer|PJ-7|Project in the PSA", "", words)
    assert not re.search(r"\b(the|of|it|this|record|again|lists)\b", ours), words
    assert ("PJ-7" in words) == ("PJ-7" in stored)
    assert "1,250" not in words


@pytest.mark.parametrize("stored", STORED)
def test_in_english_it_is_what_was_stored(stored: str) -> None:
    said = message_words(stored, BusinessClass.SOURCE_DELETED)
    assert said.replace(NARROW_SPACE, " ").replace("1,200", "1200") == stored


def test_what_a_system_said_of_a_record_stays_as_it_was_said() -> None:
    stored = STORED[0]
    with translation.override("de"):
        assert message_words(stored, BusinessClass.VALIDATION) == stored
        assert message_words("Something else.", BusinessClass.UNRECONCILED) == "Something else."
        assert message_words("", "") == ""
