"""Notices that pages have shifted while they were read by number, so that no record is left unread behind the shift."""

from collections.abc import Iterable

from apps.connectors.contract import SourceRecord

_MOST_REMEMBERED = 20_000
_MOST_TURNS = 5


class ShiftWatch:
    """Watches one reading of a list that comes oldest change first.

    More records of one instant than fit a page are read by page number. When one of them changes meanwhile, it leaves
    its place for the end of the list and the next one slips onto a page that was read already. It is met again at the
    end: then the reading must turn back to `since`, where the numbering began, and read what it does not know yet.
    Beyond 20,000 records, and across an interruption, a shift goes unnoticed.
    """

    def __init__(self) -> None:
        self.since = ""
        self.shifted = False
        self._numbered = False
        self._met: dict[str, str] = {}  # key -> version
        self._turns = 0

    def knows(self, record: SourceRecord) -> bool:
        """Return whether this version was read since the numbering began."""
        return self._numbered and self._met.get(record.key) == record.version

    def note(self, since: str, records: Iterable[SourceRecord], *, numbered: bool) -> None:
        """Take in a page of what changed since `since`; `numbered` when it was not the first of them."""
        if not self._numbered and since != self.since:
            self._met.clear()
            self.since = since
        self._numbered = self._numbered or numbered
        for record in records:
            earlier = self._met.get(record.key)
            if earlier is not None and earlier != record.version:
                self.shifted = self._numbered
            if earlier is not None or len(self._met) < _MOST_REMEMBERED:
                self._met[record.key] = record.version

    def turns_back(self) -> bool:
        """Return whether the reading, at its end, must turn back; a list that never rests is given up on after a while."""
        if not self.shifted or self._turns >= _MOST_TURNS:
            return False
        self.shifted, self._turns = False, self._turns + 1
        return True
