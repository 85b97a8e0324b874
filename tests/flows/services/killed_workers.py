"""Workers that die in the middle of something, for what has to go on where they left it."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from apps.dispatch.models import DueWork
from apps.flows.models import Run
from apps.tenants import scope


class Killed(BaseException):
    """A worker that is gone: nothing of it is caught, nothing cleaned up."""


def work_killed_at(work: Callable[[], object], run: Run, of: type, at: str) -> None:
    """Let a worker die in the middle of what the method `at` of `of` does, before it commits, and another one take over."""
    whole, calls = getattr(of, at), []

    def killed(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            return whole(self, *args, **kwargs)
        due = type(self._session.work)
        with patch.object(due, "advance", side_effect=Killed), patch.object(due, "confirm", side_effect=Killed):
            return whole(self, *args, **kwargs)

    with patch.object(of, at, killed):
        with pytest.raises(Killed):
            work()
        with scope.public():
            DueWork.objects.filter(reference=str(run.id)).update(state="ready", lease_owner="", lease_until=None)
        work()
