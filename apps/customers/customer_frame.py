"""What every page about one customer wears: name, state, health, tabs. The monitoring room, which knows the health, builds it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from apps.accounts.actor import Actor
from apps.customers.models import Customer


@dataclass(frozen=True, slots=True)
class FrameTab:
    """One part of a customer's page; `count` None shows no number."""

    name: str
    label: str
    url: str
    active: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class FrameAction:
    """The one thing to do next with a customer."""

    label: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class CustomerFrame:
    """The head of a customer's pages. `local_time` is now on the customer's clock; `owner` "" when nobody looks after it."""

    customer: Customer
    colour: str
    reasons: tuple[str, ...]
    owner: str
    local_time: datetime
    tabs: tuple[FrameTab, ...]
    action: FrameAction | None

    @property
    def clock(self) -> str:
        """Return the time of day at the customer's: "14:05"."""
        return f"{self.local_time:%H:%M}"

    @property
    def place(self) -> str:
        """Return the town that names the customer's time zone."""
        return self.customer.time_zone.rpartition("/")[2].replace("_", " ")

    @property
    def reason(self) -> str:
        """Return the gravest reason for the colour."""
        return self.reasons[0] if self.reasons else ""


BuildFrame = Callable[[Customer, Actor, str, datetime], CustomerFrame]
_builders: list[BuildFrame] = []


def register(build: BuildFrame) -> None:
    """Ask `build` from now on; called once, when the monitoring room starts."""
    _builders[:] = [build]


def build_frame(customer: Customer, who: Actor, tab: str, *, now: datetime) -> CustomerFrame:
    """Return the head of a customer's page as `who` sees it, with `tab` open."""
    for build in _builders:
        return build(customer, who, tab, now)
    return CustomerFrame(customer, "", (), "", now, (), None)
