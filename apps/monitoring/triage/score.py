"""How often proposals were right, and when a class falls back to manual (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

WINDOW = 20  # the latest decisions that count
FEWEST = 8  # before that nothing is said about a class


class Verdict(StrEnum):
    """What became of a proposal, as the scorecard counts it."""

    ACCEPTED = "accepted"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Score:
    """Decisions within the window. One applied with a change was half right."""

    accepted: int = 0
    changed: int = 0
    refused: int = 0

    @property
    def decided(self) -> int:
        """Return how many decisions there are."""
        return self.accepted + self.changed + self.refused

    @property
    def share(self) -> int | None:
        """Return how many in a hundred were right, None before there are any."""
        if not self.decided:
            return None
        return round(100 * (self.accepted + self.changed / 2) / self.decided)

    def falls(self, floor: int) -> bool:
        """Return whether the class is to fall back to manual."""
        return self.decided >= FEWEST and self.share is not None and self.share < floor


def score_of(verdicts: Iterable[Verdict]) -> Score:
    """Count the first WINDOW verdicts, which come the latest first."""
    latest = list(islice(verdicts, WINDOW))
    return Score(*(latest.count(kind) for kind in (Verdict.ACCEPTED, Verdict.CHANGED, Verdict.REFUSED)))
