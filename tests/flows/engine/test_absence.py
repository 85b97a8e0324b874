"""Which missing records are believed gone, and how deletions are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.absence import Compared, Doubt, Guard, deletion_version, doubt_about, is_deletion
from apps.flows.engine.identity import VERSION_LENGTH, is_older

USUAL = Guard(most_percent=5, most_records=20)


@pytest.mark.parametrize(
    ("compared", "doubt"),
    [
        pytest.param(Compared(0, 0, 0, 0), None, id="nothing was ever delivered"),
        pytest.param(Compared(100, 100, 0, 0), None, id="all is there"),
        pytest.param(Compared(99, 100, 1, 1), None, id="one of a hundred"),
        pytest.param(Compared(20, 40, 20, 20), None, id="half of a few: no more than twenty"),
        pytest.param(Compared(9_500, 10_000, 500, 500), None, id="exactly the share"),
        pytest.param(Compared(9_499, 10_000, 501, 501), Doubt.TOO_MANY, id="one more than the share"),
        pytest.param(Compared(19, 40, 21, 21), Doubt.TOO_MANY, id="half of a few more"),
        pytest.param(Compared(0, 1, 1, 1), Doubt.NOTHING_LISTED, id="an empty list, one record known"),
        pytest.param(Compared(0, 10_000, 10_000, 10_000), Doubt.NOTHING_LISTED, id="an empty list"),
        pytest.param(Compared(500, 1_000, 500, 3), None, id="as unlisted as the last time"),
        pytest.param(Compared(500, 1_000, 500, 60), Doubt.TOO_MANY, id="more unlisted than the last time"),
    ],
)
def test_too_much_at_once_is_doubted(compared: Compared, doubt: Doubt | None) -> None:
    assert doubt_about(compared, USUAL) is doubt


@given(known=st.integers(1, 10**6), share=st.integers(1, 100), most=st.integers(0, 1000), missing=st.integers(0, 10**6))
def test_nothing_beyond_both_limits_is_ever_believed(known: int, share: int, most: int, missing: int) -> None:
    missing = min(missing, known)
    compared = Compared(known - missing, known, missing, missing)
    believed = doubt_about(compared, Guard(share, most)) is None
    assert not (believed and missing > most and missing * 100 > known * share)
    assert believed or missing > 0


def test_a_deletion_fits_its_column_and_has_no_order_among_versions() -> None:
    version = deletion_version("0" * 32)
    assert is_deletion(version)
    assert len(version) <= VERSION_LENGTH
    for other in ("2026-11-21T10:00:00Z", "17", "content-abc"):
        assert not is_deletion(other)
        assert not is_older(other, version)
        assert not is_older(version, other)
