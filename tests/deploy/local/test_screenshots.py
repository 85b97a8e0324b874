from pathlib import Path

import pytest

from deploy.local import screenshots


def test_a_picture_is_named_after_its_page_in_the_order_of_the_visit() -> None:
    assert screenshots.picture_name(1, "/") == "01-home"
    assert screenshots.picture_name(12, "/flows/id/runs/") == "12-flows-id-runs"


@pytest.mark.parametrize(
    ("words", "people", "pages"),
    [
        pytest.param([], [], (), id="everybody and everything"),
        pytest.param(["owner@alder.example"], ["owner@alder.example"], (), id="one person"),
        pytest.param(["--pages=/flows/, /reports/,"], [], ("/flows/", "/reports/"), id="some pages"),
        pytest.param(["stranger", "--pages", "/"], ["stranger"], ("/",), id="the sign-in pages"),
    ],
)
def test_people_and_pages_can_be_chosen(words: list[str], people: list[str], pages: tuple[str, ...]) -> None:
    chosen = screenshots.arguments_of(words)
    assert (chosen.people, chosen.pages, chosen.guides) == (people, pages, False)


@pytest.mark.parametrize(
    ("wanted", "pattern", "is_wanted"),
    [((), "/flows/id/", True), (("/flows/",), "/flows/id/", True), (("/flows/", "/my/"), "/reports/", False)],
)
def test_only_wanted_pages_are_photographed(wanted: tuple[str, ...], pattern: str, is_wanted: bool) -> None:
    assert screenshots.Album(Path("nowhere"), wanted).wants(pattern) is is_wanted
