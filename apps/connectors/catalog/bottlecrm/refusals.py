"""What BottleCRM refuses: sentences under the names of their fields, {"error": true, "errors": {"name": ["..."]}}.

The sentences are those of its serializers (release 1.35.0) and of the Django REST Framework below them, in English:
https://django-crm.readthedocs.io/en/latest/api/errors/
"""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.connectors.answers import text_at
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule
from apps.connectors.protocols.rest_problems import Problem

_B = BusinessClass


def _refused(business_class: BusinessClass, pattern: str, sentence: str) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, pattern=pattern, sentence=sentence)


RULES = (
    ErrorRule(
        FailureKind.MISCONFIGURED,
        _B.PERMISSION,
        statuses=(403,),
        pattern=r"(?i)not scoped for",
        sentence="BottleCRM: {message} Make a token with the scopes that the connection's page names.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        _B.PERMISSION,
        statuses=(403,),
        pattern=r"(?i)organization context",
        sentence="BottleCRM does not know whose token this is: make a new one as a user who belongs to an organization.",
    ),
    _refused(
        _B.DUPLICATE,
        r"(?i)already exists with this",
        "BottleCRM already has a record with this name or e-mail address, without our number. Link the two, or rename one.",
    ),
    _refused(
        _B.MISSING_REFERENCE,
        r"(?i)no such account|object does not exist",
        "BottleCRM does not have this account, or the token's user may not see it. Link the client anew.",
    ),
    _refused(
        _B.MAPPING_GAP,
        r"(?i)is not a valid choice",
        "BottleCRM does not know this value ({message}). Map it to one that it offers.",
    ),
    _refused(
        _B.TOO_LARGE,
        r"(?i)no more than \d+ (characters|digits)",
        "A value of this record is longer than BottleCRM allows. Shorten it ({message}).",
    ),
    _refused(
        _B.VALIDATION,
        r"(?i)is required|may not be (blank|null)|enter a valid|cannot be negative|required when|valid number",
        "BottleCRM refuses the record ({message})",
    ),
)


def problems_of(said: Mapping[str, Any]) -> list[Problem]:
    """Return what an answer complains of, field by field; custom fields stand one level deeper."""
    errors = said.get("errors")
    if isinstance(errors, Mapping):
        return [{"code": "", "message": message, "field": field} for field, message in _by_field(errors)]
    told = text_at(errors, "") or text_at(said, "detail") or text_at(said, "message")
    return [{"code": "", "message": told, "field": ""}]


def _by_field(errors: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, told in errors.items():
        field = "" if name == "non_field_errors" else f"{before}{name}"
        if isinstance(told, Mapping):
            yield from _by_field(told, f"{field}.")
        else:
            yield field, text_at(told, "")
