"""The wait step: until something is said, or until a time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.canonical.values import UnusableValueError
from apps.connectors.errors import BusinessClass
from apps.flows.engine.acts import Act, Go, StepContext, WaitFor, WaitUntil
from apps.flows.engine.stored import DefinitionError, Group, written

_MOST_HOURS = 24 * 365


@dataclass(frozen=True, slots=True)
class WaitOptions:
    """Waits for `event` about the subject that `about` gives (at most `at_most_hours`), or until the time `until` gives.

    `until` is an expression for a date or instant; a day is over when the next begins in UTC. Waited too long for an
    event: someone must act, or with `go_on_without` the next step follows. With `give_way` a newer version of the record
    ends the wait and walks in its place: long waits would otherwise act on what the record said when they began.
    """

    kind: ClassVar[str] = "wait"
    owner_queue: ClassVar[str] = "delivery"
    keys: ClassVar[frozenset[str]] = frozenset({
        "event", "about", "at_most_hours", "go_on_without", "until", "hours", "give_way",
    })  # fmt: skip
    event: str = ""
    about: str = ""
    at_most_hours: int = 0
    go_on_without: bool = False
    until: str = ""
    hours: int = 0
    give_way: bool = False

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        found = cls(
            event=group.text("event", longest=60),
            about=group.expression("about", described),
            at_most_hours=group.whole("at_most_hours", least=1, most=_MOST_HOURS),
            go_on_without=group.flag("go_on_without"),
            until=group.expression("until", described),
            hours=group.whole("hours", least=1, most=_MOST_HOURS),
            give_way=group.flag("give_way"),
        )
        if sum(map(bool, (found.event, found.until, found.hours))) != 1:
            raise DefinitionError(group.path, "must have exactly one of event, until and hours")
        if found.event and not found.about:
            raise DefinitionError(group.where("about"), "is missing: say what the event must be about")
        return found

    def plan(self, context: StepContext) -> Act:
        """Wait, unless the time has come already."""
        if self.event:
            at_most = context.began_at + timedelta(hours=self.at_most_hours) if self.at_most_hours else None
            return WaitFor(self.event, context.text(self.about)[:200], at_most, self.go_on_without, self.give_way)
        until = context.began_at + timedelta(hours=self.hours) if self.hours else _instant(context.text(self.until))
        return Go(note="The time has come.") if until <= context.now else WaitUntil(until, self.give_way)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        return written(self)


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnusableValueError(f"{text!r} is no date to wait for", BusinessClass.VALIDATION) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
