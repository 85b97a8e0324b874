"""Reads the files of a folder as pages of records: each file once, oldest first, nothing that is only half there."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from apps.connectors.contract import Page, SourceRecord
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.files_place import FolderPlace, content_mark, in_order
from apps.connectors.protocols.files_rows import UnreadableFileError, digest, read_records
from apps.connectors.protocols.files_settings import CHECKSUM, FilePlan, joined
from apps.connectors.protocols.rest_reading import require_reading
from apps.connectors.sftp_door import RemoteFile, SftpDoor
from apps.connectors.sftp_problems import NoSuchFileError

_DONE, _FAILED = "done", "failed"
_MOST_NAMESAKES = 50
_LONGEST_CHECKSUM_FILE = 4096

Chosen = Callable[[RemoteFile], bool]


class FolderReading:
    """What reads one folder through one door."""

    def __init__(self, door: SftpDoor, plan: FilePlan) -> None:
        self._door, self._plan = door, plan

    def _require_known_form(self) -> None:
        """Raise MisconfiguredError where the files are of a form that is only written."""
        if self._plan.form.parquet:
            raise _unreadable(
                "Parquet files are written, not read: for reading make another connection, with CSV or JSON lines as its form.",
                BusinessClass.CONNECTION,
            )

    async def changes(self, spec: ObjectManifest, checkpoint: Mapping[str, Any] | None) -> AsyncIterator[Page]:
        """Yield the rows of files that are not settled; settled ones are put aside first, where the settings say so.

        Raises:
            RemoteError: the folder cannot be read, or a file in it: the sentence names file and line.

        """
        place = FolderPlace.of(checkpoint)
        if self._plan.moves:
            await self._put_settled_aside(spec, place)
        async for page in self.pages(spec, place, lambda file: not place.is_settled(file)):
            yield page

    async def pages(self, spec: ObjectManifest, place: FolderPlace, chosen: Chosen) -> AsyncIterator[Page]:
        """Yield the rows of the files that are `chosen`, from `place` on, each page with its checkpoint."""
        self._require_known_form()
        size = require_reading(spec).paging.size
        listed = await self._door.list_folder(self._plan.folder_in or ".")
        names = {file.name for file in listed}
        waiting = [file for file in self._wanted(spec, listed) if chosen(file)]
        files = in_order(waiting, place, by_name=self._plan.by_name)
        for number, file in enumerate(files, start=1):
            content = await self._whole_content(file, names)
            if content is None:
                continue
            mark, rows = content_mark(content), list[SourceRecord]()
            if place.has_content(mark):
                self._door.note("SKIP", self._plan.path_in(file.name), "The same bytes were read before.")
            else:
                await self._require_readable(spec, file, content)
                records = islice(self._records(spec, file, content), place.rows_read(file), None)
                while len(rows := list(islice(records, size))) == size:
                    place = place.within(file, place.rows_read(file) + size)
                    yield Page(_once(rows), place.checkpoint())
            place = place.behind(file, mark)
            yield Page(_once(rows), place.checkpoint(), last=number == len(files))
            if number == len(files):
                return
        yield Page((), place.checkpoint(), last=True)

    async def rows(self, spec: ObjectManifest, keys: Collection[str]) -> dict[str, SourceRecord]:
        """Return the newest rows of these numbers, out of all files that are there, also those that were put aside as done.

        Raises RemoteError.
        """
        self._require_known_form()
        if not self._plan.moves:
            return await self._rows_here(spec, keys)
        done = replace(self._plan, folder_in=joined(self._plan.folder_in, _DONE), moves=False)
        try:
            earlier = await FolderReading(self._door, done).rows(spec, keys)
        except NoSuchFileError:
            earlier = {}
        return earlier | await self._rows_here(spec, keys)

    async def _rows_here(self, spec: ObjectManifest, keys: Collection[str]) -> dict[str, SourceRecord]:
        wanted, found = set(keys), dict[str, SourceRecord]()
        listed = await self._door.list_folder(self._plan.folder_in or ".")
        names = {file.name for file in listed}
        for file in in_order(self._wanted(spec, listed), FolderPlace(), by_name=self._plan.by_name):
            content = await self._whole_content(file, names)
            if content is None:
                continue
            try:
                found |= {row.key: row for row in self._records(spec, file, content) if row.key in wanted}
            except UnreadableFileError as problem:
                raise _unreadable(str(problem)) from None
        return found

    def _wanted(self, spec: ObjectManifest, files: Iterable[RemoteFile]) -> list[RemoteFile]:
        return [file for file in files if file.size and self._plan.wants(spec, file.name)]

    def _records(self, spec: ObjectManifest, file: RemoteFile, content: bytes) -> Iterable[SourceRecord]:
        return read_records(spec, self._plan.form, file.name, content)

    async def _whole_content(self, file: RemoteFile, names: Collection[str]) -> bytes | None:
        """Return a file's content; None while it is being written, or taken away: the next reading looks again.

        Raises MisconfiguredError when the checksum beside it is another one.
        """
        path = self._plan.path_in(file.name)
        if await self._door.look(path) != file:
            return None
        try:
            content = await self._door.read_file(path, file.size)
        except MisconfiguredError as problem:
            if problem.business_class is BusinessClass.TOO_LARGE:
                await self._refuse(file, problem.message, BusinessClass.TOO_LARGE)
            raise
        if len(content) != file.size or await self._door.look(path) != file:
            return None
        if file.name + CHECKSUM in names:
            beside = await self._door.read_file(path + CHECKSUM, _LONGEST_CHECKSUM_FILE)
            stated = beside[:_LONGEST_CHECKSUM_FILE].decode("ascii", "replace").split()
            if not stated or stated[0].lower() != digest(content):
                await self._refuse(
                    file,
                    f"The checksum beside {file.name} is not that of its content: it was changed or cut off on the way. "
                    "Send both again.",
                )
        return content

    async def _require_readable(self, spec: ObjectManifest, file: RemoteFile, content: bytes) -> None:
        """Read a file to its end before its first row is handed on: a file is taken whole or not at all."""
        try:
            for _ in self._records(spec, file, content):
                pass
        except UnreadableFileError as problem:
            await self._refuse(file, str(problem))

    async def _refuse(self, file: RemoteFile, sentence: str, kind: BusinessClass = BusinessClass.PARSE) -> None:
        """Raise what stops the reading; the file is put aside first, where the settings say so, so that others can pass."""
        if self._plan.moves:
            where = await self._put_aside(file, _FAILED)
            sentence = f"{sentence} It was moved to {where}; the next run goes on with the other files."
        raise _unreadable(sentence, kind)

    async def _put_settled_aside(self, spec: ObjectManifest, place: FolderPlace) -> None:
        for file in self._wanted(spec, await self._door.list_folder(self._plan.folder_in or ".")):
            if place.knows(file):
                await self._put_aside(file, _DONE)

    async def _put_aside(self, file: RemoteFile, folder: str) -> str:
        """Move a file and the checksum beside it into a folder of the folder; a namesake there keeps its name."""
        target = joined(self._plan.folder_in, folder)
        await self._door.make_folder(target)
        stem, dot, ending = file.name.rpartition(".")
        names = [file.name] + [
            f"{stem or file.name}-{file.changed_at}{f'-{number}' if number else ''}{dot}{ending if stem else ''}"
            for number in range(_MOST_NAMESAKES)
        ]
        for name in names:
            if await self._door.look(joined(target, name)) is None:
                await self._door.move_file(self._plan.path_in(file.name), joined(target, name))
                beside = self._plan.path_in(file.name) + CHECKSUM
                if await self._door.look(beside) is not None:
                    await self._door.move_file(beside, joined(target, name) + CHECKSUM)
                return joined(target, name)
        raise _unreadable(f"{target} holds too many files called {file.name}: move some of them away.")


def _once(rows: Iterable[SourceRecord]) -> tuple[SourceRecord, ...]:
    """A page that holds a row twice counts it once."""
    return tuple({(row.key, row.version): row for row in rows}.values())


def _unreadable(sentence: str, kind: BusinessClass = BusinessClass.PARSE) -> MisconfiguredError:
    return MisconfiguredError(sentence, business_class=kind)
