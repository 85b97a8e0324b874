"""The guides name what is on the page: every word they print bold is a text of the portal, or a key."""

import re
from pathlib import Path

import pytest

from apps.accounts.actions import ROLE_LABELS
from deploy.local.message_catalog import collect
from deploy.local.places import ROOT, Places

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
KEYS = {"Ctrl K", "Enter", "Esc", "Shift x", "/", "?", *"jkoarexsn"}
NAMES = {"English", "Deutsch", "≈"}  # languages by their own names, and a sign


@pytest.fixture(scope="module")
def texts() -> set[str]:
    return {message.text for message in collect(Places())}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_what_a_guide_prints_bold_is_on_the_pages(guide: Path, texts: set[str]) -> None:
    bold = {" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", guide.read_text("utf-8"), re.DOTALL)}
    assert sorted(bold - texts - KEYS - NAMES) == []


def test_the_owners_guide_lists_the_roles_of_a_partner() -> None:
    words = (ROOT / "docs" / "guides" / "partner-owner.md").read_text("utf-8")
    named = re.findall(r"^\| ([A-Z][\w ]+) \|", words, re.MULTILINE)
    assert set(named) <= set(ROLE_LABELS.values())
    assert len(named) == 6
