"""Template tags of list pages (`apps/accounts/listing.py`): the region with its toolbar and table, its rows' cells.

{% load portal lists %}
{% list_region page caption=_("Flows") %}{% for row in page.rows %}<tr>
  {% pick_cell page row.id row.name %}{% cell page "name" %}...{% endcell %}
</tr>{% endfor %}{% endlist_region %}
"""

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.tenants.templatetags.marks import escaped, option_marks
from apps.tenants.templatetags.portal import render_component

register = template.Library()


@register.simple_block_tag(takes_context=True)
def list_region(context: Context, content: SafeString, page: Any, caption: str, **parameters: object) -> SafeString:
    """Render a list's toolbar, chips, table around the rows in between, paging and bulk bar.

    `hint` is said beside the toolbar's search; `no_match` instead of the usual sentence when nothing fits. `cards` leaves
    the table out: what stands in between are cards.
    """
    return render_component(context, "list", {**parameters, "list": page, "caption": caption, "content": content})


@register.simple_tag
def list_boost(name: str, show: str = "none") -> SafeString:
    """`<nav{% list_boost list.name %}>`: links and forms inside swap the list's region only; `show="top"` scrolls to it."""
    where = f"#{name}:top" if show == "top" else show
    attributes = ' hx-boost="true" hx-target="#{0}" hx-select="#{0}" hx-swap="outerHTML show:{1}" hx-indicator="#{0}"'
    return format_html(attributes, name, where)


@register.simple_tag
def pick_cell(page: Any, row_id: object, name: object) -> SafeString:
    """`{% pick_cell page row.id row.name %}`: the check box of a row; nothing where the list has no bulk actions."""
    if not page.bulk:
        return SafeString("")
    of = f'value="{escaped(row_id)}" aria-label="{escaped(name)}"'
    return SafeString(f'<td class="pick"><input class="form-check-input" type="checkbox" data-picks {of}></td>')


@register.simple_tag
def list_options(control: Any) -> SafeString:
    """`{% list_options control %}`: the choices of a filter's select."""
    return option_marks(((option.value, option.label) for option in control.options), control.value)


class CellNode(template.Node):
    """One cell of a row; not rendered at all when its column is hidden."""

    def __init__(self, page: FilterExpression, column: str, nodelist: NodeList) -> None:
        self.page, self.column, self.nodelist = page, column, nodelist

    def render(self, context: Context) -> SafeString:
        """Return the cell with the column's words for phones, "" when the column is hidden."""
        begins = self.page.resolve(context).cells[self.column]
        if not begins:
            return SafeString("")
        # One element inside: as a card, a cell sets its label against it.
        return SafeString(f"{begins}<div>{self.nodelist.render(context)}</div></td>")


@register.tag("cell")
def cell(parser: Parser, token: Token) -> CellNode:
    """`{% cell page "state" %}...{% endcell %}`: a cell of the column with that name."""
    try:
        _name, page, column = token.split_contents()
    except ValueError:
        raise template.TemplateSyntaxError('Write {% cell page "column" %}.') from None
    nodelist = parser.parse(("endcell",))
    parser.delete_first_token()
    return CellNode(parser.compile_filter(page), column.strip("\"'"), nodelist)
