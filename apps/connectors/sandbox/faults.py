"""The fault switches of a sandbox company: what can go wrong, how often, and whether it does now."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FAULTS = {
    "rate_limit": "Answer 429 with Retry-After",
    "error_before": "Answer 500 before anything is done",
    "error_after": "Do the work, then answer 500",
    "drop_after": "Do the work, then drop the connection",
    "slow": "Answer late",
    "down": "Answer 503: out of service",
    "html": "Answer with a web page instead of data",
    "wrong_credentials": "Refuse the token",
    "forbidden": "Refuse writing: no permission",
    "closed_period": "Treat every posting date as closed",
    "invalid_dimension": "Treat every cost centre as unknown",
    "duplicate_pages": "Repeat the records of the page before",
    "schema_change": "Call a field by another name",
}
SETTINGS = {"retry_after_seconds": 1.0, "slow_seconds": 3.0, "token_seconds": 3600.0}


class FaultError(ValueError):
    """A fault is not known or its strength is not a share."""


def parse_faults(wanted: Mapping[str, Any]) -> dict[str, float]:
    """Return the switches as they are kept: a share of the calls (0 to 1) for each fault, seconds for each setting.

    Raises:
        FaultError: naming the fault that is unknown or the share that is none.

    """
    kept = dict[str, float]()
    for name, strength in wanted.items():
        if name not in FAULTS and name not in SETTINGS:
            raise FaultError(f"There is no fault {name!r}: use one of {', '.join((*FAULTS, *SETTINGS))}.")
        highest = 3600.0 if name in SETTINGS else 1.0
        if isinstance(strength, str) or not 0 <= float(strength) <= highest:
            raise FaultError(f"{name} must be a number from 0 to {highest:g}.")
        if strength:
            kept[name] = float(strength)
    return kept


@dataclass(slots=True)
class Faults:
    """Decides by dice of its own, so that the same calls meet the same faults."""

    shares: Mapping[str, float]
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def strikes(self, name: str) -> bool:
        """Return whether the fault happens now."""
        share = self.shares.get(name, 0.0)
        return share >= 1 or (share > 0 and self.dice.random() < share)

    def seconds(self, name: str) -> float:
        """Return a setting, or its usual value."""
        return self.shares.get(name, SETTINGS[name])
