"""Where the reading of a folder stands: which files are settled, and how far the one has come that is being read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.connectors.protocols.files_rows import digest
from apps.connectors.sftp_door import RemoteFile

MOST_KNOWN = 500  # files that are known one by one; older ones by their time of change
_MARK = 20


@dataclass(frozen=True, slots=True)
class SettledFile:
    """One file that was read to its end. `mark` names it as it was then, `content` its bytes."""

    mark: str
    changed_at: int
    content: str


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """The checkpoint of a folder.

    A name that was settled and comes again with another time or size is another file. `floor`: what was changed before
    (seconds since 1970) counts as read, because so many were read that not all of them are remembered.
    """

    settled: tuple[SettledFile, ...] = ()
    floor: int = 0
    current: str = ""
    row: int = 0

    @classmethod
    def of(cls, checkpoint: Mapping[str, Any] | None) -> "FolderPlace":
        """Return the place that a checkpoint tells, the beginning for none."""
        kept = checkpoint or {}
        settled = tuple(SettledFile(str(mark), int(at), str(content)) for mark, at, content in kept.get("settled", ()))
        return cls(settled, int(kept.get("floor", 0)), str(kept.get("current", "")), int(kept.get("row", 0)))

    def checkpoint(self) -> dict[str, Any]:
        """Return the place as a checkpoint."""
        kept = {"settled": [[file.mark, file.changed_at, file.content] for file in self.settled], "floor": self.floor}
        return {**kept, "current": self.current, "row": self.row} if self.current else kept

    def is_settled(self, file: RemoteFile) -> bool:
        """Return whether a file counts as read to its end, as it is now."""
        return file.changed_at < self.floor or self.knows(file)

    def knows(self, file: RemoteFile) -> bool:
        """Return whether this very file was read to its end: no guess from its time."""
        mark = mark_of(file)
        return any(known.mark == mark for known in self.settled)

    def has_content(self, content: str) -> bool:
        """Return whether the same bytes were read before, under whatever name."""
        return any(known.content == content for known in self.settled)

    def within(self, file: RemoteFile, row: int) -> "FolderPlace":
        """Return the place behind so many rows of a file."""
        return replace(self, current=mark_of(file), row=row)

    def behind(self, file: RemoteFile, content: str) -> "FolderPlace":
        """Return the place when a file is read to its end; the oldest known ones are given up for it."""
        settled = (*self.settled, SettledFile(mark_of(file), file.changed_at, content))
        if len(settled) <= MOST_KNOWN:
            return FolderPlace(settled, self.floor)
        oldest = min(settled, key=lambda known: known.changed_at)
        kept = tuple(known for known in settled if known is not oldest)
        return FolderPlace(kept, max(self.floor, oldest.changed_at))

    def rows_read(self, file: RemoteFile) -> int:
        """Return how many rows of a file are settled."""
        return self.row if self.current == mark_of(file) else 0


def content_mark(content: bytes) -> str:
    """Return what the bytes of a file are known by in a checkpoint."""
    return digest(content)[:_MARK]


def mark_of(file: RemoteFile) -> str:
    """Return what a file is known by as long as nobody changes it."""
    return digest(f"{file.name}|{file.size}|{file.changed_at}".encode())[:_MARK]


def in_order(files: Iterable[RemoteFile], place: FolderPlace, *, by_name: bool) -> list[RemoteFile]:
    """Return files oldest first, or by name; one that is half read comes before all others."""
    return sorted(
        files,
        key=lambda file: (
            mark_of(file) != place.current,
            file.name if by_name else "",
            file.changed_at,
            file.name,
        ),
    )
