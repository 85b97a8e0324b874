"""From a few choices to a whole look."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.tenants.branding import (
    MINIMUM_CONTRAST,
    BrandLook,
    brand_css,
    colour_problem,
    contrast,
    lightened_for_dark,
    mix,
    text_on,
)
from apps.tenants.models import check_colour

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def _look(**changes: object) -> BrandLook:
    values = {
        "name": "Alder & Quay",
        "product_noun": "Desk",
        "primary_colour": "#0f766e",
        "accent_colour": "#b45309",
        "font": "inter",
        "corner_radius": 6,
        "version": 3,
    }
    return BrandLook(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54)],
    ids=["black on white", "white on white", "the grey that just passes"],
)
def test_contrast_is_that_of_the_guideline(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("teal", "six hexadecimal digits"),
        ("#12345", "six hexadecimal digits"),
        ("", "six hexadecimal digits"),
        ("#fff;}body{display:none", "six hexadecimal digits"),
        ("#fde047", "too light"),
    ],
    ids=["a name", "too short", "nothing", "an attack", "too light"],
)
def test_a_colour_that_cannot_be_is_refused_with_the_fix(value: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        check_colour(value)


@given(colours)
def test_every_colour_is_accepted_or_gets_a_shade_that_is(colour: str) -> None:
    problem = colour_problem(colour)
    if problem is not None:
        assert colour_problem(problem.darker) is None


@given(colours)
def test_text_on_a_colour_is_the_easier_of_both_to_read(colour: str) -> None:
    assert contrast(colour, text_on(colour)) >= 4.2


@given(colours)
def test_a_colour_for_dark_pages_can_be_read_there(colour: str) -> None:
    assert contrast(lightened_for_dark(colour), "#151b26") >= MINIMUM_CONTRAST


@given(colours, colours)
def test_mixing_stays_a_colour(one: str, other: str) -> None:
    assert re.fullmatch(r"#[0-9a-f]{6}", mix(one, other, 0.5))
    assert mix(one, other, 0) == one


def test_the_stylesheet_carries_the_brand_and_nothing_a_partner_typed() -> None:
    css = brand_css(_look(name="</style><script>", font="serif"))
    assert "--brand-primary:#0f766e" in css
    assert "--tblr-primary:#0f766e" in css
    assert "[data-bs-theme=dark]" in css
    assert "<" not in css


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Alder & Quay", "AQ"), ("Brightforge", "B"), ("  ", "•"), ("émile zola", "ÉZ")],
    ids=["two words", "one", "none", "accents"],
)
def test_initials_stand_in_for_a_logo(name: str, initials: str) -> None:
    assert _look(name=name).initials == initials


@pytest.mark.parametrize(
    ("font", "heading", "files"),
    [
        ("inter", "", ["inter"]),
        ("figtree", "serif", ["figtree", "source-serif"]),
        ("inter", "inter", ["inter"]),
        ("system", "", []),
        ("system", "source-sans", ["source-sans"]),
        ("no such font", "", ["inter"]),
    ],
)
def test_a_page_asks_for_just_the_fonts_its_brand_uses(font: str, heading: str, files: list[str]) -> None:
    asked = _look(font=font, heading_font=heading).font_files
    assert [file.split("/")[1] for file in asked] == files
    assert all(finders.find(file) for file in asked)
