"""What the product told and stored in English is found again piece by piece, so that it can be said in any language."""

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone, translation

from apps.flows.engine.states import OperationState
from apps.monitoring import case_book
from apps.monitoring.monitors import watch
from apps.monitoring.told_words import closed_words, finding_words, step_words
from apps.tenants import told_sentences

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
    "Closed: 12 records settled: 11 written, 1 carried on in another case.",
    "As it was proposed.",
    "The flow's records were compared again.",
    "The planned retry did not start: nothing of it is blocked any more.",
    "Waits for the customer now. They look for the contract.",
    "cost_center: CC 10 becomes 4711 once version 3 is approved.",
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

    monkeypatch.setattr(told_sentences, "_", one)
    step_words(sentence)
    assert asked


@pytest.mark.parametrize(
    ("sentence", "german"),
    [
        pytest.param(
            "No run of Client onboarding has ended since 19 Nov 2026, 07:49 UTC.",
            "Seit 19. Nov 2026, 08:49 CET ist kein Lauf von Client onboarding zu Ende gegangen.",
            id="a moment in the reader's zone",
        ),
        pytest.param(
            "1,204 records came through A. On on Sunday, 01 Nov 2026. Usually 2,000 to 3,000 on a Sunday.",
            "Am Sonntag, 1. Nov 2026, kamen 1.204 Datensätze durch A. On. Üblich sind an diesem Wochentag (Sonntag) 2.000 bis 3.000.",
            id="two sentences, and a name with a full stop",
        ),
        pytest.param(
            "Invoice run falls due on 23 Nov 2026, 16:00 UTC: 1 record is blocked, 1,200 wait for an approval.",
            "Invoice run ist am 23. Nov 2026, 17:00 CET fällig: 1 Datensatz ist blockiert, 1.200 warten auf eine Freigabe.",
            id="what stands in the way, piece by piece",
        ),
        pytest.param(
            "ERP does not answer since 23 Nov 2026, 16:00 UTC: 2 flows wait, and the work goes on by itself as soon as it is"
            " back. It said: 503.\nTry later.",
            "ERP antwortet seit 23. Nov 2026, 17:00 CET nicht: 2 Abläufe warten; die Arbeit geht von selbst weiter,"
            " sobald das System wieder da ist. It said: 503.\nTry later.",
            id="what another system said stays",
        ),
    ],
)
def test_a_finding_is_said_in_the_language_and_the_zone_of_who_reads_it(sentence: str, german: str) -> None:
    with translation.override("de"), timezone.override("Europe/Berlin"):
        assert finding_words(sentence) == german


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("", id="nothing"),
        pytest.param("The accounting period is closed in ERP.", id="another system's words"),
        pytest.param("No run of X has ended since yesterday.", id="no moment"),
        pytest.param("No run of X has ended since 31 Feb 2026, 07:49 UTC.", id="a day that is not"),
        pytest.param("1 record came through X on Someday, 01 Nov 2026.", id="no day of the week"),
    ],
)
def test_what_nobody_told_stays_as_it_is(sentence: str) -> None:
    with translation.override("de"):
        assert finding_words(sentence) == sentence


@pytest.mark.parametrize(
    "reason",
    [
        *(reason for _how, reason in watch._ENDED.values()),
        *(
            f"1,200 records settled: 1,199 written, 1 {case_book._WORDS[state]}."
            for state in OperationState
            if state in case_book._WORDS
        ),
        "1 record settled: 1 left waiting.",
        "merged into “The project is closed”.",
        "ERP. Two was removed.",
        "ERP can be called again.",
    ],
)
def test_why_a_case_ended_by_itself_is_said_in_the_language_of_who_reads_it(reason: str) -> None:
    assert closed_words(reason) == reason
    with translation.override("de"):
        words = closed_words(reason)
        assert step_words(f"Closed: {reason}") == f"Geschlossen: {words}"
    assert words != reason
    assert not re.search(
        r"\b(records?|written|unchanged|skipped|left|carried|replaced|rolled|was|run|the|can)\b", words
    ), words


def test_a_persons_own_reason_stays_as_it_was_given() -> None:
    with translation.override("de"):
        assert closed_words("We billed it by hand.") == "We billed it by hand."
        assert step_words("Closed: We billed it by hand.") == "Geschlossen: We billed it by hand."
