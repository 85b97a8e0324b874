"""`make messages`: collect every text that people read into `locale/de/LC_MESSAGES/django.po`, keeping what is translated.

Python sources are read by Babel, templates by Django's own parser, so what is found is exactly what is looked up when a
page is rendered. Texts that nobody uses any more are dropped.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po
from django.template import Engine, engines
from django.template.base import Node, NodeList, Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation import trim_whitespace

from deploy.local.environment import load, product_environment
from deploy.local.places import Places

LANGUAGES = ("de",)
_FOLDERS = ("apps", "config")
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "gettext_noop": None,
    "_n": (1, 2),
}
# `_("...")` as a value inside any tag or filter: {% include "x" with title=_("Runs") %}
_CONSTANT = re.compile(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*\)""")
_TAGS = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Message:
    """One text to translate; `plural` and `context` where it has them."""

    text: str
    plural: str = ""
    context: str = ""


def messages_of_template(template: Template, source: str) -> Iterator[Message]:
    """Yield the texts of one parsed template."""
    for node in _every_node(template.nodelist):
        if isinstance(node, TranslateNode):
            text = node.filter_expression.var.literal
            if isinstance(text, str):
                yield Message(text.replace("%", "%%"), context=_literal(node.message_context))
        elif isinstance(node, BlockTranslateNode):
            yield _block(node)
    for tag in _TAGS.findall(source):
        if not tag.startswith(("{% translate", "{% trans ")):
            for double, single in _CONSTANT.findall(tag):
                text = (double or single).replace('\\"', '"').replace("\\'", "'")
                yield Message(text.replace("%", "%%"))


def _block(node: BlockTranslateNode) -> Message:
    singular = node.render_token_list(node.singular)[0]
    plural = node.render_token_list(node.plural)[0] if node.plural else ""
    if node.trimmed:
        singular, plural = trim_whitespace(singular), trim_whitespace(plural)
    return Message(singular, plural, _literal(node.message_context))


def _literal(expression: object) -> str:
    value = getattr(getattr(expression, "var", None), "literal", "") or getattr(expression, "var", "")
    return value if isinstance(value, str) else ""


def _every_node(nodes: NodeList) -> Iterator[Node]:
    for node in nodes:
        yield node
        for name in {*node.child_nodelists, "nodelist"}:  # component tags do not list theirs
            children = getattr(node, name, None)
            if children:
                yield from _every_node(children)


def messages_of_python(path: Path) -> Iterator[Message]:
    """Yield the texts of one Python source."""
    for _line, found, _comments, context in extract_from_file("python", path, keywords=_KEYWORDS):
        text, plural = (found[0], found[1]) if isinstance(found, tuple) else (found, "")
        yield Message(text, plural, context or "")


def messages_of_registries() -> Iterator[tuple[Message, str]]:
    """Yield the texts that live as data, each with where it stands: what systems and templates say of themselves."""
    from apps.connectors.registry import all_manifests  # the registries fill when Django is set up
    from apps.flows.templates_library import list_templates

    for manifest in all_manifests():
        place = f"apps/connectors/catalog/{manifest.slug}/manifest.py"
        fields = [*manifest.settings, *(one for spec in manifest.objects for one in spec.fields)]
        spoken = [manifest.category, manifest.summary, f"{manifest.proof.value.capitalize()}.", *manifest.rights]
        spoken += [*(spec.label for spec in manifest.objects), *(one.label for one in fields)]
        spoken += [words for secret in manifest.secrets for words in (secret.label, secret.help)]
        spoken += [manifest.webhook.key_label, manifest.webhook.key_help] if manifest.webhook else []
        yield from ((Message(words.replace("%", "%%")), place) for words in spoken if words)
    for template in list_templates():
        for words in (
            template.name, template.summary, template.outcome, template.records_word, template.record_word,
            template.done_word, *template.needs, template.category, *template.changes.values(),
            *(sample.name for sample in template.samples), *_texts_of_settings(template.settings),
        ):  # fmt: skip
            yield Message(words.replace("%", "%%")), "apps/flows/templates_library"


def _texts_of_settings(schema: Mapping[str, Any]) -> Iterator[str]:
    for described in schema.get("properties", {}).values():
        yield from (described["title"], described["description"], *described.get("x-labels", {}).values())


def template_engine() -> Engine:
    """Return the engine that renders the product's pages."""
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]
    return engine


def collect(places: Places) -> dict[Message, set[str]]:
    """Return every text with the files it stands in."""
    found: dict[Message, set[str]] = {}
    engine = template_engine()
    folder = places.root / "templates"
    for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.txt")]):
        source, name = path.read_text(encoding="utf-8"), path.relative_to(places.root).as_posix()
        for message in messages_of_template(Template(source, name=name, engine=engine), source):
            found.setdefault(message, set()).add(name)
    for path in sorted(path for name in _FOLDERS for path in (places.root / name).rglob("*.py")):
        for message in messages_of_python(path):
            found.setdefault(message, set()).add(path.relative_to(places.root).as_posix())
    for message, place in messages_of_registries():
        found.setdefault(message, set()).add(place)
    return {message: files for message, files in found.items() if message.text}


def catalogue_path(places: Places, language: str) -> Path:
    """Return where a language's texts are."""
    return places.root / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path, language: str) -> Catalog:
    """Return what is translated so far."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def renewed(catalogue: Catalog, found: dict[Message, set[str]], language: str) -> Catalog:
    """Return a catalogue of exactly the `found` texts, with the translations that `catalogue` has for them."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)  # a changing date would be a difference in every commit
    fresh = Catalog(
        locale=language,
        project="portal",
        version="1",
        header_comment="# Texts of the portal, collected by `make messages`.",
        msgid_bugs_address="",
        last_translator="",
        language_team=language,
        creation_date=moment,
        revision_date=moment,
        fuzzy=False,
    )
    for message in sorted(found, key=lambda one: (sorted(found[one])[0], one.text, one.context)):
        key = (message.text, message.plural) if message.plural else message.text
        known = catalogue.get(message.text, message.context or None)
        translated = known.string if known and bool(known.pluralizable) == bool(message.plural) else None
        fresh.add(
            key,
            translated or ("", "") if message.plural else translated or "",
            locations=[(name, 0) for name in sorted(found[message])[:3]],
            context=message.context or None,
        )
    return fresh


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the texts that have no (whole) translation yet."""
    return [
        str(message.id[0]) if isinstance(message.id, tuple | list) else message.id
        for message in catalogue
        if message.id and not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


def main() -> int:
    """Renew every language's catalogue and say what is missing. 1 when something is."""
    places, missing = Places(), 0
    os.environ.update(product_environment(load(places.env_file), os.environ))
    django.setup()
    found = collect(places)
    for language in LANGUAGES:
        path = catalogue_path(places, language)
        catalogue = renewed(read_catalogue(path, language), found, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            write_po(target, catalogue, width=120, include_lineno=False)
        left = untranslated(catalogue)
        missing += len(left)
        print(f"  {language}: {len(found)} texts, {len(left)} without a translation")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
