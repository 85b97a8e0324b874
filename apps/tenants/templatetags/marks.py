"""The small parts that rows of a list repeat: icons, moments, states, amounts, counts, sparklines, options.

Written without the engine of templates: a page holds hundreds of them, and a template of three words costs more to call
than to write. `{% load portal %}` has them as tags; every part from outside is escaped where it is put in.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from html import escape

from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.tenants.charts import Figure, spark_bars
from apps.tenants.templatetags import wording
from apps.tenants.templatetags.states import badge_for

USUAL_ICON = 18
_NONE = SafeString('<span class="quiet">0</span>')
_NOTHING = SafeString('<span class="quiet">—</span>')


def escaped(words: object) -> str:
    """Return words as they are put into a page, those that are markup already as they are."""
    text = str(words)
    return text if isinstance(text, SafeString) else escape(text)


@cache
def _sprite() -> str:
    """Return where the icons are: the same address as long as the process lives."""
    return escaped(static("img/icons.svg"))


@lru_cache(maxsize=1024)
def _icon(name: str, size: int, sprite: str) -> tuple[SafeString, str]:
    """Return an icon that says nothing, and what stands behind the words of one that does."""
    shape = f'focusable="false"><use href="{sprite}#{escaped(name)}"></use></svg>'
    return SafeString(f'<svg class="icon icon-{size}" aria-hidden="true" {shape}'), shape


def icon_mark(name: str, size: int = USUAL_ICON, label: object = "") -> SafeString:
    """Return an icon of static/img/icons.svg, read out only where it has a label (sizes 14, 16, 18, 20, 24, 28, 32)."""
    silent, shape = _icon(str(name), int(size or USUAL_ICON), _sprite())
    if not label:
        return silent
    size = size or USUAL_ICON
    return SafeString(f'<svg class="icon icon-{size}" role="img" aria-label="{escaped(label)}" {shape}')


def moment_mark(value: datetime | None, *, both: bool = False) -> SafeString:
    """Return a moment: relative, exact on hover; static/js/moment.js turns it into the viewer's zone. `both` shows the two."""
    if not isinstance(value, datetime):
        return _NOTHING
    exact = escaped(wording.absolute_words(value))
    relative = escaped(wording.relative_words(value, timezone.now()))
    also = f'<span class="moment-exact">{exact}</span>' if both else ""
    return SafeString(
        f'<time class="moment" datetime="{value.isoformat()}" title="{exact}" data-moment>'
        f'<span class="moment-relative">{relative}</span>{also}</time>'
    )


def state_mark(state: object, label: object = "") -> SafeString:
    """Return a state as icon, word and tone, never colour alone. `label` instead of the usual word."""
    shown = badge_for(state)
    words = escaped(label or shown.word)
    return SafeString(f'<span class="state tone-{shown.tone}">{icon_mark(shown.icon, 14)}{words}</span>')


def money_mark(amount: object, currency: object = "", certainty: object = "") -> SafeString:
    """Return an amount with its currency; `certainty` is known, estimated or unknown."""
    if certainty == "unknown":
        unknown = _("amount unknown")
        words = f'<span class="quiet">{escaped(unknown)}</span>'
    else:
        words = escaped(wording.money_words(amount, str(currency or "")))
    if certainty == "estimated":
        about = _("Estimated")
        words = f'<span class="quiet" title="{escaped(about)}">≈ </span>{words}'
    return SafeString(f'<span class="money">{words}</span>')


def count_mark(number: object, url: str, tone: str = "") -> SafeString:
    """Return a count that leads to its rows; a quiet 0 leads nowhere."""
    if not number:
        return _NONE
    return SafeString(f'<a class="{escaped(tone)}" href="{escaped(url)}">{escaped(wording.count_words(number))}</a>')


def number_cell_mark(label: object, number: object, url: str = "") -> SafeString:
    """Return a table's cell with a count and its column's words for phones."""
    words = escaped(wording.count_words(number))
    if url and number:
        words = f'<a href="{escaped(url)}">{words}</a>'
    return SafeString(f'<td data-label="{escaped(label)}" class="number">{words}</td>')


def sparkline_mark(values: Sequence[Figure], label: object = "", tone: str = "brand") -> SafeString:
    """Return a row of small bars, oldest first: one shape, for a list may show hundreds of bars."""
    bars = (f"M{bar.x:g} {bar.y:g}h{bar.width:g}v{bar.height:g}h-{bar.width:g}z" for bar in spark_bars(values))
    return SafeString(
        f'<svg class="sparkline tone-{escaped(tone)}" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" '
        f'aria-label="{escaped(label)}" focusable="false"><path d="{"".join(bars)}"></path></svg>'
    )


def cell_begins(label: object, *, fixed: bool, numeric: bool) -> str:
    """Return how each cell of a list's column begins: with its words for phones, where a row is a card under its title."""
    kind = "number" if numeric else "title" if fixed else ""
    said = "" if fixed else f' data-label="{escaped(label)}"'
    return f'<td class="{kind}"{said}>'


def option_marks(options: Iterable[tuple[object, object]], chosen: object) -> SafeString:
    """Return the options of a select, (value, words) each; there may be hundreds."""
    now = str(chosen)
    return SafeString(
        "".join(
            f'<option value="{escaped(value)}"{" selected" if str(value) == now else ""}>{escaped(words)}</option>'
            for value, words in options
        )
    )
