"""Template tags of the portal's design system: figures, moments, states, and components that wrap content.

`{% load portal %}`. Components without content are plain includes of `templates/components/`; the ones that wrap content
(`section_card`, `records_table`, `drawer`, `confirm_dialog`, `live`) are block tags of this module.
"""

import json
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template.context import Context
from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.tenants.charts import Chart, ChartCell, Figure
from apps.tenants.templatetags import marks, wording
from apps.tenants.templatetags.document_diff import compare_documents
from apps.tenants.templatetags.marks import escaped
from apps.tenants.templatetags.states import Badge, badge_for
from apps.tenants.templatetags.table_files import file_of

register = template.Library()


@register.filter
def money(amount: object, currency: str = "") -> str:
    """`{{ case.amount|money:case.currency }}` -> EUR 1,234.50."""
    return wording.money_words(amount, currency)


@register.filter
def hours(amount: object) -> str:
    """`{{ entry.hours|hours }}` -> 7.50 h."""
    return wording.hours_words(amount)


@register.filter
def count(amount: object) -> str:
    """`{{ run.read|count }}` -> 12,345."""
    return wording.count_words(amount)


@register.filter
def duration(seconds: object) -> str:
    """`{{ run.seconds|duration }}` -> 4 min 10 s. Takes seconds or a timedelta."""
    return wording.duration_words(seconds)


@register.filter
def relative(moment: datetime | None, now: datetime | None = None) -> str:
    """`{{ run.started_at|relative }}` -> 5 min ago."""
    if not isinstance(moment, datetime):
        return wording.UNKNOWN
    return wording.relative_words(moment, now if isinstance(now, datetime) else timezone.now())


@register.filter
def absolute(moment: datetime | None) -> str:
    """`{{ run.started_at|absolute }}` -> 21 Nov 2026, 03:43 UTC."""
    return wording.absolute_words(moment) if isinstance(moment, datetime) else wording.UNKNOWN


@register.filter
def day(value: date | None) -> str:
    """`{{ row.day|day }}`: a day of the calendar in the reader's way of writing."""
    return wording.day_words(value) if value else wording.UNKNOWN


@register.filter
def iso(moment: datetime | None) -> str:
    """Return the moment for a `datetime` attribute."""
    return moment.isoformat() if isinstance(moment, datetime) else ""


@register.filter
def badge(state: object) -> Badge:
    """Return icon, word and tone of a state."""
    return badge_for(state)


@register.filter
def device(user_agent: str) -> str:
    """`{{ session.user_agent|device }}` -> Chrome on Windows."""
    return wording.device_words(user_agent or "")


@register.filter
def initials(name: object) -> str:
    """`{{ person.name|initials }}` -> HA: up to two letters for an avatar."""
    words = str(name or "").split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def masked_json(document: object) -> SafeString:
    """Return a document as indented, coloured JSON with secrets masked."""
    return wording.json_markup(document)


@register.filter
def as_control(field: BoundField) -> SafeString:
    """Render a form field's control with the portal's classes and its describing texts."""
    return field.as_widget(attrs={"class": _control_class(field)})


def _control_class(field: BoundField) -> str:
    widget = field.field.widget
    given = widget.attrs.get("class", "")
    if isinstance(widget, CheckboxInput | CheckboxSelectMultiple | RadioSelect):
        base = "form-check-input"
    else:
        base = "form-select" if isinstance(widget, Select) else "form-control"
    return " ".join(filter(None, [base, given, "is-invalid" if field.errors else ""]))


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Tell whether the field is a single check box, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def icon(name: str, size: int = marks.USUAL_ICON, label: object = "") -> SafeString:
    """`{% icon "check" %}`: an icon of static/img/icons.svg. Give a label only when no word stands beside it."""
    return marks.icon_mark(name, size, label)


@register.simple_tag
def moment(value: datetime | None, *, both: bool = False) -> SafeString:
    """`{% moment run.started_at %}`: relative, with the exact time on hover; `both=True` shows the two."""
    return marks.moment_mark(value, both=both)


@register.simple_tag
def status_badge(state: object, label: object = "") -> SafeString:
    """`{% status_badge run.state %}`: icon, word and tone of any state of the product."""
    return marks.state_mark(state, label)


@register.simple_tag
def amount(value: object, currency: object = "", certainty: object = "") -> SafeString:
    """`{% amount part.amount part.currency part.quality %}`: certainty is known, estimated or unknown."""
    return marks.money_mark(value, currency, certainty)


@register.inclusion_tag("components/proportion_bar.html")
def proportion_bar(segments: Iterable[Any], label: str = "") -> dict[str, object]:
    """`{% proportion_bar run.segments label="Records" %}`: shares of a whole.

    A segment has `label`, `count`, `tone` and optionally `url`; shares are worked out here, so templates need no arithmetic.
    """
    rows = [_segment(part) for part in segments]
    total = sum(row["count"] for row in rows)
    start = 0.0
    for row in rows:
        row["start"], row["width"] = round(start, 3), round(100 * row["count"] / total, 3) if total else 0
        start += row["width"]
    return {"segments": rows, "total": total, "label": label}


@register.inclusion_tag("components/chart.html", name="chart", takes_context=True)
def chart_of(context: Context, chart: Chart) -> dict[str, object]:
    """`{% chart page.throughput %}`: drawn by static/js/chart.js from the table that comes with it."""
    return {"chart": chart, **file_of(context, chart.name)}


@register.simple_tag
def chart_rows(chart: Chart) -> SafeString:
    """`{% chart_rows chart %}`: the rows of its table. A year has over a thousand figures, too many for the engine of templates."""
    unit = escaped(f" {chart.unit}" if chart.unit else "")
    rows = (
        f'<tr><th scope="row">{escaped(row.category)}</th>{"".join(_chart_cell(cell, unit) for cell in row.cells)}</tr>'
        for row in chart.rows
    )
    return mark_safe("".join(rows))  # noqa: S308  every part is escaped where it is put in


def _chart_cell(cell: ChartCell, unit: str) -> str:
    if cell.value is None:
        return '<td class="number" data-value=""><span class="quiet">—</span></td>'
    words = f"{wording.count_words(cell.value)}{unit}"
    if cell.link:
        words = f'<a href="{escaped(cell.link)}">{words}</a>'
    exact = cell.value if type(cell.value) is int else floatformat(cell.value, "-4u")
    return f'<td class="number" data-value="{exact}">{words}</td>'


@register.simple_tag
def count_link(number: object, url: str, rest: str = "", tone: str = "") -> SafeString:
    """`{% count_link run.rejected run_url "?count=rejected#records" tone="text-red" %}`: a count that leads to its rows; a quiet 0."""
    return marks.count_mark(number, f"{url}{rest}", tone)


@register.simple_tag
def number_cell(label: object, number: object, url: str = "") -> SafeString:
    """`{% number_cell posted_label row.arrived rows_url %}`: a table's cell with a count, which leads to its rows where it is not 0."""
    return marks.number_cell_mark(label, number, url)


@register.simple_tag
def sparkline(values: Sequence[Figure], label: object = "", tone: str = "brand") -> SafeString:
    """`{% sparkline row.days label="Records a day" %}`: small bars, oldest first; no script."""
    return marks.sparkline_mark(values, label, tone)


@register.inclusion_tag("components/document_diff.html")
def document_diff(before: object, after: object, **parameters: object) -> dict[str, object]:
    """`{% document_diff old new left_title=_("Before") right_title=_("After") caption=_("What changed") only_changes=True %}`."""
    return {**parameters, "diff": compare_documents(before, after, only_changes=bool(parameters.get("only_changes")))}


def _segment(part: Any) -> dict[str, Any]:
    def read(name: str) -> Any:
        return part.get(name) if isinstance(part, dict) else getattr(part, name, None)

    return {
        "label": read("label"),
        "count": read("count") or 0,
        "tone": read("tone") or "neutral",
        "url": read("url") or "",
    }


def render_component(context: Context, name: str, values: dict[str, object]) -> SafeString:
    """Render a component with its own values only, as an inclusion tag does."""
    own = context.new({**values, "csrf_token": context.get("csrf_token", "")})
    if context.template is None:
        raise template.TemplateSyntaxError(f"{name} can only be used inside a template.")
    return context.template.engine.get_template(f"components/{name}.html").render(own)


@register.simple_block_tag(takes_context=True)
def section_card(context: Context, content: SafeString, **parameters: object) -> SafeString:
    """`{% section_card title="Runs" action_label="All runs" action_url=url %}...{% endsection_card %}`."""
    return render_component(context, "section_card", {**parameters, "content": content})


@register.simple_block_tag(takes_context=True)
def records_table(context: Context, content: SafeString, caption: str, **parameters: object) -> SafeString:
    """`{% records_table caption="Runs" %}<thead>...<tbody>...{% endrecords_table %}`: cells carry `data-label` for phones."""
    file = {} if parameters.get("own_file") else file_of(context, caption)
    return render_component(context, "table", {**parameters, **file, "caption": caption, "content": content})


@register.simple_block_tag(takes_context=True)
def drawer(context: Context, content: SafeString, name: str, title: str, **parameters: object) -> SafeString:
    """`{% drawer name="details" title="Details" %}...{% enddrawer %}`: opened by any element with `data-opens="details"`."""
    return render_component(context, "drawer", {**parameters, "name": name, "title": title, "content": content})


@register.simple_block_tag(takes_context=True)
def confirm_dialog(context: Context, content: SafeString, name: str, title: str, **parameters: object) -> SafeString:
    """`{% confirm_dialog name="retire" title="Retire this flow?" action_url=url confirm_label="Retire" %}consequences{% endconfirm_dialog %}`."""
    return render_component(context, "confirm_dialog", {**parameters, "name": name, "title": title, "content": content})


@register.simple_block_tag(takes_context=True)
def live(context: Context, content: SafeString, url: str, **parameters: object) -> SafeString:
    """`{% live url=run_url active=run.is_live name="run" %}...{% endlive %}`: asked again every two seconds while active."""
    return render_component(context, "live", {**parameters, "url": url, "content": content})


@register.simple_tag
def once_token() -> SafeString:
    """`{% once_token %}`: a form that carries it does its work once, however often it is sent (accounts/once.py)."""
    return format_html('<input type="hidden" name="once" value="{}">', secrets.token_urlsafe(12))


@register.filter
def undo_of(message: Any) -> dict[str, Any] | None:
    """Return {"url", "fields"} of a message that can be taken back (accounts/toasts.py), None for others."""
    tags = message.extra_tags or ""
    if not tags.startswith("undo {"):
        return None
    undo: dict[str, Any] = json.loads(tags.removeprefix("undo "))
    return undo


@register.filter
def marked(text: object, words: str) -> SafeString:
    """`{{ hit.label|marked:words }}`: the text with every typed word in it marked."""
    parts = [re.escape(word) for word in words.split()]
    whole = str(text)
    if not parts:
        return format_html("{}", whole)
    pieces = re.split(f"({'|'.join(parts)})", whole, flags=re.IGNORECASE)
    # Every second piece is a separator, and the separators are what was typed.
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", p) if at % 2 else p,) for at, p in enumerate(pieces))
    )
