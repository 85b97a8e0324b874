"""The order in which routing rules and alert routes are asked: a new one comes last, and people move them."""

from collections.abc import Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from django.db.models import Max

from apps.monitoring.models import AlertRoute, RoutingRule

Asked = TypeVar("Asked", AlertRoute, RoutingRule)


class _Value(Protocol):
    @property
    def id(self) -> UUID | None: ...


Value = TypeVar("Value", bound=_Value)


def last_place(model: type[Asked]) -> int:
    """Return the position of one that is to be asked after all others."""
    return (model.objects.aggregate(last=Max("position"))["last"] or 0) + 1


def change_places(model: type[Asked], row_id: UUID, *, down: bool) -> Asked | None:
    """Let one change places with its neighbour and return it; None where it stays: the first, the last, or one that is gone.

    Call it inside a transaction.
    """
    rows = _in_order(model)
    here = _index(rows, row_id)
    return None if here is None else _move(model, rows, here, here + (1 if down else -1))


def put_at(model: type[Asked], row_id: UUID, place: int) -> Asked | None:
    """Give one a place, 1 for the first, and return it; the others close up. None where it stays, or is gone.

    Beyond the last is the last. Call it inside a transaction.
    """
    rows = _in_order(model)
    here = _index(rows, row_id)
    return None if here is None else _move(model, rows, here, place - 1)


def with_draft(asked: Iterable[Value], draft: Value) -> list[Value]:
    """Return what is asked with a draft in the place of what it changes, at the end when that is not asked now, or new."""
    values = [draft if one.id == draft.id else one for one in asked]
    return values if draft in values else [*values, draft]


def _in_order(model: type[Asked]) -> list[Asked]:
    return list(model.objects.select_for_update().order_by("position", "id"))


def _index(rows: list[Asked], row_id: UUID) -> int | None:
    return next((index for index, row in enumerate(rows) if row.id == row_id), None)


def _move(model: type[Asked], rows: list[Asked], here: int, there: int) -> Asked | None:
    there = min(max(there, 0), len(rows) - 1)
    rows.insert(there, rows.pop(here))
    for position, row in enumerate(rows, start=1):
        row.position = position
    model.objects.bulk_update(rows, ["position"])
    return rows[there] if here != there else None
