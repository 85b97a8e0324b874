"""How a list page is declared, and what one request asks of it: order, filters, columns, page. Knows no table.

A list says once what can be seen, sorted and filtered; `listing` reads requests into a `ListState` and builds the page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.db.models import F
from django.db.models.expressions import OrderBy
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from apps.accounts.models import SavedView

Words = str | Promise
Kind = Literal["search", "chips", "select", "date", "hidden"]
ALL = _("All")
NO_CHANGES: Mapping[str, str] = MappingProxyType({})
LONGEST_VALUE = 120
MOST_PAGES = 100_000
RESERVED = frozenset({"sort", "columns", "page", "all", "format", "csrfmiddlewaretoken", "ids", "everything", "query"})


@dataclass(frozen=True, slots=True)
class Option:
    """One value a filter may have. `count` None shows no number."""

    value: str
    label: Words
    count: int | None = None
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list.

    `sort` are ORM paths from small to large ("customer__name", "name"; "-" turns one); `key` sorts rows in memory instead. Neither:
    the column cannot be sorted by. `nullable` puts rows without a value last both ways (leave it off where the database
    has none: an index could not be used). `value` is the cell of the CSV file, from a row; without it the file leaves
    the column out. `fixed` columns are always shown and head the card on a phone.
    """

    name: str
    label: Words
    sort: tuple[str, ...] = ()
    key: Callable[[Any], Any] | None = None
    value: Callable[[Any], object] | None = None
    shown: bool = True
    fixed: bool = False
    numeric: bool = False
    nullable: bool = False
    large_first: bool = False

    @property
    def is_sortable(self) -> bool:
        """Return whether the list can be ordered by this column."""
        return bool(self.sort or self.key)


@dataclass(frozen=True, slots=True)
class Filter:
    """One way of narrowing a list; `name` is the part of the address.

    "search" takes typed words, "chips" and "select" one of `options` (or of those given when the list is read), "date" a
    day, "hidden" one of the options without a control of its own: it comes from a link and can be taken off.
    """

    name: str
    label: Words
    kind: Kind
    options: tuple[Option, ...] = ()
    all_label: Words = ALL


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What a list page can show. `order` is a column's name, with "-" for large to small; `tie` makes it total."""

    key: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    order: str = ""
    tie: tuple[str, ...] = ("id",)
    page_size: int = 50

    def __post_init__(self) -> None:
        """Refuse a declaration that could not work. Raises ValueError."""
        names = [column.name for column in self.columns]
        if len({*names}) != len(names) or self.order.lstrip("-") not in {
            n for n in names if self.column(n).is_sortable
        }:
            raise ValueError(f"{self.key}: columns need their own names, and the order one that can be sorted by.")
        if clash := RESERVED & {each.name for each in self.filters}:
            raise ValueError(f"{self.key}: {', '.join(clash)} means something else in a list's address.")

    def column(self, name: str) -> Column:
        """Return a column by name. Raises StopIteration for one that is not declared."""
        return next(column for column in self.columns if column.name == name)

    @property
    def default_columns(self) -> tuple[str, ...]:
        """Return the names of the columns shown when nobody chose."""
        return tuple(column.name for column in self.columns if column.shown or column.fixed)


@dataclass(frozen=True, slots=True)
class ListState:
    """What is asked of a list, with everything that made no sense left out.

    `values` holds only filters that narrow. `options` are the choices of each filter, those given when reading included;
    `views` the saved views that this person may open.
    """

    spec: ListSpec
    values: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    shown: tuple[str, ...] = ()
    page: int = 1
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    wants_csv: bool = False
    has_default_view: bool = False
    views: Sequence["SavedView"] = ()

    def value(self, name: str) -> str:
        """Return what a filter is set to, "" when it is not."""
        return self.values.get(name, "")

    def id_of(self, name: str) -> UUID | None:
        """Return a filter's value as an id, None when it is not set or no id."""
        try:
            return UUID(self.value(name))
        except ValueError:
            return None

    def day_of(self, name: str) -> date | None:
        """Return a filter's value as a day, None when it is not set."""
        text = self.value(name)
        return date.fromisoformat(text) if text else None

    @property
    def is_filtered(self) -> bool:
        """Return whether anything narrows the list."""
        return bool(self.values)

    def counted(self, name: str, counts: Mapping[str, int]) -> "ListState":
        """Return the same with a number on each choice of a filter; "" counts all of them."""
        filled = [replace(option, count=counts.get(option.value, 0)) for option in self.options[name]]
        if "" in counts and not any(option.value == "" for option in filled):
            label = next(each.all_label for each in self.spec.filters if each.name == name)
            filled.insert(0, Option("", label, counts[""]))
        return replace(self, options={**self.options, name: filled})

    def ordering(self) -> list[OrderBy]:
        """Return the order for a queryset, total through the list's tie-break."""
        column = self.spec.column(self.sort)
        parts = [_ordered(path, turned=self.descending, last=column.nullable) for path in column.sort]
        ties = [path for path in self.spec.tie if path.lstrip("-") not in column.sort]
        return parts + [_ordered(path) for path in ties]

    def sorted_rows(self, rows: Sequence[Any]) -> list[Any]:
        """Return rows of memory in order; rows without a value come last, equal ones keep the order they came in."""
        key = self.spec.column(self.sort).key
        if key is None:
            return list(rows)
        known = [row for row in rows if key(row) is not None]
        unknown = [row for row in rows if key(row) is None]
        # Python keeps equal rows in place when reversed, too.
        return sorted(known, key=key, reverse=self.descending) + unknown

    def query(self, changes: Mapping[str, str] = NO_CHANGES, *, page: int = 1) -> str:
        """Return this state as the query of an address, without "?"; a change of "" takes a filter off.

        `sort` and `columns` can be changed as well; whatever is as usual is left out.
        """
        said = QueryDict(mutable=True)
        for each in self.spec.filters:
            if chosen := changes.get(each.name, self.value(each.name)):
                said[each.name] = chosen
        order = changes.get("sort", f"{'-' if self.descending else ''}{self.sort}")
        if order != self.spec.order:
            said["sort"] = order
        if self.shown != self.spec.default_columns and changes.get("columns") != "":
            said["columns"] = ",".join(self.shown)
        if page > 1:
            said["page"] = str(page)
        if not said and self.has_default_view:
            said["all"] = "1"  # an empty address would open the person's own view
        return said.urlencode(safe=",")

    def address(self, changes: Mapping[str, str] = NO_CHANGES, *, page: int = 1) -> str:
        """Return the address of the list as it would be with these changes."""
        return f"?{self.query(changes, page=page)}"


def read_state(asked: QueryDict, spec: ListSpec, options: Mapping[str, Sequence[Option]]) -> ListState:
    """Return what an address asks of a list; nonsense asks for the usual."""
    given = {each.name: options.get(each.name, each.options) for each in spec.filters}
    cleaned = {each.name: _cleaned(asked.get(each.name, ""), each.kind, given[each.name]) for each in spec.filters}
    state = ListState(
        spec=spec,
        values={name: value for name, value in cleaned.items() if value},
        shown=_read_columns(asked.getlist("columns"), spec),
        page=_read_page(asked.get("page", "")),
        options=given,
        wants_csv=asked.get("format") == "csv",
    )
    sort, descending = _read_order(asked.get("sort", ""), spec)
    return replace(state, sort=sort, descending=descending)


def _cleaned(text: str, kind: Kind, options: Sequence[Option]) -> str:
    text = text.replace("\x00", "").strip()[:LONGEST_VALUE]
    if kind == "search":
        return text
    if kind == "date":
        try:
            return date.fromisoformat(text).isoformat() if len(text) == len("2026-01-31") else ""
        except ValueError:
            return ""
    # A well-formed id that is no choice (a customer of somebody else, one that is gone) narrows to nothing: a link that
    # meant one customer must never show all of them.
    return text if any(text == option.value for option in options) or _is_id(text) else ""


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _read_order(text: str, spec: ListSpec) -> tuple[str, bool]:
    wanted = text if any(text.removeprefix("-") == c.name and c.is_sortable for c in spec.columns) else spec.order
    return wanted.removeprefix("-"), wanted.startswith("-")


def _read_columns(texts: Sequence[str], spec: ListSpec) -> tuple[str, ...]:
    chosen = {name for text in texts for name in text[:1000].split(",")}
    if not chosen & {column.name for column in spec.columns}:
        return spec.default_columns
    return tuple(column.name for column in spec.columns if column.fixed or column.name in chosen)


def _read_page(text: str) -> int:
    return min(max(int(text), 1), MOST_PAGES) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _ordered(path: str, *, turned: bool = False, last: bool = False) -> OrderBy:
    field = F(path.removeprefix("-"))
    if path.startswith("-") is not turned:
        return field.desc(nulls_last=True) if last else field.desc()
    return field.asc(nulls_last=True) if last else field.asc()
