"""What all templates have in common: rendered, strict, in nobody's name."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template, render_to_string

from apps.accounts import navigation
from apps.tenants.templatetags.states import BADGES

TEMPLATES = settings.BASE_DIR / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html"))
STATIC = settings.BASE_DIR / "static"
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "img" / "icons.svg").read_text(encoding="utf-8")))
_IS_MAIL = re.compile(r"mail/|_message\.html$")


def _name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def _in_browsers() -> list[Path]:
    return [path for path in PAGES if not _IS_MAIL.search(_name(path))]


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_template_can_be_read(path: Path) -> None:
    get_template(_name(path))


@pytest.mark.parametrize("path", _in_browsers(), ids=_name)
def test_a_page_holds_no_inline_script_or_style(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style\b|\son[a-z]+\s*=\s*[\"']|javascript:", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", source)


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_a_template_names_no_product(path: Path) -> None:
    assert "fairlead" not in path.read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("path", sorted((TEMPLATES / "components").glob("*.html")), ids=_name)
def test_a_component_begins_by_listing_its_parameters(path: Path) -> None:
    assert re.match(r"(\{% load [^%]+%\})?(\{#|\{% comment %\})", path.read_text(encoding="utf-8"))
    assert "Parameters:" in path.read_text(encoding="utf-8")


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    named = {
        name
        for path in PAGES
        for name in re.findall(r"""\{% icon ["']([a-z0-9-]+)["']""", path.read_text(encoding="utf-8"))
    }
    named |= {
        name
        for path in PAGES
        for name in re.findall(r"""\b(?:action_)?icon=["']([a-z0-9-]+)["']""", path.read_text(encoding="utf-8"))
    }
    named |= {badge.icon for badge in BADGES.values()}
    named |= {entry.icon for table in (navigation.PARTNER, navigation.CUSTOMER, navigation.OPERATOR) for entry in table}
    assert not named - SPRITE


def test_every_variable_a_stylesheet_uses_is_defined() -> None:
    sheets = "".join((STATIC / "css" / name).read_text(encoding="utf-8") for name in ("tokens.css", "portal.css"))
    used = set(re.findall(r"var\((--(?!tblr)[a-z0-9-]+)\)", sheets))
    defined = set(re.findall(r"(--[a-z0-9-]+)\s*:", sheets))
    assert not used - defined


def test_the_gallery_shows_every_component() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in [TEMPLATES / "gallery.html", *(TEMPLATES / "layouts").glob("*.html")]
    )
    tags = {"icon", "moment", "status_badge", "proportion_bar", "section_card", "drawer", "confirm_dialog", "live"}
    tags |= {"document_diff", "chart", "sparkline"}
    shown = set(re.findall(r"components/([a-z_]+)\.html", source)) | {tag for tag in tags if f"{{% {tag} " in source}
    shown |= {"table"} if "{% records_table " in source else set()
    shown |= (
        {path.stem for path in (TEMPLATES / "components").glob("*list*.html")} if "{% list_region " in source else set()
    )
    through_forms = {"form_errors", "form_field"}
    missing = {path.stem for path in (TEMPLATES / "components").glob("*.html")} - shown - through_forms
    assert not missing


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "unknown_host"])
def test_an_error_page_needs_no_context_at_all(name: str) -> None:
    shown = render_to_string(f"errors/{name}.html")
    assert "<h1>" in shown
    assert "brand/theme.css" not in shown
