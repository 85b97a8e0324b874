"""Changes of lines that a lower layer has taken away: told with the layer that did it, never made into lines of nothing."""

import pytest

from apps.connectors.manifest import MappingLine
from apps.flows.mapping.layers import Layer, LineChange
from apps.flows.mapping.orphans import find_orphans

SYSTEM = (MappingLine("note", "note"), MappingLine("region", "region"))
REMOVED = LineChange("note", removed=True)
SHORTER = LineChange("note", {"transforms": ("shorten:9",)})


@pytest.mark.parametrize(
    ("system", "template", "partner", "customer", "words"),
    [
        pytest.param(SYSTEM, (), (), (SHORTER,), None, id="a change of a line that is there"),
        pytest.param(SYSTEM, (REMOVED,), (SHORTER,), (), "the template's layer has removed", id="the partner's change"),
        pytest.param(SYSTEM, (), (REMOVED,), (SHORTER,), "the partner's layer has removed", id="the customer's change"),
        pytest.param(SYSTEM[1:], (), (), (SHORTER,), "no layer below has this line", id="a line the system had once"),
        pytest.param(SYSTEM, (), (REMOVED,), (LineChange("note", {"source": "note"}),), None, id="a line of its own"),
        pytest.param(SYSTEM, (), (REMOVED,), (MappingLine("note", "note"),), None, id="a whole line"),
        pytest.param(SYSTEM, (), (REMOVED,), (REMOVED,), None, id="removed twice"),
        pytest.param(SYSTEM, (REMOVED,), (SHORTER,), (REMOVED,), None, id="an orphan that is taken away above"),
        pytest.param(
            SYSTEM, (REMOVED,), (LineChange("note", {"default": "-"}),), (SHORTER,), None, id="a fixed value in between"
        ),
    ],
)
def test_a_change_without_a_line_below_is_told(
    system: tuple[MappingLine, ...], template: Layer, partner: Layer, customer: Layer, words: str | None
) -> None:
    orphans = find_orphans(system, template, partner, customer)
    assert list(orphans) == ([] if words is None else ["note"])
    assert words is None or (words in orphans["note"] and "reset it" in orphans["note"])
