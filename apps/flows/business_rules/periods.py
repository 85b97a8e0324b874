"""The rule about the books: the accounting period of the posting is open."""

from collections.abc import Sequence
from datetime import date

from apps.connectors.canonical.shapes import CanonicalValues, gettext_noop
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.rule import BusinessRule, Facts, Question, Sample

PERIODS = Question("AccountingPeriod", reads=("state",))
OPEN = "open"


def _of_entity(periods: Sequence[CanonicalValues], entity: object) -> Sequence[CanonicalValues]:
    """Return those of the record's company; where no period names it, all of them: the system decides then."""
    return [period for period in periods if entity and period.get("legal_entity") == entity] or periods


def _judge(values: CanonicalValues, facts: Facts, _today: date) -> str:
    day = facts.posting_on
    if day is None:
        return ""
    known = facts.lists.get(PERIODS.kind, ())
    covering = [one for one in known if one.get("starts", date.min) <= day <= one.get("ends", date.max)]
    covering = list(_of_entity(covering, values.get("legal_entity")))
    if not covering:
        return (
            f"The books of {{asked}} have no period for {day.isoformat()}. Ask finance to set it up there, then retry."
        )
    if any(period.get("state") == OPEN for period in covering):
        return ""
    how = "soft-closed" if any(period.get("state") == "soft_closed" for period in covering) else "closed"
    return (
        f"The accounting period of {day.isoformat()} is {how} in {{asked}}. "
        "Ask finance to open it and retry, or move the posting into an open period."
    )


_NOVEMBER = {"code": "2026-11", "starts": date(2026, 11, 1), "ends": date(2026, 11, 30), "state": "open"}
_OCTOBER = {"code": "2026-10", "starts": date(2026, 10, 1), "ends": date(2026, 10, 31), "state": "closed"}


def _facts(day: date, *periods: CanonicalValues) -> Facts:
    return Facts(lists={PERIODS.kind: periods}, posting_on=day, posting_field="work_date")


PERIOD_OPEN = BusinessRule(
    name="period_open",
    types=("TimeEntry", "Expense", "Invoice"),
    title=gettext_noop("The accounting period is closed"),
    summary=gettext_noop("the accounting period of the posting is open"),
    looks_at=gettext_noop("the accounting periods of the receiving system, and the day it books the record on"),
    business_class=BusinessClass.CLOSED_PERIOD,
    queue="finance",
    runbook=gettext_noop(
        "Open the period in the receiving system and retry all records of this case, or move the posting day into an open "
        "period. Nothing was posted."
    ),
    judge=_judge,
    asks=(PERIODS,),
    samples=(
        Sample("open", {}, _facts(date(2026, 11, 20), _OCTOBER, _NOVEMBER)),
        Sample("no posting day", {}, Facts(lists={PERIODS.kind: (_OCTOBER,)})),
        Sample(
            "open for this company",
            {"legal_entity": "200"},
            _facts(
                date(2026, 11, 20),
                _NOVEMBER | {"legal_entity": "100", "state": "closed"},
                _NOVEMBER | {"legal_entity": "200"},
            ),
        ),
        Sample(
            "closed",
            {},
            _facts(date(2026, 10, 20), _OCTOBER, _NOVEMBER),
            "The accounting period of 2026-10-20 is closed in {asked}. Ask finance to open it and retry, or move the posting into an open period.",
        ),
        Sample(
            "soft-closed",
            {},
            _facts(date(2026, 10, 20), _OCTOBER | {"state": "soft_closed"}),
            "The accounting period of 2026-10-20 is soft-closed in {asked}. Ask finance to open it and retry, or move the posting into an open period.",
        ),
        Sample(
            "closed for this company",
            {"legal_entity": "100"},
            _facts(
                date(2026, 11, 20),
                _NOVEMBER | {"legal_entity": "100", "state": "closed"},
                _NOVEMBER | {"legal_entity": "200"},
            ),
            "The accounting period of 2026-11-20 is closed in {asked}. Ask finance to open it and retry, or move the posting into an open period.",
        ),
        Sample(
            "no such period",
            {},
            _facts(date(2027, 1, 4), _OCTOBER, _NOVEMBER),
            "The books of {asked} have no period for 2027-01-04. Ask finance to set it up there, then retry.",
        ),
    ),
)
