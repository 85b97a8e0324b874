"""How long one turn of due work goes on, where there may be more to do than one worker should at once."""

import time

MOST_SECONDS = 12.0  # workers are stopped when they go on much longer


class Turn:
    """One turn: what is left when it is over waits for the next."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + MOST_SECONDS

    @property
    def is_over(self) -> bool:
        """Return whether others should have theirs now."""
        return time.monotonic() > self._ends_at
