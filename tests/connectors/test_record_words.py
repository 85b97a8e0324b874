import pytest
from django.utils import translation

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.record_words import record_words


@pytest.mark.parametrize(
    ("label", "words"),
    [
        pytest.param(
            "Time entry of Vera Doyle on 2026-10-12, 6 h, Beacon, phase 2",
            "Time entry of Vera Doyle on 12 Oct 2026, 6 h, Beacon, phase 2",
            id="a day is written as the reader writes it, and a comma in a name does no harm",
        ),
        pytest.param(
            "Expense of Umar {x} on 2026-02-31, 12.5 EUR, ?",
            "Expense of Umar {x} on 2026-02-31, 12.5 EUR, ?",
            id="a day no calendar has and braces in a name stay as they are",
        ),
        pytest.param("INV-2026-10-12", "INV-2026-10-12", id="a business key is no sentence"),
        pytest.param("", "", id="nothing stays nothing"),
    ],
)
def test_says_a_stored_sentence_for_its_reader(label, words):
    with translation.override("en"):
        assert record_words(label) == words


@pytest.mark.parametrize("kind", CANONICAL_TYPES.values(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("language", ["en", "de"])
def test_can_say_every_kind_of_record(kind, language):
    values = {field.name: "x" for field in kind.fields}
    with translation.override(language):
        assert "{" not in record_words(kind.describe(values))
