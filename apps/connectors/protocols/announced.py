"""Systems whose records come with the events that announce them: reading them anew finds nothing."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from apps.connectors.contract import Page


async def nothing_to_read(checkpoint: Mapping[str, Any] | None) -> AsyncIterator[Page]:
    """Yield an empty page: what was announced and is not kept cannot be had again."""
    yield Page((), dict(checkpoint or {}), last=True)
