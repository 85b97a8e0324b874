"""The five ways a remote system fails, and the business class each failure belongs to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.connectors.contract import Exchange


class FailureKind(StrEnum):
    """What the engine does next depends on this and on nothing else."""

    RETRYABLE = "retryable"  # may work later by itself
    RATE_LIMITED = "rate_limited"  # works again at a known time
    AUTH_EXPIRED = "auth_expired"  # the connection needs a person or a refresh
    MISCONFIGURED = "misconfigured"  # every record of this flow would fail alike
    REJECTED = "rejected"  # this record is wrong; the others are not


class BusinessClass(StrEnum):
    """The words people use for a failure; decides queue, runbook and clock."""

    CLOSED_PERIOD = "closed_period"
    INVALID_DIMENSION = "invalid_dimension"
    MISSING_REFERENCE = "missing_reference"
    DUPLICATE = "duplicate"
    INACTIVE_PROJECT = "inactive_project"
    MISSING_APPROVAL = "missing_approval"
    MAPPING_GAP = "mapping_gap"
    SCHEMA_DRIFT = "schema_drift"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    PARSE = "parse"
    VALIDATION = "validation"
    PERMISSION = "permission"
    CONNECTION = "connection"
    PROVIDER_OUTAGE = "provider_outage"
    TIMEOUT = "timeout"
    SOURCE_DELETED = "source_deleted"  # a record that was delivered is gone where it came from
    SOURCE_SHRUNK = "source_shrunk"  # so many seem gone that it is doubted
    UNRECONCILED = "unreconciled"  # both sides differ, and nothing explains it
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field of one record.

    `message` is a sentence for a finance person: what is wrong, and what would mend it.
    `field` is the canonical field name, or the target's where no canonical one is known; "" for the whole record.
    """

    field: str
    message: str
    business_class: BusinessClass = BusinessClass.VALIDATION
    code: str = ""


class RemoteError(Exception):
    """A call to an outside system did not do what was asked."""

    kind = FailureKind.RETRYABLE

    def __init__(
        self, message: str, *, business_class: BusinessClass, ambiguous: bool = False, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.business_class = business_class
        # True when the request may have been carried out although no good answer came back: probe before repeating.
        self.ambiguous = ambiguous
        self.status = status
        # What was sent and answered, redacted; None when nothing was.
        self.exchange: Exchange | None = None


class RetryableError(RemoteError):
    """Outage, time-out, dropped connection, 5xx: worth another try later."""


class RateLimitedError(RemoteError):
    """The system asked us to wait until `until` (aware, UTC)."""

    kind = FailureKind.RATE_LIMITED

    def __init__(self, message: str, *, until: datetime) -> None:
        super().__init__(message, business_class=BusinessClass.PROVIDER_OUTAGE, status=429)
        self.until = until


class AuthExpiredError(RemoteError):
    """The system no longer accepts the connection's credentials."""

    kind = FailureKind.AUTH_EXPIRED


class MisconfiguredError(RemoteError):
    """Wrong address, missing permission, an answer that is not the system's: no record can pass until it is mended."""

    kind = FailureKind.MISCONFIGURED


class RejectedError(RemoteError):
    """The system understood the record and refuses it, with a reason per field."""

    kind = FailureKind.REJECTED

    def __init__(self, message: str, *, problems: tuple[FieldProblem, ...], status: int | None = None) -> None:
        business_class = problems[0].business_class if problems else BusinessClass.VALIDATION
        super().__init__(message, business_class=business_class, status=status)
        self.problems = problems
