"""The words in which a capability sheet says how a system writes, answers and counts; manifests use them."""

from dataclasses import dataclass
from enum import StrEnum


class Transport(StrEnum):
    """How a system is spoken to; the value is what its address begins with."""

    HTTP = "https"
    SFTP = "sftp"
    SQL = "postgresql"
    SMTP = "smtp"


class Concurrency(StrEnum):
    """What becomes of a change that is made on an old version of a record."""

    ETAG = "etag"  # the change names the version it was made on (If-Match) and is refused when that is old
    VERSION_FIELD = "version_field"  # as before, by a field of the record
    SYNC_TOKEN = "sync_token"  # noqa: S105  as before, by a counter that every change must repeat
    LAST_WRITE_WINS = "last_write_wins"


class Acknowledgement(StrEnum):
    """When the system says whether a record was taken."""

    AT_ONCE = "at_once"
    OPERATION = "operation"  # 202 and an address that tells later what became of it
    JOB = "job"  # records are handed in together and worked on later


class BatchAnswer(StrEnum):
    """What becomes of the good records of a batch in which one is refused."""

    PER_RECORD = "per_record"
    ALL_OR_NONE = "all_or_none"


class LimitScope(StrEnum):
    """Whose calls count towards a limit."""

    UNKNOWN = "unknown"
    SIGN_IN = "sign_in"  # those of this connection alone
    USER = "user"
    ACCOUNT = "account"  # the customer's whole account there, other programs included
    APP = "app"  # those of all customers that are connected with the same client


class MoneyForm(StrEnum):
    """How an amount of money is written."""

    NUMBER = "number"  # 12.5
    TEXT = "text"  # "12.50"
    CENTS = "cents"  # 1250


class TimeForm(StrEnum):
    """How a duration is written."""

    HOURS = "hours"  # 1.5
    MINUTES = "minutes"  # 90
    SECONDS = "seconds"  # 5400
    ISO_DURATION = "iso_duration"  # PT1H30M
    CLOCK = "clock"  # 1:30


class DayForm(StrEnum):
    """How a day is written."""

    ISO = "iso"  # 2026-11-21
    DOTTED = "dotted"  # 21.11.2026
    SLASHED = "slashed"  # 11/21/2026
    MILLISECONDS = "milliseconds"  # since 1970
    PARTS = "parts"  # year, month and day apart


class ZoneForm(StrEnum):
    """In which time zone an instant is meant."""

    UTC = "utc"
    OFFSET = "offset"  # each instant says how far it is from UTC
    ACCOUNT = "account"  # that of the account or user; no instant says it


@dataclass(frozen=True, slots=True)
class Formats:
    """How a system writes amounts, durations, days and instants; None where its records have none of these."""

    money: MoneyForm | None = None
    hours: TimeForm | None = None
    days: DayForm | None = DayForm.ISO
    zone: ZoneForm | None = ZoneForm.UTC
