"""Who a note means: names behind an at sign, however they are written."""

from uuid import UUID

import pytest

from apps.monitoring.mentions import mentioned

ANN, ANN_SMITH, JOSE, OTHER_JOSE = (UUID(int=number) for number in range(1, 5))
PEOPLE = {ANN: "Ann", ANN_SMITH: "Ann Smith", JOSE: "José da Silva", OTHER_JOSE: "José da Silva"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("@Ann please look", [ANN], id="one"),
        pytest.param("@ann SMITH, please", [ANN_SMITH], id="the longer name, whatever the capitals"),
        pytest.param("see @José da Silva.", [JOSE, OTHER_JOSE], id="two people of one name"),
        pytest.param("@Ann and @Ann  Smith and @Ann", [ANN, ANN_SMITH], id="each once, in their order"),
        pytest.param("write to x@ann.example", [], id="an address"),
        pytest.param("@Anna", [], id="another name that begins so"),
        pytest.param("Ann, please", [], id="no at sign"),
        pytest.param("@", [], id="nothing"),
        pytest.param("(@Ann)", [ANN], id="in brackets"),
    ],
)
def test_a_name_behind_an_at_sign_is_a_mention(text: str, named: list[UUID]) -> None:
    assert mentioned(text, PEOPLE) == named


def test_nobody_is_mentioned_where_nobody_has_a_name() -> None:
    assert mentioned("@ @x", {ANN: " "}) == []
