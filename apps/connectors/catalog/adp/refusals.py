"""What ADP refuses, and where its answers say so: in a confirmMessage, for the request as a whole and for each event in it.

The form is ADP's standard (https://developers.adp.com/getting-started/key-concepts/adp-event-apis-and-event-notification-guide);
which code means what is told to nobody but its clients. The patterns are written from its words for these cases in
Workforce Now (pay period, time card, position) and have not met a running system: what none of them knows is shown in
ADP's own words.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.connectors.answers import text_at, walk_path
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule
from apps.connectors.protocols.rest_problems import Problem

_B = BusinessClass
_FAILED = "failed"
_SAID_IN = ("processMessages", "resourceMessages.processMessages")


def _refused(business_class: BusinessClass, pattern: str, sentence: str, field: str) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, pattern=pattern, field=field, sentence=sentence)


RULES = (
    _refused(
        _B.CLOSED_PERIOD,
        r"(?i)pay ?period .{0,60}(closed|locked|ended)|time ?card .{0,60}(locked|closed|signed off|approved)",
        "The pay period or the time card is closed at ADP: ask payroll to open it, or enter the hours on an open day.",
        "work_date",
    ),
    _refused(
        _B.INVALID_DIMENSION,
        r"(?i)(labor|allocation) .{0,60}(invalid|not valid|does not exist|not found)",
        "ADP does not know the labor code of this project. Add it to the labor category there, or map the project.",
        "project",
    ),
    _refused(
        _B.INVALID_DIMENSION,
        r"(?i)(pay|earning|entry) ?code .{0,60}(invalid|not valid|does not exist|not found)",
        "ADP does not know this pay code. Enter one of the company’s pay codes in the flow’s mapping.",
        "service_item",
    ),
    _refused(
        _B.MISSING_REFERENCE,
        r"(?i)(associate|worker|employee|position|work assignment) .{0,60}(invalid|not found|does not exist|no longer)",
        "ADP does not have this person, or not in this position. Correct the person on the record, or link it anew.",
        "resource",
    ),
)


def problems_of(said: Mapping[str, Any]) -> list[Problem]:
    """Return what an answer's confirmMessage complains of; information in it is none."""
    confirm = said.get("confirmMessage")
    messages = (message for path in _SAID_IN for message in _listed(confirm, path))
    return [
        {
            "code": text_at(message, "userMessage.codeValue"),
            "message": text_at(message, "userMessage.messageTxt") or text_at(message, "userMessage.title"),
            "field": "",
        }
        for message in messages
        if text_at(message, "messageTypeCode.codeValue").lower() not in {"info", "success", "warning"}
    ]


def has_failed(said: Mapping[str, Any]) -> bool:
    """Return whether a good answer says all the same that the request, or an event in it, came to nothing."""
    statuses = (
        "confirmMessage.requestStatusCode.codeValue",
        "confirmMessage.resourceMessages.resourceStatusCode.codeValue",
    )
    return any(str(status).lower() == _FAILED for path in statuses for status in walk_path(said, path))


def _listed(confirm: Any, path: str) -> Iterator[Mapping[str, Any]]:
    return (message for message in walk_path(confirm, path) if isinstance(message, Mapping))
