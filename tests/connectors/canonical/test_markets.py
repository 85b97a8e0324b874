"""Service line, segment and region: who says them, and what holds where several do."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical.markets import TOLD_BY, Market, first_told
from apps.connectors.canonical.registry import canonical_type

DATA, WEB, LARGE = Market("Data"), Market("Web"), Market(segment="Large", region="EMEA")


@pytest.mark.parametrize(("name", "parts"), TOLD_BY.items())
def test_only_fields_that_a_type_has_are_asked_of_it(name: str, parts: Mapping[str, str]) -> None:
    fields = {field.name for field in canonical_type(name).fields}
    assert set(parts) == set(asdict(Market()))
    assert set(parts.values()) <= fields


@pytest.mark.parametrize(
    ("sayings", "told"),
    [
        pytest.param([], Market(), id="nobody to ask"),
        pytest.param([[], []], Market(), id="nobody is known"),
        pytest.param([[DATA]], DATA, id="one"),
        pytest.param([[DATA], [WEB]], DATA, id="the nearest wins"),
        pytest.param([[Market()], [WEB]], WEB, id="who says nothing is passed over"),
        pytest.param([[DATA, DATA, Market()]], DATA, id="several that agree"),
        pytest.param([[DATA, WEB], [DATA]], Market(), id="those that differ are not overruled from afar"),
        pytest.param([[DATA], [LARGE]], Market("Data", "Large", "EMEA"), id="each part by itself"),
    ],
)
def test_the_nearest_that_says_anything_is_believed(sayings: list[list[Market]], told: Market) -> None:
    assert first_told(sayings) == told


_NAMES = st.sampled_from(["", "Data", "Web"])
_MARKETS = st.builds(Market, _NAMES, _NAMES, _NAMES)


@given(st.lists(st.lists(_MARKETS, max_size=3), max_size=4))
def test_nothing_is_made_up_and_order_among_equals_does_not_matter(sayings: list[list[Market]]) -> None:
    told = first_told(sayings)
    assert told == first_told([some[::-1] for some in sayings])
    for part, name in asdict(told).items():
        said = [{getattr(one, part) for one in some} - {""} for some in sayings]
        assert name == "" or next(names for names in said if names) == {name}
        emptied = [[replace(one, **{part: ""}) for one in some] for some in sayings]
        assert first_told(emptied) == replace(told, **{part: ""})
