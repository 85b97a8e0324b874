"""The picture of a customer's systems: nothing lies over anything else, everything is inside, the same twice is the same."""

import re
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.landscape import GAP, MARGIN, Box, Landscape, Link, lay_out

SYSTEMS = [f"s{number}" for number in range(7)]


@st.composite
def _customers(draw: st.DrawFn) -> tuple[list[str], list[Link]]:
    systems = draw(st.lists(st.sampled_from(SYSTEMS), unique=True, max_size=7))
    if not systems:
        return [], []
    ends = st.tuples(st.sampled_from(systems), st.sampled_from(systems))
    pairs = draw(st.lists(ends, max_size=9))
    return systems, [Link(f"f{number}", source, target) for number, (source, target) in enumerate(pairs)]


def _boxes(picture: Landscape) -> list[Box]:
    return [*picture.systems.values(), *picture.flows.values()]


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.right and other.x < one.right and one.y < other.y + other.height and other.y < one.y + one.height
    )


def _points(path: str) -> list[tuple[float, float]]:
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@given(_customers())
def test_no_two_boxes_ever_overlap(customer: tuple[list[str], list[Link]]) -> None:
    for one, other in combinations(_boxes(lay_out(*customer)), 2):
        assert not _overlap(one, other), (one, other)


@given(_customers())
def test_everything_is_drawn_inside_of_the_picture(customer: tuple[list[str], list[Link]]) -> None:
    picture = lay_out(*customer)
    for box in _boxes(picture):
        assert box.x >= MARGIN
        assert box.y >= MARGIN
        assert box.right <= picture.width - MARGIN
        assert box.y + box.height <= picture.height - MARGIN
    for route in picture.routes.values():
        for x, y in (*_points(route.to_flow), *_points(route.to_target)):
            assert 0 <= x <= picture.width
            assert 0 <= y <= picture.height


@given(_customers())
def test_every_system_and_every_flow_is_drawn_once_and_joined_to_its_ends(
    customer: tuple[list[str], list[Link]],
) -> None:
    systems, links = customer
    picture = lay_out(systems, links)
    assert list(picture.systems) == systems
    assert list(picture.flows) == list(picture.routes) == [link.id for link in links]
    for link in links:
        source, target, flow = picture.systems[link.source], picture.systems[link.target], picture.flows[link.id]
        route = picture.routes[link.id]
        assert _points(route.to_flow)[0] in {(source.x, source.middle), (source.right, source.middle)}
        assert _points(route.to_flow)[-1] in {(flow.x, flow.middle), (flow.right, flow.middle)}
        assert _points(route.to_target)[-1] in {(target.x, target.middle), (target.right, target.middle)}


@given(_customers())
def test_no_line_crosses_a_box(customer: tuple[list[str], list[Link]]) -> None:
    picture = lay_out(*customer)
    boxes = _boxes(picture)
    for route in picture.routes.values():
        for path in (route.to_flow, route.to_target):
            points = _points(path)
            # The straight parts pass columns; curves stay inside of the gaps between them.
            for (x1, y1), (x2, y2) in pairwise(points):
                if y1 != y2:
                    continue
                crossed = [
                    box
                    for box in boxes
                    if box.y < y1 < box.y + box.height and min(x1, x2) < box.right and box.x < max(x1, x2)
                ]
                assert not crossed, (path, crossed)


@given(_customers())
def test_the_same_customer_gives_the_same_picture(customer: tuple[list[str], list[Link]]) -> None:
    assert lay_out(*customer) == lay_out(*customer)


@pytest.mark.parametrize(
    ("systems", "links", "from_the_left"),
    [
        pytest.param(["psa", "erp"], [Link("time", "psa", "erp")], [["psa"], ["erp"]], id="one flow"),
        pytest.param(["erp", "psa"], [Link("time", "psa", "erp")], [["psa"], ["erp"]], id="however they are given"),
        pytest.param(
            ["crm", "psa", "erp"],
            [Link("deals", "crm", "psa"), Link("time", "psa", "erp")],
            [["crm"], ["psa"], ["erp"]],
            id="a chain",
        ),
        pytest.param(
            ["psa", "erp"],
            [Link("time", "psa", "erp"), Link("paid", "erp", "psa")],
            [["psa"], ["erp"]],
            id="both ways",
        ),
        pytest.param(["psa"], [], [["psa"]], id="nothing connected to it"),
    ],
)
def test_sources_stand_left_and_targets_right(
    systems: list[str], links: list[Link], from_the_left: list[list[str]]
) -> None:
    picture = lay_out(systems, links)
    places = sorted({box.x for box in picture.systems.values()})
    assert [[one for one, box in picture.systems.items() if box.x == x] for x in places] == from_the_left


def test_a_link_to_a_system_nobody_knows_is_left_out() -> None:
    picture = lay_out(["psa"], [Link("time", "psa", "gone")])
    assert (list(picture.systems), picture.flows, picture.routes) == (["psa"], {}, {})


def test_two_systems_and_a_flow_stand_in_one_line() -> None:
    picture = lay_out(["psa", "erp"], [Link("time", "psa", "erp")])
    psa, flow, erp = picture.systems["psa"], picture.flows["time"], picture.systems["erp"]
    assert psa.middle == flow.middle == erp.middle
    assert (flow.x - psa.right, erp.x - flow.right) == (GAP, GAP)
