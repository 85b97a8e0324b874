"""Keeps this process's leases alive while their functions run, and says which were lost."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from django.db import Error, connection

from apps.dispatch import leases
from apps.dispatch.leases import LeasedWork

logger = logging.getLogger(__name__)


class LeaseKeeper:
    """A thread that renews every held lease at half its time, over a connection of its own.

    When the database cannot be asked, a hold counts as lost once its time has passed on this process's clock.
    """

    def __init__(self, renew: Callable[[Sequence[LeasedWork]], None] = leases.renew_all) -> None:
        self._renew = renew
        self._held: dict[int, tuple[LeasedWork, float]] = {}  # work, and when it was last known to be ours
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def hold(self, works: Sequence[LeasedWork]) -> None:
        """Keep these leases alive from now on."""
        with self._condition:
            self._held.update({id(work): (work, time.monotonic()) for work in works})
            # A forked child has the object but not its thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._keep, name="lease-keeper", daemon=True)
                self._thread.start()
            self._condition.notify()

    def drop(self, work: LeasedWork) -> None:
        """Stop caring for a lease that was settled or given back."""
        with self._condition:
            self._held.pop(id(work), None)

    def _keep(self) -> None:
        while True:
            with self._condition:
                self._condition.wait(self._seconds_to_wait())
                due = [(w, seen) for w, seen in self._held.values() if self._half_time(w, seen) <= time.monotonic()]
            if due:
                self._renew_all(due)

    @staticmethod
    def _half_time(work: LeasedWork, seen: float) -> float:
        return seen + work.lease_seconds / 2

    def _seconds_to_wait(self) -> float | None:
        if not self._held:
            return None
        return max(0.0, min(self._half_time(work, seen) for work, seen in self._held.values()) - time.monotonic())

    def _renew_all(self, due: Sequence[tuple[LeasedWork, float]]) -> None:
        asked_at = time.monotonic()
        try:
            self._renew([work for work, _ in due])
        except Error as error:
            logger.warning("leases not renewed, trying again: %s", error)
            for work, seen in due:
                if asked_at - seen > work.lease_seconds:
                    work.mark_lost()
                    self.drop(work)
            time.sleep(1)
        else:
            self._note_renewed([work for work, _ in due], asked_at)
        finally:
            connection.close()

    def _note_renewed(self, works: Sequence[LeasedWork], at: float) -> None:
        with self._condition:
            for work in works:
                if work.lost:
                    self._held.pop(id(work), None)
                elif id(work) in self._held:
                    self._held[id(work)] = (work, at)


keeper = LeaseKeeper()
