import random
import re
from pathlib import Path

from PIL import Image

from config.demo import OPERATOR, PARTNERS
from deploy.local.guide_pictures import MOST_BYTES, PICTURES, lighten
from deploy.local.places import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = {name for page in PAGES for name in re.findall(r"images/([\w-]+)\.png", page.read_text("utf-8"))}
TAKEN = {one.name for one in PICTURES} | {"brands"}


def test_every_picture_that_a_page_shows_is_taken_by_the_command_and_light() -> None:
    assert SHOWN <= TAKEN
    heavy = [name for name in SHOWN if (ROOT / "docs" / "images" / f"{name}.png").stat().st_size > MOST_BYTES]
    assert heavy == []


def test_no_picture_is_kept_that_no_page_shows() -> None:
    assert {path.stem for path in (ROOT / "docs" / "images").glob("*.png")} == SHOWN == TAKEN


def test_every_picture_is_of_somebody_of_the_demo() -> None:
    people = {person.email for partner in PARTNERS for person in partner.people} | {OPERATOR.email}
    assert {one.email for one in PICTURES} <= people


def test_a_heavy_picture_loses_colours_until_it_is_light(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    dice = random.Random(7)
    Image.frombytes("RGB", (500, 500), dice.randbytes(750_000)).save(path)
    assert path.stat().st_size > MOST_BYTES
    assert lighten(path) == ""
    assert path.stat().st_size <= MOST_BYTES
