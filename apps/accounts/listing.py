"""List pages: read what is asked, page a queryset or rows, hand the template its parts, answer CSV and selections.

    FLOWS = ListSpec("flows", columns=(...), filters=(...), order="name")

    state = read_list(request, FLOWS, {"customer": options})
    if state.wants_csv:
        return csv_of(state, queryset, build_rows)
    page = page_of(request, state, queryset, build_rows)      # or page_of_rows(request, state, rows)

In the template: `{% list_region page caption=_("Flows") %}{% for row in page.rows %}<tr>{% cell page "name" %}...`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count, Model, QuerySet
from django.http import FileResponse, HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import saved_views
from apps.accounts.actor import Actor
from apps.accounts.csv_export import csv_file
from apps.accounts.list_pages import MOST_COUNTED, MOST_SELECTED, BulkAction, ListPage, ViewEntry
from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option, Words, read_state
from apps.tenants.templatetags.wording import count_words

__all__ = [
    "BulkAction",
    "Column",
    "Filter",
    "ListPage",
    "ListSpec",
    "ListState",
    "Option",
    "Selection",
    "choices",
    "count_by",
    "csv_of",
    "csv_of_rows",
    "page_of",
    "page_of_rows",
    "read_list",
    "read_selection",
]

M = TypeVar("M", bound=Model)
Build = Callable[[list[Any]], Sequence[Any]]
MOST_IN_A_FILE = 50_000
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Selection:
    """What a bulk action is about: the rows ticked, or everything that fits what is being looked at."""

    ids: tuple[UUID, ...]
    everything: bool
    state: ListState
    reason: str

    def narrow(self, fitting: QuerySet[M]) -> QuerySet[M]:
        """Return the selected rows among those that fit, `MOST_SELECTED` at most."""
        chosen = fitting if self.everything else fitting.filter(pk__in=self.ids)
        return chosen.order_by("pk")[:MOST_SELECTED]


def choices(pairs: Iterable[tuple[object, Words]], counts: Mapping[str, int] | None = None) -> list[Option]:
    """Return (value, label) pairs as options, with their counts where given."""
    return [Option(str(v), label, None if counts is None else counts.get(str(v), 0)) for v, label in pairs]


def count_by(fitting: QuerySet[Any], field: str) -> dict[str, int]:
    """Return how many rows there are with each value of a field; "" stands for all of them. One query."""
    found = dict(fitting.order_by().values_list(field).annotate(Count("pk")))
    return {**found, "": sum(found.values())}


def read_list(request: HttpRequest, spec: ListSpec, options: Mapping[str, Sequence[Option]] | None = None) -> ListState:
    """Return what is asked of a list; a bare address opens the person's own default view."""
    actor = _actor(request)
    views = saved_views.list_views(actor, spec.key) if actor else []
    own = next((view for view in views if view.is_default and actor and view.owner_id == actor.user_id), None)
    asked = QueryDict(own.query) if own and not _is_asked(request.GET) else request.GET
    state = read_state(asked, spec, options or {})
    return replace(state, has_default_view=own is not None, views=views, wants_csv=request.GET.get("format") == "csv")


def page_of(
    request: HttpRequest,
    state: ListState,
    fitting: QuerySet[Any],
    build: Build | None = None,
    *,
    bulk: tuple[BulkAction, ...] = (),
    csv_path: str = "",
) -> ListPage[Any]:
    """Return one page of the rows that fit; `build` turns the page's rows into what the template shows.

    `csv_path` is for a list whose file has an address of its own.
    """
    total = fitting.order_by().values("pk")[: MOST_COUNTED + 1].count()
    capped, total = total > MOST_COUNTED, min(total, MOST_COUNTED)
    page, pages, start = _place(state, total)
    found = list(fitting.order_by(*state.ordering())[start : start + state.spec.page_size])
    return ListPage(
        state=state,
        rows=build(found) if build else found,
        total=total,
        is_capped=capped,
        page=page,
        pages=pages,
        path=request.path,
        views=_views(request, state),
        bulk=bulk,
        csv_path=csv_path,
    )


def page_of_rows(
    request: HttpRequest, state: ListState, rows: Sequence[Any], bulk: tuple[BulkAction, ...] = ()
) -> ListPage[Any]:
    """Return one page of rows that are in memory already, in the order asked for."""
    ordered = state.sorted_rows(rows)
    page, pages, start = _place(state, len(ordered))
    shown = ordered[start : start + state.spec.page_size]
    return ListPage(
        state=state,
        rows=shown,
        total=len(ordered),
        is_capped=False,
        page=page,
        pages=pages,
        path=request.path,
        views=_views(request, state),
        bulk=bulk,
    )


def csv_of(state: ListState, fitting: QuerySet[Any], build: Build | None = None) -> FileResponse:
    """Answer everything that fits as a CSV file, in the order and with the columns that are looked at."""
    found = fitting.order_by(*state.ordering())[: MOST_IN_A_FILE + 1].iterator(chunk_size=_CHUNK)
    return _csv(state, _built(found, build))


def csv_of_rows(state: ListState, rows: Sequence[Any]) -> FileResponse:
    """Answer rows of memory as a CSV file."""
    return _csv(state, iter(state.sorted_rows(rows)))


def read_selection(
    request: HttpRequest, spec: ListSpec, options: Mapping[str, Sequence[Option]] | None = None
) -> Selection:
    """Return what a bulk action's form names; ids that are none are left out."""
    query = request.POST.get("query", "")[:2000]
    state = read_state(QueryDict(query), spec, options or {})
    everything = request.POST.get("everything") == "1"
    ids = () if everything else tuple(_ids(request.POST.getlist("ids")))
    return Selection(ids, everything, state, request.POST.get("reason", "").replace("\x00", "").strip()[:300])


def _ids(texts: Iterable[str]) -> Iterator[UUID]:
    for text in islice(texts, MOST_SELECTED):
        try:
            yield UUID(text)
        except ValueError:
            continue


def _actor(request: HttpRequest) -> Actor | None:
    return getattr(request, "actor", None)


def _is_asked(asked: QueryDict) -> bool:
    return any(name != "format" for name in asked)


def _place(state: ListState, total: int) -> tuple[int, int, int]:
    pages = max(-(-total // state.spec.page_size), 1)
    page = min(state.page, pages)
    return page, pages, (page - 1) * state.spec.page_size


def _views(request: HttpRequest, state: ListState) -> tuple[ViewEntry, ...]:
    actor = _actor(request)
    here = state.query().removesuffix("all=1")
    return tuple(
        ViewEntry(view, f"?{view.query or 'all=1'}", view.query == here, bool(actor and view.owner_id == actor.user_id))
        for view in state.views
    )


def _built(found: Iterator[Any], build: Build | None) -> Iterator[Any]:
    while chunk := list(islice(found, _CHUNK)):
        yield from build(chunk) if build else chunk


def _csv(state: ListState, rows: Iterator[Any]) -> FileResponse:
    columns = [(c.label, c.value) for c in state.spec.columns if c.value and c.name in state.shown]
    values, zone = [value for _label, value in columns], timezone.get_current_timezone()
    lines = ([one if type(one := value(row)) is str else _cell(one, zone) for value in values] for row in rows)
    too_many = _("Only the first %(most)s rows are in this file: narrow the filter.")
    return csv_file(
        f"{state.spec.key}-{timezone.localdate():%Y-%m-%d}.csv",
        [str(label) for label, _value in columns],
        lines,
        most=MOST_IN_A_FILE,
        note=too_many % {"most": count_words(MOST_IN_A_FILE)},
    )


def _cell(value: object, zone: tzinfo) -> object:
    if isinstance(value, datetime):
        return timezone.localtime(value, zone).isoformat(timespec="seconds")
    if isinstance(value, timedelta):
        return round(value.total_seconds(), 3)
    return value.isoformat() if isinstance(value, date) else value
