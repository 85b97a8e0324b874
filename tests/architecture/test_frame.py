"""What the frame of every page loads, no page loads again: a script that ran twice would undo its own clicks."""

import re
from pathlib import Path

import pytest

from deploy.local.places import ROOT

FRAME = ROOT / "templates" / "layouts" / "base.html"
_LOADED = re.compile(r"""(?:src|href)="\{% static '((?:js|css)/[\w/.-]+)' %\}""")
PAGES = [
    path for path in sorted((ROOT / "templates").rglob("*.html")) if path.read_text("utf-8").startswith("{% extends")
]


def test_the_frame_loads_something() -> None:
    assert {"js/chart.js", "css/chart.css"} <= set(_LOADED.findall(FRAME.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT / "templates").as_posix())
def test_no_page_loads_the_same_again(page: Path) -> None:
    assert set(_LOADED.findall(page.read_text("utf-8"))) & set(_LOADED.findall(FRAME.read_text("utf-8"))) == set()
