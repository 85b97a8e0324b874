"""What is watched about a flow, for its page; the monitoring room, which is above and watches, tells it when it starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.flows.models import Flow


@dataclass(frozen=True, slots=True)
class WatchedRow:
    """One thing that is watched. `state` is a state for the badge with its `word`; `since` since when it is so.

    `usual` and `limit` say what was learned and beyond what somebody is told, `values` are the latest figures, oldest first,
    and `current` the last of them in words. `note` says who switched it off and why, or what it says nothing because of.
    """

    name: str
    title: str
    rule: str
    state: str
    word: str
    found: str
    since: datetime | None = None
    url: str = ""
    usual: str = ""
    limit: str = ""
    current: str = ""
    values: Sequence[float] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One thing that was found lately; `closed_at` None: it goes on."""

    title: str
    sentence: str
    url: str
    found_at: datetime
    closed_at: datetime | None
    how: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything that is watched about a flow, and what was found lately."""

    rows: Sequence[WatchedRow]
    found: Sequence[FoundRow]


ReadWatch = Callable[[Flow, datetime], Watch]
_directories: list[ReadWatch] = []


def register(read_watch: ReadWatch) -> None:
    """Ask `read_watch` from now on; called once, when the monitoring room starts."""
    _directories[:] = [read_watch]


def watch_of(flow: Flow, now: datetime) -> Watch:
    """Return what is watched about a flow and how it stands."""
    return next((read_watch(flow, now) for read_watch in _directories), Watch((), ()))
