"""Every text the product says is translated, and says the same figures and names in every language."""

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry

from deploy.local.message_catalog import LANGUAGES, catalogue_path, collect, read_catalogue, untranslated
from deploy.local.places import Places

_PLACE = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")
_ELEMENT = re.compile(r"</?\w+")
HOW = "run `make messages` and translate what is empty"


@pytest.fixture(scope="module", params=LANGUAGES)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    """Return one language's texts."""
    return read_catalogue(catalogue_path(Places(), request.param), request.param)


def translated(catalogue: Catalog) -> list[tuple[str, str]]:
    """Return each text beside its translation; of a counted one, the form for many."""
    entries: list[Entry] = [entry for entry in catalogue if entry.id]
    return [
        (entry.id[1], entry.string[1]) if isinstance(entry.id, tuple | list) else (entry.id, entry.string)
        for entry in entries
    ]


def test_every_text_of_the_product_is_in_the_catalogue_and_nothing_else(catalogue: Catalog) -> None:
    wanted = {(message.text, message.context) for message in collect(Places())}
    kept = {
        (entry.id[0] if isinstance(entry.id, tuple | list) else entry.id, entry.context or "")
        for entry in catalogue
        if entry.id
    }
    assert sorted(wanted - kept) == [], HOW
    assert sorted(kept - wanted) == [], HOW


def test_every_text_is_translated(catalogue: Catalog) -> None:
    assert untranslated(catalogue) == [], HOW


def test_a_translation_fills_in_the_same_values_as_its_text(catalogue: Catalog) -> None:
    wrong = [
        (text, said)
        for text, said in translated(catalogue)
        if sorted(_PLACE.findall(text)) != sorted(_PLACE.findall(said))
    ]
    assert wrong == []


def test_a_translation_brings_the_same_markup_as_its_text(catalogue: Catalog) -> None:
    wrong = [
        (text, said)
        for text, said in translated(catalogue)
        if sorted(_ELEMENT.findall(text)) != sorted(_ELEMENT.findall(said))
    ]
    assert wrong == []
