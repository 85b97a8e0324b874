"""What an answer means: one table from status to failure kind, and the waits a system asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from apps.connectors.contract import Exchange
from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    FailureKind,
    MisconfiguredError,
    RateLimitedError,
    RemoteError,
    RetryableError,
)

LONGEST_HOLD_SECONDS = 3600.0
_RESET_HEADERS = ("X-Rate-Limit-Reset", "X-RateLimit-Reset", "RateLimit-Reset")
_ANY_INSTANT = 1_000_000_000  # a greater number is a time (2001 and later), a smaller one a span
_SYSTEMS_FAULT = frozenset({BusinessClass.CONNECTION, BusinessClass.PROVIDER_OUTAGE, BusinessClass.TIMEOUT})
_WEB_PAGE = "The address answered with a web page instead of data: check the base address."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `writes` tells whether the request could have changed something.

    `secrets` are the connection's own: a system that repeats them in its refusal must not carry them into a sentence.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int
    exchange: Exchange
    writes: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_web_page(self) -> bool:
        """True when the body is HTML."""
        return "html" in self.headers.get("Content-Type", "") or self.body[:64].lstrip().lower().startswith(
            (b"<!doctype", b"<html")
        )

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            MisconfiguredError: it is a web page.
            RetryableError: it is cut short or broken; after a write nobody knows whether that was carried out.

        """
        try:
            return orjson.loads(self.body)
        except ValueError:
            if self.is_web_page:
                error: RemoteError = MisconfiguredError(
                    _WEB_PAGE, business_class=BusinessClass.CONNECTION, ambiguous=False, status=self.status
                )
            else:
                error = RetryableError(
                    "The answer of the system is cut short or is not valid JSON.",
                    business_class=BusinessClass.PARSE,
                    ambiguous=self.writes,
                    status=self.status,
                )
            error.exchange = self.exchange
            raise error from None


def judge(answer: Answer, *, now: datetime) -> RemoteError | None:
    """Return the failure that a status means for the whole call, or None when it is fine or about one record."""
    status = answer.status
    if status < 300:
        error: RemoteError | None = _misplaced(_WEB_PAGE, status) if answer.is_web_page else None
    elif status < 400:
        error = _misplaced("The address redirects to another one: enter the final address as the base address.", status)
    elif status == 429 or (status == 503 and "Retry-After" in answer.headers):
        error = _rate_limited(answer, now)
    elif status >= 500 or status in _STATUS_TABLE:
        error = _by_status(answer)
    else:
        error = _misplaced(_WEB_PAGE, status) if answer.is_web_page else None
    if error is not None:
        error.exchange = answer.exchange
    return error


# status -> (kind, class, may have been carried out, sentence); other 5xx read like 500, other 4xx are about the record.
_STATUS_TABLE: dict[int, tuple[type[RemoteError], BusinessClass, bool, str]] = {
    401: (
        AuthExpiredError,
        BusinessClass.PERMISSION,
        False,
        "The system no longer accepts the sign-in: enter valid credentials on the connection's page.",
    ),
    403: (
        MisconfiguredError,
        BusinessClass.PERMISSION,
        False,
        "The sign-in works but lacks a permission: ask the system's administrator for it.",
    ),
    407: (MisconfiguredError, BusinessClass.CONNECTION, False, "A proxy in between asks for its own sign-in."),
    408: (RetryableError, BusinessClass.TIMEOUT, True, "The system gave up waiting for the request."),
    500: (RetryableError, BusinessClass.PROVIDER_OUTAGE, True, "The system had an error of its own."),
    502: (RetryableError, BusinessClass.PROVIDER_OUTAGE, True, "The system is not reachable behind its own gateway."),
    503: (RetryableError, BusinessClass.PROVIDER_OUTAGE, True, "The system is not available right now."),
    504: (RetryableError, BusinessClass.TIMEOUT, True, "The system did not answer its own gateway in time."),
}


def is_outage(answer: Answer) -> bool:
    """Tell whether a status blames the system as a whole. One that names a time to come back is no outage."""
    return answer.status == 408 or (
        answer.status >= 500 and not (answer.status == 503 and "Retry-After" in answer.headers)
    )


def is_systems_fault(error: RemoteError) -> bool:
    """Tell whether a failed call blames the system or the way to it, and no record and no set-up of ours."""
    return error.kind is FailureKind.RETRYABLE and error.business_class in _SYSTEMS_FAULT


def refused_grant(answer: Answer, *, now: datetime, refused: str, ended: str = "") -> RemoteError:
    """Return what an answer without a token means: by its status where that says enough, else refused credentials.

    `refused` is the sentence for those, `ended` the one for a grant that was good once ("invalid_grant", RFC 6749,
    section 5.2); "" for the same.
    """
    by_status = None if answer.status in {400, 401, 403} else judge(answer, now=now)
    if by_status is not None:
        return by_status
    if answer.status == 404:
        error: RemoteError = MisconfiguredError(
            "The system hands out no access tokens at this address: check the base address.",
            business_class=BusinessClass.CONNECTION,
            status=answer.status,
        )
    elif answer.status < 300:
        error = MisconfiguredError(
            "The system's answer holds no access token: check the base address.",
            business_class=BusinessClass.CONNECTION,
            status=answer.status,
        )
    else:
        sentence = ended if ended and _error_code(answer) == "invalid_grant" else refused
        error = AuthExpiredError(sentence, business_class=BusinessClass.PERMISSION, status=answer.status)
    error.exchange = answer.exchange
    return error


def _error_code(answer: Answer) -> str:
    try:
        said = orjson.loads(answer.body)
    except ValueError:
        return ""
    return str(said.get("error", "")) if isinstance(said, Mapping) else ""


def _by_status(answer: Answer) -> RemoteError:
    kind, business_class, ambiguous, sentence = _STATUS_TABLE.get(answer.status, _STATUS_TABLE[500])
    return kind(sentence, business_class=business_class, ambiguous=ambiguous and answer.writes, status=answer.status)


def _rate_limited(answer: Answer, now: datetime) -> RateLimitedError:
    seconds = wait_asked(answer.headers, now=now)
    error = RateLimitedError(
        "The system asks to be called less often: the work goes on by itself.", until=now + timedelta(seconds=seconds)
    )
    error.status = answer.status
    return error


def wait_asked(headers: Mapping[str, str], *, now: datetime) -> float:
    """Return the seconds a system asks to wait, at most an hour: by Retry-After, else by when it says its window begins anew.

    That is a time in seconds since 1970 at Okta (https://developer.okta.com/docs/reference/rl-best-practices/) and at
    DocuSign (https://developers.docusign.com/docs/esign-rest-api/esign101/rules-and-limits/), a number of seconds at others.
    """
    asked = headers.get("Retry-After", "")
    reset = next((headers[name] for name in _RESET_HEADERS if name in headers), "").strip()
    if asked or not reset.isdecimal():
        return retry_after(asked, now=now)
    seconds = int(reset)
    return retry_after(str(seconds - now.timestamp() if seconds > _ANY_INSTANT else seconds), now=now)


def retry_after(text: str, *, now: datetime) -> float:
    """Return the seconds a Retry-After header asks for (seconds or a date), at most an hour; a minute when unreadable."""
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return 60.0
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (aware - now).total_seconds()
    if seconds != seconds:  # noqa: PLR0124  "nan" parses as a number
        return 60.0
    return min(max(seconds, 0.5), LONGEST_HOLD_SECONDS)


def _misplaced(sentence: str, status: int) -> MisconfiguredError:
    return MisconfiguredError(sentence, business_class=BusinessClass.CONNECTION, status=status)
