"""What the answer of a SOAP service means in the words of HTTP and JSON, which the rest of a connector understands."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

import orjson

from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError, RetryableError
from apps.connectors.judgement import Answer
from apps.connectors.protocols.soap_reading import (
    Fault,
    NoEnvelopeError,
    UnreadableAnswerError,
    plain_values,
    read_envelope,
)
from apps.connectors.protocols.soap_tree import Node

# What faults of WS-Security mean (https://docs.oasis-open.org/wss-m/wss/v1.1.1/os/wss-SOAPMessageSecurity-v1.1.1-os.html,
# section 12).
_STATUSES: Mapping[str, int] = {
    "FailedAuthentication": 401,
    "FailedCheck": 401,
    "InvalidSecurity": 401,
    "InvalidSecurityToken": 401,
    "MessageExpired": 401,
    "SecurityTokenUnavailable": 401,
    "UnsupportedSecurityToken": 401,
}
# A status that says more than a fault can; 500 and 400 are only how faults travel.
_TELLING = frozenset({401, 403, 404, 407, 408, 413, 429, 502, 503, 504})
_REFUSED, _OUTAGE = 422, 500
_WITH_ATTACHMENTS = "The system answers with attachments (MTOM), which are not read: switch that off at the service."
_NO_ENVELOPE = "The address answered with XML that is no SOAP envelope: check the base address."
_ANOTHER_ANSWER = "The system answers in another form than its description says: its format has changed."


def told_plainly(answer: Answer, expected: Node | None, statuses: Mapping[str, int]) -> Answer:
    """Return an answer as if HTTP and JSON had carried it.

    A fault has the status that HTTP would have given it, by `statuses` and by whom the service blames: what the caller did
    wrong is no outage. `expected` is what the body of a good answer holds, None where nothing comes back.

    Raises:
        RemoteError: a good answer cannot be understood.

    """
    if answer.is_web_page:
        return answer
    heard = _fault_in(answer) if answer.status >= 300 else _heard(answer)
    if isinstance(heard, Fault):
        return replace(answer, status=_status_of(heard, answer.status, statuses), body=_said(heard))
    if answer.status >= 300:
        return answer
    if expected is None:
        return replace(answer, body=b"{}")
    if heard is None or str(heard.tag).rpartition("}")[2] != expected.name:
        raise _unusable(answer, _ANOTHER_ANSWER, BusinessClass.SCHEMA_DRIFT) if answer.body.strip() else _broken(answer)
    return replace(answer, body=orjson.dumps(plain_values(heard, expected)))


def _heard(answer: Answer) -> Element | Fault | None:
    """Return what stands in the body of a good answer, None when that is empty. Raises RemoteError."""
    if answer.headers.get("Content-Type", "").lower().startswith("multipart/"):
        raise _unusable(answer, _WITH_ATTACHMENTS, BusinessClass.PARSE)
    if not answer.body.strip():
        return None
    try:
        return read_envelope(answer.body)
    except UnreadableAnswerError:
        raise _broken(answer) from None
    except NoEnvelopeError:
        raise _unusable(answer, _NO_ENVELOPE, BusinessClass.CONNECTION, ambiguous=False) from None


def _fault_in(answer: Answer) -> Fault | None:
    """Return the fault in an answer that is none of the good ones; gateways answer with anything."""
    try:
        heard = read_envelope(answer.body)
    except (UnreadableAnswerError, NoEnvelopeError):
        return None
    return heard if isinstance(heard, Fault) else None


def _status_of(fault: Fault, status: int, statuses: Mapping[str, int]) -> int:
    known = {**_STATUSES, **statuses}
    for code in fault.codes:
        if code in known:
            return known[code]
    if status in _TELLING:
        return status
    return _REFUSED if fault.is_ours else _OUTAGE


def _said(fault: Fault) -> bytes:
    """Return a fault as ErrorShape reads it by default; what the service says in its detail lies below that."""
    told: dict[str, Any] = {"code": fault.codes[0], "message": fault.text, "detail": fault.detail}
    return orjson.dumps(told)


def _broken(answer: Answer) -> RemoteError:
    error = RetryableError(
        "The answer of the system is cut short or is not valid XML.",
        business_class=BusinessClass.PARSE,
        ambiguous=answer.writes,
        status=answer.status,
    )
    error.exchange = answer.exchange
    return error


def _unusable(
    answer: Answer, sentence: str, business_class: BusinessClass, *, ambiguous: bool | None = None
) -> RemoteError:
    error = MisconfiguredError(
        sentence,
        business_class=business_class,
        ambiguous=answer.writes if ambiguous is None else ambiguous,
        status=answer.status,
    )
    error.exchange = answer.exchange
    return error
