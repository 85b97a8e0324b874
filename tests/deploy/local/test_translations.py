"""Compiling the translations."""

import gettext
import os
from pathlib import Path

import pytest

from deploy.local import translations
from deploy.local.places import Places
from deploy.local.translations import TranslationError

CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Customers"
msgstr "Kunden"

msgid "%(count)s flow"
msgid_plural "%(count)s flows"
msgstr[0] "%(count)s Ablauf"
msgstr[1] "%(count)s Abläufe"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a small German catalogue in a checkout of its own."""
    path = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(CATALOGUE, encoding="utf-8")
    return path


def places_of(catalogue: Path) -> Places:
    """Return the places of that checkout."""
    return Places(root=catalogue.parents[3])


def test_a_catalogue_is_compiled_once_and_again_when_it_changed(catalogue: Path) -> None:
    assert translations.ensure(places_of(catalogue)) == 1
    assert translations.ensure(places_of(catalogue)) == 0
    later = catalogue.with_suffix(".mo").stat().st_mtime + 5
    os.utime(catalogue, (later, later))
    assert translations.ensure(places_of(catalogue)) == 1


def test_what_was_compiled_is_what_python_reads(catalogue: Path) -> None:
    translations.ensure(places_of(catalogue))
    with catalogue.with_suffix(".mo").open("rb") as compiled:
        german = gettext.GNUTranslations(compiled)
    assert german.gettext("Customers") == "Kunden"
    assert german.ngettext("%(count)s flow", "%(count)s flows", 3) == "%(count)s Abläufe"


def test_a_damaged_catalogue_is_refused_with_its_name(catalogue: Path) -> None:
    catalogue.write_text("<<<<<<< mine\n", encoding="utf-8")
    with pytest.raises(TranslationError, match=r"django\.po"):
        translations.ensure(places_of(catalogue))
    assert not catalogue.with_suffix(".mo").exists()
