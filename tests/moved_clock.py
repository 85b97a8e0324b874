"""A clock for stories that take weeks: the product, its ids and the sandbox systems live by it; the database's own clock does not.

The time of a story lies far ahead, so that nothing falls due by itself: `fall_due` makes due what the story's clock has come to.
"""

import itertools
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from unittest.mock import patch
from uuid import UUID

from django.apps import apps
from django.db.models import Field
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.connectors import breaker, error_adapter, http, rate_budget
from apps.connectors.protocols import rest
from apps.connectors.sandbox import approvals, desk
from apps.dispatch.models import DueWork

_READ_THE_TIME = (rest, http, error_adapter, rate_budget, desk, approvals)
_TICK = timedelta(microseconds=1)


class MovedClock:
    """Stands still but for a millionth of a second per look, until it is set to a later moment."""

    def __init__(self, start: datetime) -> None:
        self._moment = start
        self._numbers = itertools.count(1)

    def now(self) -> datetime:
        """Return the moment it is; no two looks see the same."""
        self._moment += _TICK
        return self._moment

    def move(self, moment: datetime) -> None:
        """Go on to a later moment, and make due what waited for it."""
        assert moment >= self._moment, f"the clock was past {moment} already"
        self._moment = moment
        breaker._known.clear()  # what a process knows of a breaker is no older than a second
        self.fall_due()

    def fall_due(self) -> int:
        """Make due, by the database's clock, what is due by this one; returns how much."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        return DueWork.objects.filter(due_at__lte=self._moment, due_at__gt=past).update(due_at=past)

    def uuid7(self) -> UUID:
        """Return an id of this moment; a later one is always greater."""
        number = next(self._numbers)
        high = (int(self.now().timestamp() * 1000) << 16) | 0x7000 | (number >> 62) & 0xFFF
        return UUID(int=high << 64 | 1 << 63 | number & ((1 << 62) - 1))


@contextmanager
def moved_clock(start: datetime) -> Iterator[MovedClock]:
    """Let everything live by a clock that is at `start`."""
    clock = MovedClock(start)

    class MovedDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock.now().astimezone(tz)

    with ExitStack() as stack:
        stack.enter_context(patch.object(timezone, "now", clock.now))
        for module in _READ_THE_TIME:
            stack.enter_context(patch.object(module, "datetime", MovedDatetime))
        for name, module in list(sys.modules.items()):
            if name.startswith("apps.") and getattr(module, "uuid7", None) is uuid7:
                stack.enter_context(patch.object(module, "uuid7", clock.uuid7))
        for field in _fields_with_ids():
            stack.enter_context(patch.object(field, "_get_default", clock.uuid7))
        yield clock


def _fields_with_ids() -> Iterator["Field[object, object]"]:
    for model in apps.get_models():
        yield from (field for field in model._meta.concrete_fields if field.default is uuid7)
