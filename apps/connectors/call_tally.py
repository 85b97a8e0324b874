"""Counts how the calls of a door fare, for the connection's breaker: well, failed by the system's fault, or neither."""

from apps.connectors.contract import CallCounts
from apps.connectors.errors import RemoteError
from apps.connectors.judgement import is_systems_fault

_NEITHER = frozenset({401, 429, 503})  # refused, too often, not now: neither well nor broken


class CallTally:
    """The calls of one door since it was last asked."""

    def __init__(self) -> None:
        self._ok = self._failed = 0
        self._reason = ""

    def take(self) -> CallCounts:
        """Return how the calls since the last asking fared, and begin to count anew."""
        counts = CallCounts(self._ok, self._failed, self._reason)
        self._ok, self._failed, self._reason = 0, 0, ""
        return counts

    def note_answer(self, status: int) -> None:
        """Count a call that was answered, if only by a refusal; an outage is a failure instead."""
        if status not in _NEITHER:
            self._ok += 1

    def note_failure(self, reason: str) -> None:
        """Count a call that failed by the system's fault."""
        self._failed, self._reason = self._failed + 1, reason

    def note_error(self, error: RemoteError) -> None:
        """Count a call that brought no answer; one that was not made for our own reasons does not count."""
        if is_systems_fault(error):
            self.note_failure(error.message)

    def note_failed(self, status: int | None, error: RemoteError) -> None:
        """Count a call by the status that the system's refusal stands for; None: it brought no answer."""
        if status is not None:
            self.note_answer(status)
        else:
            self.note_error(error)
