import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local import summary
from deploy.local.summary import SummaryError


def raw() -> dict[str, Any]:
    return {
        "addresses": [{"label": "Alder portal", "url": "http://alder.localhost:8000/"}],
        "sign_ins": [
            {
                "role": "Owner",
                "address": "http://alder.localhost:8000/",
                "email": "o@alder.example",
                "password": "pass-1",
            },
            {
                "role": "Support",
                "address": "http://alder.localhost:8000/",
                "email": "s@alder.example",
                "password": "pass-2",
            },
        ],
        "records": {"read": 1200, "written": 1186, "unchanged": 0, "skipped": 0, "rejected": 14, "waiting": 0},
        "cases": [{"title": "Unknown person", "records": 1, "amount": "420.00 EUR"}],
        "money_at_risk": ["420.00 EUR", "90.00 CHF"],
        "look_first": ["Open the case and mend it"],
    }


def test_the_box_shows_addresses_people_counts_cases_and_money() -> None:
    text = summary.box(summary.parse(raw()), "Ready in 41 s.")
    for words in (
        "http://alder.localhost:8000/", "Owner", "o@alder.example", "pass-2", "read 1,200", "rejected 14", "cases opened: 1",
        "Unknown person (1 record, 420.00 EUR)", "money at risk: 420.00 EUR, 90.00 CHF", "1. Open the case", "Ready in 41 s.",
    ):  # fmt: skip
        assert words in text
    assert text.count("at http://alder.localhost:8000/") == 1, "an address is named once for all its people"


def test_all_lines_of_the_box_are_equally_wide_however_long_one_is() -> None:
    wide = raw() | {"look_first": ["x" * 150]}
    assert len({len(line) for line in summary.box(summary.parse(wide), "Done").splitlines()}) == 1


def test_many_cases_are_counted_and_only_the_first_are_named() -> None:
    many = raw() | {"cases": [{"title": f"Case {number}", "records": 2, "amount": ""} for number in range(30)]}
    text = summary.box(summary.parse(many), "Done")
    assert "cases opened: 30" in text
    assert "Case 7 (2 records)" in text
    assert "Case 8" not in text
    assert "and 22 more, all under Exceptions" in text


@pytest.mark.parametrize("field", ["addresses", "sign_ins", "records", "cases", "money_at_risk", "look_first"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(SummaryError, match=field):
        summary.parse({name: value for name, value in raw().items() if name != field})


def test_a_summary_that_is_not_there_yet_is_none_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    assert summary.read(path) is None
    path.write_text("{")
    with pytest.raises(SummaryError, match="is not JSON"):
        summary.read(path)
    path.write_text(json.dumps(raw()))
    assert summary.read(path) == summary.parse(raw())
