"""Shares in percent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.shares import percent


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0%"), (0.0001, "< 0.1%"), (0.004, "0.4%"), (0.0149, "1.5%"), (0.02, "2%"), (0.4, "40%"), (1, "100%")],
)
def test_a_share_in_percent(share: float, words: str) -> None:
    assert percent(share) == words


@given(share=st.floats(min_value=1e-12, max_value=1))
def test_what_is_not_nothing_never_reads_as_nothing(share: float) -> None:
    assert any(digit in percent(share) for digit in "123456789")
