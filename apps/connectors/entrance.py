"""Lets so many calls into a system at once, the first one alone: a sign-in that is refused is refused once, not in chorus."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from apps.connectors.contract import CallCounts
from apps.connectors.errors import RemoteError
from apps.connectors.judgement import Answer, is_outage, is_systems_fault

_REFUSED = 401
_NEITHER = frozenset({_REFUSED, 429, 503})  # refused, too often, not now: neither well nor broken


class Entrance:
    """One door's way in: `at_once` calls may be under way at the same time, once the first was not turned away."""

    def __init__(self, at_once: int) -> None:
        self._at_once = asyncio.Semaphore(at_once)
        self._first = asyncio.Lock()
        self._open = False
        self._refusal: Answer | None = None
        self._ok = self._failed = 0
        self._reason = ""

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared, and begin to count anew."""
        counts = CallCounts(self._ok, self._failed, self._reason)
        self._ok, self._failed, self._reason = 0, 0, ""
        return counts

    async def go(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make the call when there is room, and return its answer.

        A call that stood waiting while the one before it was turned away (401) is not made: it gets that answer.
        """
        try:
            answer = await self._let_in(call)
        except RemoteError as error:
            if is_systems_fault(error):
                self._note_failure(error.message)
            raise
        if answer.status < 400:
            self._ok += 1
        elif is_outage(answer):
            self._note_failure(f"The system had an error of its own (status {answer.status}).")
        elif answer.status not in _NEITHER:
            self._ok += 1
        return answer

    def _note_failure(self, reason: str) -> None:
        self._failed, self._reason = self._failed + 1, reason

    async def _let_in(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        seen = self._refusal
        async with self._at_once:
            if not self._open:
                async with self._first:
                    if self._refusal is not None and self._refusal is not seen:
                        return self._refusal
                    if not self._open:
                        return await self._try(call)
            return await call()

    async def _try(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        refused = False
        try:
            answer = await call()
            refused = answer.status == _REFUSED
            if refused:  # what this call sent is no evidence for the others
                self._refusal = replace(answer, exchange=replace(answer.exchange, request=""))
            return answer
        finally:
            self._open = not refused  # an outage opens too: waiting for it one by one would take for ever
