"""What a look had to go by, in words."""

import pytest

from apps.monitoring.insights import coverage
from apps.monitoring.insights.coverage import AWAY, LATE, SEALED, Cover, Part, read_parts, words_of


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (AWAY, AWAY.upper()),
        (SEALED, SEALED.upper()),
        (LATE, LATE.upper()),
        ("Licence is used up", "Licence is used up"),
    ],
)
def test_our_own_sentences_are_translated_and_what_a_system_said_stays(
    problem: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stored,) = read_parts([Cover(Part.PROJECTS, system="PSA", problem=problem).to_json()])
    assert stored.problem == problem
    monkeypatch.setattr(coverage, "_", lambda words: words if "%(" in words else words.upper())
    assert words_of(stored) == f"PSA did not answer: {said}"
