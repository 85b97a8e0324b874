"""How a system is connected, for people: the pages of docs/connect, part by part, safe to show in any portal.

Written once: what the repository shows to engineers is what partners and their customers read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from apps.connectors.manifest import SystemManifest

_FOLDER = "docs/connect/"
_FOR_A_COLLEAGUE = ("What you need", "Rights")  # what somebody needs who only enters the secrets


@dataclass(frozen=True, slots=True)
class HelpPart:
    """One part of a page: its title, where it stands on the page, and its text as HTML."""

    title: str
    anchor: str
    text: SafeString


@dataclass(frozen=True, slots=True)
class HelpPage:
    """How one system is connected: what it is about, then its parts in order."""

    lead: SafeString
    parts: tuple[HelpPart, ...]

    @property
    def for_a_colleague(self) -> tuple[HelpPart, ...]:
        """The parts for somebody at the customer who is asked for the secrets, and for nothing else."""
        return tuple(part for part in self.parts if part.title in _FOR_A_COLLEAGUE)


def help_page(system: SystemManifest) -> HelpPage | None:
    """Return how a system is connected; None for those that need no words, or whose maker tells it elsewhere."""
    return _read(system.documentation) if system.documentation.startswith(_FOLDER) else None


@cache
def _read(path: str) -> HelpPage:
    words = (settings.BASE_DIR / path).read_text("utf-8")
    tokens = _MARKDOWN.parse(words)
    heads = [index for index, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"]
    # Behind the page's own title, which are three tokens: it is the system's name, which the frame around it says.
    lead = _render(tokens[3 : heads[0]])
    ends = [*heads[1:], len(tokens)]
    return HelpPage(lead, tuple(_part(tokens[head:end]) for head, end in zip(heads, ends, strict=True)))


def _part(tokens: Sequence[Token]) -> HelpPart:
    title = tokens[1].content
    return HelpPart(title, slugify(title), _render(tokens[3:]))


def _render(tokens: Sequence[Token]) -> SafeString:
    return SafeString(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # HTML in it is escaped


def _link_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    """Open a link to a vendor's page; other pages of ours are not in the portal, so their links are words."""
    link = tokens[index]
    if not str(link.attrs.get("href", "")).startswith("https://"):
        link.attrs = {}
        return "<span>"
    link.attrs = {**link.attrs, "rel": "noopener noreferrer", "target": "_blank"}
    return renderer.renderToken(tokens, index, options, env)


def _link_close(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    opened = next(token for token in reversed(tokens[:index]) if token.type == "link_open")
    return renderer.renderToken(tokens, index, options, env) if opened.attrs else "</span>"


def _table_open(*_: object) -> str:
    return '<div class="prose-table" tabindex="0"><table>\n'  # a wide one is moved sideways by itself, also by keyboard


def _table_close(*_: object) -> str:
    return "</table></div>\n"


def _build() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    for name, rule in (
        ("link_open", _link_open),
        ("link_close", _link_close),
        ("table_open", _table_open),
        ("table_close", _table_close),
    ):
        markdown.add_render_rule(name, rule)
    return markdown


_MARKDOWN = _build()
