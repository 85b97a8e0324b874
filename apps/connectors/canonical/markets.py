"""Which part of the firm's business a record belongs to: who says it, and what holds where several do (pure)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

# Clients and deals say it of themselves, each part in one of their fields; whatever else happens is counted by those it is about.
TOLD_BY: Mapping[str, Mapping[str, str]] = {
    "Customer": {"service_line": "service_line", "segment": "segment", "region": "region"},
    "Opportunity": {"service_line": "service_line", "segment": "client_segment", "region": "region"},
}


@dataclass(frozen=True, slots=True)
class Market:
    """The service line, the client's segment and the region of a record; "" for what nobody says."""

    service_line: str = ""
    segment: str = ""
    region: str = ""


def first_told(sayings: Iterable[Collection[Market]]) -> Market:
    """Return what is said of a record by those it may be asked of, the nearest first.

    For each part the nearest ones that say anything are believed. Where they differ among themselves it is not known: those
    farther off cannot settle it.
    """
    asked = [tuple(one) for one in sayings]
    return Market(
        service_line=_agreed([one.service_line for one in some] for some in asked),
        segment=_agreed([one.segment for one in some] for some in asked),
        region=_agreed([one.region for one in some] for some in asked),
    )


def _agreed(sayings: Iterable[Iterable[str]]) -> str:
    said = next((names for some in sayings if (names := set(some) - {""})), set[str]())
    return said.pop() if len(said) == 1 else ""
