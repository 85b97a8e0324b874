"""One page of a list with everything its template shows: heads, chips, menus, words and the addresses of each change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.list_specs import Column, Filter, ListState, Option, Words
from apps.accounts.models import SavedView
from apps.tenants.templatetags.marks import cell_begins
from apps.tenants.templatetags.wording import count_words

Row = TypeVar("Row")
MOST_COUNTED = 10_000  # beyond, a page says "more than": counting a ledger costs more than anybody reads
MOST_IN_A_SELECT = 200  # more choices are a burden for the page and for the eye: the search finds them
MOST_SELECTED = 500


@dataclass(frozen=True, slots=True)
class BulkAction:
    """Something that can be done with many rows at once; posted to `url` as `read_selection` reads it.

    `question` heads the dialog that asks first and `text` says what follows. `reason_label` asks for a reason.
    """

    name: str
    label: Words
    url: str
    question: Words
    text: Words
    icon: str = ""
    tone: str = "primary"
    reason_label: Words = ""


@dataclass(frozen=True, slots=True)
class Header:
    """One column's head. `direction` is "ascending" or "descending" where the list is sorted by it, else ""."""

    name: str
    label: Words
    numeric: bool
    sort_url: str
    direction: str


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A ready-made filter. `count` None shows no number."""

    label: Words
    url: str
    active: bool
    count: int | None
    icon: str


@dataclass(frozen=True, slots=True)
class ChipGroup:
    """The chips of one filter."""

    label: Words
    chips: list[FilterChip]


@dataclass(frozen=True, slots=True)
class Control:
    """One filter's control in the toolbar."""

    name: str
    label: Words
    kind: str
    value: str
    all_label: Words
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """A filter that is set, in words, and the address without it."""

    label: Words
    value: Words
    url: str


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column in the menu of columns."""

    name: str
    label: Words
    shown: bool


@dataclass(frozen=True, slots=True)
class ViewEntry:
    """A saved view in its menu."""

    view: SavedView
    url: str
    active: bool
    is_mine: bool


@dataclass(frozen=True)
class ListPage(Generic[Row]):
    """One page of a list with everything its template shows. `total` is `MOST_COUNTED` at most when `is_capped`.

    `csv_path` is where the list as a file is, when it has an address of its own.
    """

    state: ListState
    rows: Sequence[Row]
    total: int
    is_capped: bool
    page: int
    pages: int
    path: str
    views: tuple[ViewEntry, ...] = ()
    bulk: tuple[BulkAction, ...] = ()
    csv_path: str = ""

    @property
    def name(self) -> str:
        """Return the id of the list's region on the page."""
        return f"list-{self.state.spec.key}"

    @property
    def is_filtered(self) -> bool:
        """Return whether anything narrows the list."""
        return self.state.is_filtered

    @property
    def is_blank(self) -> bool:
        """Return whether there is nothing at all, however one looks: the page says what to do first."""
        return not self.total and not self.is_filtered

    @cached_property
    def shows(self) -> dict[str, bool]:
        """Return which columns are shown, by name."""
        return {column.name: column.name in self.state.shown for column in self.state.spec.columns}

    @cached_property
    def cells(self) -> dict[str, str]:
        """Return how the cells of each column begin, with its words for phones; "" for a hidden column."""
        return {
            each.name: cell_begins(each.label, fixed=each.fixed, numeric=each.numeric) if self.shows[each.name] else ""
            for each in self.state.spec.columns
        }

    @property
    def headers(self) -> list[Header]:
        """Return the heads of the shown columns."""
        return [_header(self.state, column) for column in self._shown_columns]

    @property
    def width(self) -> int:
        """Return how many cells a row has."""
        return len(self.state.shown) + bool(self.bulk)

    @cached_property
    def search(self) -> Control | None:
        """Return the box for typed words, None when the list has none."""
        return next((control for control in self._controls("search")), None)

    @cached_property
    def controls(self) -> list[Control]:
        """Return the toolbar's other filters; one with too many choices is left to the search."""
        return [c for c in self._controls("select", "date") if c.value or len(c.options) <= MOST_IN_A_SELECT]

    @property
    def chip_groups(self) -> list[ChipGroup]:
        """Return the filters that are chips."""
        return [ChipGroup(f.label, _chips(self.state, f)) for f in self.state.spec.filters if f.kind == "chips"]

    @property
    def active_filters(self) -> list[ActiveFilter]:
        """Return what narrows the list and is not plain to see in a chip, to be taken off one by one."""
        return [
            ActiveFilter(each.label, _said(self.state, each), self.state.address({each.name: ""}))
            for each in self.state.spec.filters
            if self.state.value(each.name) and each.kind != "chips"
        ]

    @cached_property
    def clear_url(self) -> str:
        """Return the list without any filter, in the same order and columns."""
        return self.state.address({each.name: "" for each in self.state.spec.filters})

    @property
    def plain_columns_url(self) -> str:
        """Return the list with its usual columns."""
        return self.state.address({"columns": ""})

    @cached_property
    def sort_choices(self) -> list[tuple[str, str, bool]]:
        """Return the orders a phone's menu offers as (value, words, chosen); the usual one is "": it needs no saying."""
        now, usual = f"{'-' if self.state.descending else ''}{self.state.sort}", self.state.spec.order
        orders = [order for column in self._shown_columns if column.is_sortable for order in _orders(column)]
        return [("" if value == usual else value, words, value == now) for value, words in orders]

    @property
    def sort(self) -> str:
        """Return the order as the address carries it, "" when it is the usual."""
        now = f"{'-' if self.state.descending else ''}{self.state.sort}"
        return "" if now == self.state.spec.order else now

    @property
    def columns(self) -> str:
        """Return the chosen columns as the address carries them, "" when they are the usual."""
        return "" if self.state.shown == self.state.spec.default_columns else ",".join(self.state.shown)

    @cached_property
    def column_choices(self) -> list[ColumnChoice]:
        """Return the columns a person may hide."""
        return [
            ColumnChoice(c.name, c.label, c.name in self.state.shown) for c in self.state.spec.columns if not c.fixed
        ]

    @property
    def fixed_column(self) -> str:
        """Return the name of a column that is always shown: it makes "none of the others" a choice."""
        return next((column.name for column in self.state.spec.columns if column.fixed), "")

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return the filters without a control in the toolbar, for its hidden fields."""
        seen = {"search", "select", "date"}
        return [
            (f.name, self.state.value(f.name))
            for f in self.state.spec.filters
            if f.kind not in seen and self.state.value(f.name)
        ]

    @property
    def filters_set(self) -> list[tuple[str, str]]:
        """Return every filter that is set, for the hidden fields of other forms."""
        return list(self.state.values.items())

    @property
    def query(self) -> str:
        """Return how the list is looked at, for a saved view and for a selection of everything that fits."""
        return self.state.query()

    @cached_property
    def csv_url(self) -> str:
        """Return where the whole filtered list is a file; "" when no column has a value for it."""
        query = self.state.query()
        if self.csv_path:
            return f"{self.csv_path}?{query}"
        if not any(column.value for column in self.state.spec.columns):
            return ""
        return f"?{query}{'&' if query else ''}format=csv"

    @property
    def newer_url(self) -> str:
        """Return the page before, "" on the first."""
        return self.state.address(page=self.page - 1) if self.page > 1 else ""

    @property
    def older_url(self) -> str:
        """Return the page after, "" on the last."""
        return self.state.address(page=self.page + 1) if self.page < self.pages else ""

    @cached_property
    def words(self) -> str:
        """Return which rows are shown: "51 to 100 of 312"."""
        if not self.rows:
            return ""
        first = (self.page - 1) * self.state.spec.page_size + 1
        figures = {"first": count_words(first), "last": count_words(first + len(self.rows) - 1)}
        figures["total"] = count_words(self.total)
        if self.is_capped:
            return _("%(first)s to %(last)s of more than %(total)s") % figures
        return _("%(first)s to %(last)s of %(total)s") % figures

    @property
    def match_words(self) -> str:
        """Return how many rows fit, for "select all 312 that match"."""
        return ngettext("Select the %(total)s that matches", "Select all %(total)s that match", self.total) % {
            "total": count_words(self.total)
        }

    @property
    def can_select_all(self) -> bool:
        """Return whether a bulk action may take everything that fits, further pages included."""
        return self.pages > 1 and not self.is_capped and self.total <= MOST_SELECTED

    @property
    def too_many_words(self) -> str:
        """Return why everything that fits cannot be selected, "" when it can."""
        if self.pages == 1 or self.can_select_all:
            return ""
        return _("At most %(most)s at once: narrow the filter to select all.") % {"most": count_words(MOST_SELECTED)}

    @property
    def view_name(self) -> str:
        """Return the name of the saved view that is being looked at, "" for none."""
        return next((entry.view.name for entry in self.views if entry.active), "")

    @property
    def _shown_columns(self) -> list[Column]:
        return [column for column in self.state.spec.columns if column.name in self.state.shown]

    def _controls(self, *kinds: str) -> Iterator[Control]:
        for f in self.state.spec.filters:
            if f.kind in kinds:
                value = self.state.value(f.name)
                yield Control(f.name, f.label, f.kind, value, f.all_label, self.state.options.get(f.name, ()))


def _header(state: ListState, column: Column) -> Header:
    here = column.name == state.sort
    down = not state.descending if here else column.large_first
    url = state.address({"sort": f"{'-' if down else ''}{column.name}"}) if column.is_sortable else ""
    direction = ("descending" if state.descending else "ascending") if here else ""
    return Header(column.name, column.label, column.numeric, url, direction)


def _orders(column: Column) -> list[tuple[str, str]]:
    label = {"column": column.label}
    up, down = (column.name, _("%(column)s, upwards") % label), (f"-{column.name}", _("%(column)s, downwards") % label)
    return [down, up] if column.large_first else [up, down]


def _chips(state: ListState, each: Filter) -> list[FilterChip]:
    options = list(state.options.get(each.name, ()))
    if not any(option.value == "" for option in options):
        options.insert(0, Option("", each.all_label))
    now = state.value(each.name)
    return [FilterChip(o.label, state.address({each.name: o.value}), o.value == now, o.count, o.icon) for o in options]


def _said(state: ListState, each: Filter) -> Words:
    value = state.value(each.name)
    unknown = value if each.kind in {"search", "date"} else _("one that is not here")
    return next((option.label for option in state.options.get(each.name, ()) if option.value == value), unknown)
