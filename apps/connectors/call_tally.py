"""Counts how the calls of a door fare: for the connection's breaker well, failed by the system's fault, or neither; and how long they take."""

from apps.connectors.call_times import SLOTS, CallTimes, slot_of
from apps.connectors.contract import CallCounts
from apps.connectors.errors import RemoteError
from apps.connectors.judgement import is_systems_fault

_NEITHER = frozenset({401, 429, 503})  # refused, too often, not now: neither well nor broken
_TOO_OFTEN = frozenset({429, 503})


class CallTally:
    """The calls of one door since it was last asked."""

    def __init__(self) -> None:
        self._ok = self._failed = self._calls = self._limited = 0
        self._reason = ""
        self._slots = [0] * SLOTS

    def take(self) -> CallCounts:
        """Return how the calls since the last asking fared, and begin to count anew."""
        times = CallTimes(self._calls, self._failed, self._limited, tuple(self._slots))
        counts = CallCounts(self._ok, self._failed, self._reason, times)
        self._ok = self._failed = self._calls = self._limited = 0
        self._reason, self._slots = "", [0] * SLOTS
        return counts

    def note_answer(self, status: int, milliseconds: int) -> None:
        """Count a call that was answered, if only by a refusal; an outage is a failure instead."""
        self._time(milliseconds)
        if status not in _NEITHER:
            self._ok += 1
        elif status in _TOO_OFTEN:
            self._limited += 1

    def note_failure(self, reason: str, milliseconds: int) -> None:
        """Count a call that failed by the system's fault."""
        self._time(milliseconds)
        self._failed, self._reason = self._failed + 1, reason

    def note_error(self, error: RemoteError, milliseconds: int) -> None:
        """Count a call that brought no answer; one that was not made for our own reasons does not count."""
        if is_systems_fault(error):
            self.note_failure(error.message, milliseconds)

    def note_failed(self, status: int | None, error: RemoteError, milliseconds: int) -> None:
        """Count a call by the status that the system's refusal stands for; None: it brought no answer."""
        if status is not None:
            self.note_answer(status, milliseconds)
        else:
            self.note_error(error, milliseconds)

    def _time(self, milliseconds: int) -> None:
        self._calls += 1
        self._slots[slot_of(milliseconds)] += 1
