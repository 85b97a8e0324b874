"""Deliveries that a system takes first and answers later: the receipt it hands out, and the questions after it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import quote

from yarl import URL

from apps.connectors.answers import at_path, text_at
from apps.connectors.contract import LONGEST_PLACE, Exchange, Receipt, Write, WriteOutcome
from apps.connectors.egress import Destination
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, RateLimitedError, RemoteError, RetryableError
from apps.connectors.judgement import Answer, retry_after
from apps.connectors.manifest import LateAnswer, ObjectManifest
from apps.connectors.protocols.calls import Calls

_FORGOTTEN = frozenset({404, 410})
_REFUSED = 400  # what a refusal that comes later counts as: it would have been one at once


def taken(
    calls: Calls, late: LateAnswer, write: Write, answer: Answer, *, asked: str, target_key: str = ""
) -> WriteOutcome:
    """Return the outcome of a write whose answer says that it was taken; `asked` is the path it was sent to.

    `target_key` is the record's id where an earlier call has told it.

    Raises:
        RetryableError: the answer does not say where to ask, or names another host. The record may arrive all the same.

    """
    said = _place_said(late, answer)
    if not said:
        _unknown_place(answer.exchange, f"{calls.manifest.name} took the record but did not say where to ask about it.")
    if late.ask_path and "/" not in said:
        said = "/" + calls.path(late.ask_path).replace("{key}", quote(said, safe="")).lstrip("/")
        place = place_on_host(calls.door.destination, f"{calls.door.destination.path}{said}")
    elif late.place_below_base and said.startswith("/") and not said.startswith("//"):
        place = place_on_host(calls.door.destination, f"{calls.door.destination.path}{said}")
    else:
        place = place_on_host(calls.door.destination, said, asked=asked)
    if not place:
        sentence = (
            f"{calls.manifest.name} took the record but points to another host to ask about it: that is not followed."
        )
        _unknown_place(answer.exchange, sentence)
    known = text_at(_parsed(answer), late.key_path) if late.key_path else ""
    receipt = Receipt(
        place,
        target_key=write.target_key or target_key or known or None,
        created=write.target_key is None,
        wait_seconds=wait_told(answer),
    )
    return WriteOutcome(write.position, receipt.target_key, exchange=answer.exchange, receipt=receipt)


def _place_said(late: LateAnswer, answer: Answer) -> str:
    said = answer.headers.get(late.place_header, "") if late.place_header else ""
    return str(said or (text_at(_parsed(answer), late.place_path) if late.place_path else "")).strip()


def place_on_host(destination: Destination, said: str, *, asked: str = "") -> str:
    """Return the path, from the host's root, that an address leads to; "" when it leads elsewhere or is none.

    A relative address is meant from the one that was `asked` (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2).
    """
    if len(said) > LONGEST_PLACE or not said.isprintable() or any(sign.isspace() or sign == "\\" for sign in said):
        return ""
    try:
        base = URL(f"{destination.origin}{destination.path}/{asked.lstrip('/')}")
        url = base.join(URL(said)).with_fragment(None)
        there = (url.scheme, url.host, url.port, url.user, url.password)
    except ValueError:
        return ""
    elsewhere = there != (destination.scheme, destination.host, destination.port, None, None)
    return "" if elsewhere or len(url.raw_path_qs) > LONGEST_PLACE else url.raw_path_qs


def wait_told(answer: Answer) -> float | None:
    """Return the seconds that an answer asks to wait, at most an hour; None when it does not say."""
    told = answer.headers.get("Retry-After")
    return retry_after(told, now=datetime.now(UTC)) if told else None


async def inquire(calls: Calls, spec: ObjectManifest, receipts: Sequence[Receipt]) -> list[WriteOutcome]:
    """Ask about each receipt, as many at once as the system takes, and return one outcome for each, in order.

    Raises:
        AuthExpiredError: the sign-in is not accepted for any of them.

    """
    late = spec.writing.late_answer if spec.writing else None
    lanes = asyncio.Semaphore(calls.door.limits.at_once)

    async def ask(position: int, receipt: Receipt) -> WriteOutcome:
        async with lanes:
            return await _asked(calls, spec, late or LateAnswer(), position, receipt)

    outcomes = await asyncio.gather(*(ask(position, receipt) for position, receipt in enumerate(receipts)))
    errors = [outcome.error for outcome in outcomes if outcome.receipt is not None and outcome.error is not None]
    if len(errors) == len(outcomes) and all(error.kind is FailureKind.AUTH_EXPIRED for error in errors):
        raise errors[0]
    return outcomes


async def _asked(calls: Calls, spec: ObjectManifest, late: LateAnswer, position: int, receipt: Receipt) -> WriteOutcome:
    try:
        answer = await calls.call("GET", f"{calls.door.destination.origin}{receipt.place}", spec=spec)
        return _outcome(calls, spec, late, position, receipt, answer)
    except RateLimitedError as error:
        wait = max((error.until - datetime.now(UTC)).total_seconds(), 0.0)
        return WriteOutcome(
            position, receipt.target_key, error, error.exchange, receipt=replace(receipt, wait_seconds=wait)
        )
    except RemoteError as error:
        told = _forgotten(calls, error) if error.status in _FORGOTTEN else error
        stands = None if told is not error else replace(receipt, wait_seconds=None)
        return WriteOutcome(position, receipt.target_key, told, error.exchange, receipt=stands)


def _outcome(
    calls: Calls, spec: ObjectManifest, late: LateAnswer, position: int, receipt: Receipt, answer: Answer
) -> WriteOutcome:
    body, word = _state(late, answer)
    if word in _words(late.failed):
        part = at_path(body, late.problem_path)
        error = record_failure(calls.manifest, _REFUSED, part, spec=spec, sent={}, secrets=answer.secrets)
        error.exchange = answer.exchange
        return WriteOutcome(position, receipt.target_key, error, answer.exchange)
    if word in _words(late.done):
        key = receipt.target_key or (text_at(body, late.key_path) if late.key_path else "")
        if not key:
            return WriteOutcome(position, error=_unnumbered(calls, answer.exchange), exchange=answer.exchange)
        return WriteOutcome(position, key, exchange=answer.exchange, created=receipt.created)
    again = replace(receipt, wait_seconds=wait_told(answer))
    unknown = None if word in _words(late.running) else _unknown_word(calls, word, answer.exchange)
    return WriteOutcome(position, receipt.target_key, unknown, answer.exchange, receipt=again)


def _state(late: LateAnswer, answer: Answer) -> tuple[Any, str]:
    """Return the parsed answer and the word that says how it stands, in small letters."""
    if not late.state_path:
        waits = answer.status in late.taken_statuses
        return _parsed(answer), next(iter(_words(late.running if waits else late.done)), "")
    body = answer.json()
    return body, text_at(body, late.state_path).casefold()


def _words(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _parsed(answer: Answer) -> Any:
    """Return the body of an answer that may have none."""
    return answer.json() if answer.body.strip() else None


def _unknown_place(exchange: Exchange, sentence: str) -> NoReturn:
    error = RetryableError(sentence, business_class=BusinessClass.SCHEMA_DRIFT, ambiguous=True)
    error.exchange = exchange
    raise error


def _forgotten(calls: Calls, asked: RemoteError) -> RemoteError:
    error = RetryableError(
        f"{calls.manifest.name} took the record and no longer knows what became of it.",
        business_class=BusinessClass.MISSING_REFERENCE,
        ambiguous=True,
        status=asked.status,
    )
    error.exchange = asked.exchange
    return error


def _unknown_word(calls: Calls, word: str, exchange: Exchange) -> RemoteError:
    said = f"a word that is not known ({word[:40]!r})" if word else "nothing"
    error = RetryableError(
        f"{calls.manifest.name} says {said} about how far it is with the record.",
        business_class=BusinessClass.SCHEMA_DRIFT,
    )
    error.exchange = exchange
    return error


def _unnumbered(calls: Calls, exchange: Exchange) -> RemoteError:
    error = RetryableError(
        f"{calls.manifest.name} has made the record but did not say under which number.",
        business_class=BusinessClass.SCHEMA_DRIFT,
        ambiguous=True,
    )
    error.exchange = exchange
    return error
