"""The registry of kinds of work: upper rooms say what to call, this room says when.

A kind's function runs inside its partner's scope and outside any transaction: it opens short ones itself, and calls
`work.confirm()` in each one that writes. It may be run more than once for one row, so it must be safe to repeat. It works
for some 15 seconds at most and then returns `RunAgain()`: workers are stopped after 60.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from apps.dispatch.models import Queue

if TYPE_CHECKING:
    from apps.dispatch.leases import LeasedWork

DEFAULT_LEASE_SECONDS = 60


class UnknownKindError(LookupError):
    """No function is registered for this kind of work."""


@dataclass(frozen=True, slots=True)
class RunAgain:
    """Keep the row: due at `at`, or at once but behind others when None. Attempts start from zero again.

    `behind`: it also lets the rows of its own lane go first that are in it by now. `waiting_for` names a connection whose
    return it awaits: `hasten` makes it due before `at`.
    """

    at: datetime | None = None
    behind: bool = False
    waiting_for: UUID | None = None


WorkFunction = Callable[["LeasedWork"], RunAgain | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of work is: its function, its queue and how long a silent worker keeps it."""

    name: str
    function: WorkFunction
    queue: Queue
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class Periodic:
    """A kind that becomes due for every active partner, every so many seconds."""

    kind: str
    every_seconds: int


_kinds: dict[str, Kind] = {}
_periodic: dict[str, Periodic] = {}


def register(
    kind: str, function: WorkFunction, *, queue: Queue = Queue.RUN, lease_seconds: int = DEFAULT_LEASE_SECONDS
) -> None:
    """Say what runs for `kind`; called from AppConfig.ready. Registering the same function again changes nothing.

    Raises:
        ValueError: another function already has the name, or the lease is shorter than 10 seconds.

    """
    known = _kinds.get(kind)
    if known is not None and known.function is not function:
        raise ValueError(f"kind {kind!r} is registered by {known.function.__module__}: choose another name.")
    if lease_seconds < 10:
        raise ValueError(f"lease_seconds={lease_seconds} of kind {kind!r} is too short to be renewed: use 10 or more.")
    _kinds[kind] = Kind(kind, function, queue, lease_seconds)


def register_periodic(kind: str, every_seconds: int) -> None:
    """Make `kind` due for every active partner every `every_seconds`, on the clock (60: at each full minute).

    Raises:
        ValueError: `every_seconds` is less than 1.

    """
    if every_seconds < 1:
        raise ValueError(f"every_seconds={every_seconds} of kind {kind!r}: use 1 or more.")
    _periodic[kind] = Periodic(kind, every_seconds)


def require_kind(kind: str) -> Kind:
    """Return the registered kind. Raises UnknownKindError."""
    try:
        return _kinds[kind]
    except KeyError:
        raise UnknownKindError(
            f"No function is registered for kind {kind!r}: the room that owns it calls kinds.register in AppConfig.ready."
        ) from None


def lease_seconds_by_kind() -> dict[str, int]:
    """Return each kind's lease length."""
    return {kind.name: kind.lease_seconds for kind in _kinds.values()}


def list_periodic() -> list[Periodic]:
    """Return the periodic kinds, by name."""
    return [_periodic[name] for name in sorted(_periodic)]


def forget(kind: str) -> None:
    """Take a kind out of the registry; for tests that register their own."""
    _kinds.pop(kind, None)
    _periodic.pop(kind, None)
