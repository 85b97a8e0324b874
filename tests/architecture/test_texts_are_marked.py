"""Every text that people read is marked for translation: none stands bare in a template."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
_COMMENTS = re.compile(r"{#.*?#}|{%\s*comment\b.*?{%\s*endcomment\s*%}|<!--.*?-->", re.DOTALL)
_BLOCK_TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
_SPOKEN_ATTRIBUTE = re.compile(
    r"""\b(?:aria-label|placeholder|title|alt|data-label|data-confirm|data-say-\w+)\s*=\s*"([^"]*)\""""
)
# A literal given to a component's words: title="Runs" instead of title=_("Runs").
_SPOKEN_PARAMETER = re.compile(
    r"""\b(?:title|subtitle|label|text|hint|help|words|caption|note|placeholder|heading|missing|\w+_label)=(["'])(?=[^"']*[A-Za-z]{2})([^"']*)\1"""
)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
_ELEMENT = re.compile(r"<(?:script|style|svg|code|kbd|pre)\b.*?</(?:script|style|svg|code|kbd|pre)>|<[^>]*>", re.DOTALL)
_CLASS_BLOCK = re.compile(r"{%\s*block \w+_(?:class|theme)\s*%}[^{]*{%\s*endblock\s*%}")
# Attributes on their own: what a template adds inside somebody else's tag.
_ATTRIBUTE = re.compile(r"""[\w:-]+="[^"]*"|\bnovalidate\b""")
# Addresses and units of measure are the same in every language.
_SAYS_NOTHING = re.compile(r"\S+@\S+|\w+://\S+|\bms\b")
_ENTITY = re.compile(r"&\w+;|&#\d+;")
_WORD = re.compile(r"[A-Za-z]{2,}")


def bare_texts(source: str) -> Iterator[str]:
    """Yield the texts of a template that no translation tag holds."""
    shown = _BLOCK_TRANSLATED.sub(" ", _COMMENTS.sub(" ", source))
    for tag in _TAG.findall(shown):
        yield from (words for _, words in _SPOKEN_PARAMETER.findall(tag) if _WORD.search(_SAYS_NOTHING.sub("", words)))
    plain = _TAG.sub("\N{SYMBOL FOR UNIT SEPARATOR}", _CLASS_BLOCK.sub(" ", shown))
    spoken = _SPOKEN_ATTRIBUTE.findall(plain)
    yield from (words for words in spoken if _WORD.search(_SAYS_NOTHING.sub("", words)))
    seen = _ATTRIBUTE.sub(" ", _ENTITY.sub(" ", _ELEMENT.sub(" ", plain)))
    for words in re.split("\N{SYMBOL FOR UNIT SEPARATOR}", seen):
        if _WORD.search(_SAYS_NOTHING.sub("", words)):
            yield " ".join(words.split())


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ('<p>{% translate "Runs" %}</p>', []),
        ("<p>Runs</p>", ["Runs"]),
        ('{% include "a.html" with title="Runs" icon="play" only %}', ["Runs"]),
        ('{% include "a.html" with title=_("Runs") only %}', []),
        ('<img alt="The logo" src="logo.png">', ["The logo"]),
        ("{% blocktranslate trimmed %}You have {{ n }} runs{% endblocktranslate %}", []),
        ("{# a remark #}<kbd>Esc</kbd> &nbsp; {{ value }}", []),
        ('<button aria-label="{% translate "Close" %}">×</button>', []),
        ("{% block body_class %}calm{% endblock %}<p>calm</p>", ["calm"]),
        ('<input placeholder="you@company.example"> 12 ms', []),
    ],
)
def test_the_check_finds_bare_texts_and_only_those(source: str, bare: list[str]) -> None:
    assert list(bare_texts(source)) == bare


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_no_text_stands_bare_in_a_template(path: Path) -> None:
    assert list(bare_texts(path.read_text(encoding="utf-8"))) == []
