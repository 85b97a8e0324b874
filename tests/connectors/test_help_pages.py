"""How each system is connected can be read in the portal: whole, safe, and in nobody's name."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from apps.accounts.actions import Role
from apps.connectors import registry
from apps.connectors.help_pages import help_page
from apps.connectors.manifest import ProofLabel, SystemManifest
from apps.tenants.scope import PartnerRef
from tests.connectors.views.desk import browser_of, words_of

REAL = [system for system in registry.all_manifests() if system.proof is not ProofLabel.SIMULATED]


@pytest.fixture
def owner(partner_a: PartnerRef) -> Client:
    return browser_of(partner_a, Role.OWNER)


def _of(words: str, folder: Path) -> Any:
    """Return a page as it is shown, made of these words."""
    (folder / "docs" / "connect").mkdir(parents=True)
    (folder / "docs" / "connect" / f"{folder.name}.md").write_text(words)
    with override_settings(BASE_DIR=folder):
        return help_page(replace(REAL[0], documentation=f"docs/connect/{folder.name}.md"))


@pytest.mark.parametrize("system", REAL, ids=lambda system: system.slug)
def test_every_system_tells_what_is_needed_and_names_only_its_maker(system: SystemManifest) -> None:
    page = help_page(system)
    assert page, f"{system.slug} has no page in docs/connect"
    assert "What you need" in [part.title for part in page.parts]
    shown = "".join([page.lead, *(part.text for part in page.parts)])
    assert "fairlead" not in shown.lower()  # the portal is the partner's
    assert not re.findall(r"\b(?:tests|apps|docs)/|make real", shown), (
        "the repository's own words mean nothing to its readers"
    )


def test_each_page_belongs_to_a_system() -> None:
    told = {settings.BASE_DIR / system.documentation for system in REAL}
    assert set((settings.BASE_DIR / "docs" / "connect").glob("*.md")) <= told


@pytest.mark.parametrize("system", [s for s in registry.all_manifests() if s not in REAL], ids=lambda s: s.slug)
def test_simulated_systems_need_no_words(system: SystemManifest) -> None:
    assert help_page(system) is None


def test_a_page_is_parted_by_its_titles(tmp_path: Path) -> None:
    page = _of("# Connect X\n\nIt *reads*.\n\n## What you need\n\n1. A key\n\n## How it works\n\nWell.\n", tmp_path)
    assert page.lead == "<p>It <em>reads</em>.</p>\n"
    assert [(part.title, part.anchor) for part in page.parts] == [
        ("What you need", "what-you-need"),
        ("How it works", "how-it-works"),
    ]
    assert [part.title for part in page.for_a_colleague] == ["What you need"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("[press](javascript:alert)", "[press](javascript:alert)"),
        ("[other](../webhooks.md) page", "<span>other</span> page"),
        ("[vendor](https://x.example/a)", '<a href="https://x.example/a" rel="noopener noreferrer" target="_blank">'),
        ("[one](https://x.example) [two](b.md)", "</a> <span>two</span>"),
        ("| a |\n|---|\n| `b` |", '<div class="prose-table" tabindex="0"><table>'),
    ],
    ids=["script", "script in a link", "another page of ours", "a vendor's page", "both", "a table"],
)
def test_what_is_shown_is_safe_and_leads_somewhere(words: str, shown: str, tmp_path: Path) -> None:
    page = _of(f"# X\n\n{words}\n\n## What you need\n\nNothing.\n", tmp_path)
    assert shown in page.lead
    assert "<script" not in page.lead
    assert 'href="javascript' not in page.lead


def test_the_page_is_reached_from_the_system_and_from_its_form(owner: Client) -> None:
    for path in ("/systems/xero/", "/connections/new/xero/"):
        assert 'href="/systems/xero/help/"' in words_of(owner.get(path)) or "Add a customer" in words_of(
            owner.get(path)
        )
    words = words_of(owner.get("/systems/xero/help/"))
    assert 'href="#what-you-need"' in words
    assert 'id="what-you-need"' in words
    assert "An app" in words


def test_a_system_without_a_page_leads_to_what_it_can_do(owner: Client) -> None:
    assert owner.get("/systems/sandbox_psa/help/")["Location"] == "/systems/sandbox_psa/"
    assert owner.get("/systems/nothing-of-the-kind/help/").status_code == 404
