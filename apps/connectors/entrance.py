"""Lets so many calls into a system at once, the first one alone: a sign-in that is refused is refused once, not in chorus."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from apps.connectors.call_tally import CallTally
from apps.connectors.contract import CallCounts
from apps.connectors.errors import RemoteError
from apps.connectors.judgement import Answer, is_outage

_REFUSED = 401


class Entrance:
    """One door's way in: `at_once` calls may be under way at the same time, once the first was not turned away."""

    def __init__(self, at_once: int) -> None:
        self._at_once = asyncio.Semaphore(at_once)
        self._first = asyncio.Lock()
        self._open = False
        self._refusal: Answer | None = None
        self._tally = CallTally()

    def take_counts(self) -> CallCounts:
        """Return how the calls since the last asking fared, and begin to count anew."""
        return self._tally.take()

    async def go(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make the call when there is room, and return its answer.

        A call that stood waiting while the one before it was turned away (401) is not made: it gets that answer.
        """
        try:
            answer = await self._let_in(call)
        except RemoteError as error:
            self._tally.note_error(error, error.exchange.milliseconds if error.exchange else 0)
            raise
        if is_outage(answer):
            self._tally.note_failure(
                f"The system had an error of its own (status {answer.status}).", answer.milliseconds
            )
        else:
            self._tally.note_answer(answer.status, answer.milliseconds)
        return answer

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
