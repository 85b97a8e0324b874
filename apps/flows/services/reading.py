"""Reading a source in batches: pages are joined until a batch is full, one batch ahead of the delivery."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.connectors.contract import Page, SourceRecord
from apps.connectors.errors import RemoteError
from apps.flows.services import telemetry


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """Some records in reading order, and the checkpoint that holds once they are settled."""

    records: tuple[SourceRecord, ...]
    checkpoint: Mapping[str, Any] | None
    last: bool


class BatchReader:
    """Turns pages into batches of at most `size` records. Holds two pages at most, however long the reading is."""

    def __init__(self, pages: AsyncIterator[Page], size: int) -> None:
        self._pages = pages
        self._size = size
        self._held: list[SourceRecord] = []
        self._checkpoint: Mapping[str, Any] | None = None
        self._ended = False
        self._place = telemetry.here()  # reading goes on while a batch is delivered, and is no part of that batch

    async def next_batch(self) -> ReadBatch | RemoteError:
        """Return the next batch (empty and `last` at the end), or the error that stopped the reading."""
        with telemetry.step("extract", within=self._place) as watch:
            read = await self._next_batch()
            watch.records = len(read.records) if isinstance(read, ReadBatch) else 0
        return read

    async def _next_batch(self) -> ReadBatch | RemoteError:
        try:
            while not self._ended and len(self._held) < self._size:
                await self._take_page()
        except RemoteError as error:
            if not self._held:
                return error
            self._ended = True  # deliver what was read; the run continues from the checkpoint of these pages
            return self._hand_out(last=False)
        return self._hand_out(last=self._ended)

    async def _take_page(self) -> None:
        page = await anext(self._pages, None)
        if page is None:
            self._ended = True
            return
        self._held.extend(page.records)
        self._checkpoint = page.checkpoint
        self._ended = page.last

    def _hand_out(self, *, last: bool) -> ReadBatch:
        records, self._held = tuple(self._held), []
        return ReadBatch(records, self._checkpoint, last)
