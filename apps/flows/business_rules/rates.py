"""The rule about the price: on the day of the work the rate comes from exactly one rate line."""

from datetime import date
from decimal import Decimal

from apps.connectors.canonical.shapes import CanonicalValues, gettext_noop
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.rule import BusinessRule, Facts, Question, Sample, money, words

LINES = Question("RateLine", reads=("bill_rate",))
# A line that states one of these applies only to records that carry the same.
_STATED = ("client", "project", "resource", "role", "grade", "service_item", "location", "currency")
_MOST_NAMED = 3


def _applies(line: CanonicalValues, values: CanonicalValues, day: date) -> bool:
    since, until = line.get("valid_from"), line.get("valid_to")
    if (since is not None and day < since) or (until is not None and day > until):
        return False
    return all(line.get(name) in (None, "") or line.get(name) == values.get(name) for name in _STATED)


def _judge(values: CanonicalValues, facts: Facts, _today: date) -> str:
    day, lines = values.get("work_date"), facts.lists.get(LINES.kind)
    if day is None or lines is None or values.get("billable") is False:
        return ""
    fitting = [line for line in lines if _applies(line, values, day)]
    if len(fitting) == 1:
        return ""
    if not fitting:
        what = f" for {words(values['service_item'])}" if values.get("service_item") else ""
        return (
            f"No rate line of {{asked}} gives a price{what} on {day.isoformat()}. "
            "Add one there that is valid on that day, then retry."
        )
    named = ", ".join(_named(line) for line in fitting[:_MOST_NAMED])
    more = f" and {len(fitting) - _MOST_NAMED} more" if len(fitting) > _MOST_NAMED else ""
    return (
        f"{len(fitting)} rate lines of {{asked}} give a price on {day.isoformat()}: {named}{more}. "
        "End all but one of them before that day there, then retry."
    )


def _named(line: CanonicalValues) -> str:
    rate = line.get("bill_rate")
    price = f" at {money(rate, str(line.get('currency') or ''))}" if isinstance(rate, Decimal) else ""
    return f"{words(line.get('id') or 'one without a number')}{price}"


_ENTRY = {"work_date": date(2026, 11, 20), "service_item": "CONS-DEV", "currency": "EUR", "billable": True}
_OLD = {
    "id": "RL-1",
    "service_item": "CONS-DEV",
    "currency": "EUR",
    "bill_rate": Decimal(140),
    "valid_to": date(2026, 11, 20),
}
_NEW = _OLD | {"id": "RL-2", "bill_rate": Decimal(150), "valid_from": date(2026, 11, 21), "valid_to": None}


def _facts(*lines: CanonicalValues) -> Facts:
    return Facts(lists={LINES.kind: lines})


RATE_VALID = BusinessRule(
    name="rate_valid",
    types=("TimeEntry",),
    title=gettext_noop("The rate is not clear"),
    summary=gettext_noop("the rate on the day of the work comes from exactly one rate line"),
    looks_at=gettext_noop("the rate lines that fit client, project, person, service, place and currency on that day"),
    business_class=BusinessClass.VALIDATION,
    queue="finance",
    runbook=gettext_noop(
        "Look at the rate lines named above. Where none is valid, add the one that was agreed; where several are, end all "
        "but the right one before the day of the work. Then retry. Nothing was posted."
    ),
    judge=_judge,
    asks=(LINES,),
    blames="bill_rate",
    samples=(
        Sample("exactly one", _ENTRY, _facts(_OLD, _NEW)),
        Sample("another service's line", _ENTRY, _facts(_OLD, _NEW | {"service_item": "CONS-PM", "valid_from": None})),
        Sample("nothing to bill", _ENTRY | {"billable": False}, _facts()),
        Sample(
            "none on that day",
            _ENTRY | {"work_date": date(2026, 11, 22)},
            _facts(_OLD),
            "No rate line of {asked} gives a price for CONS-DEV on 2026-11-22. Add one there that is valid on that day, then retry.",
        ),
        Sample(
            "two overlap",
            _ENTRY,
            _facts(_OLD, _NEW | {"valid_from": date(2026, 11, 1)}),
            "2 rate lines of {asked} give a price on 2026-11-20: RL-1 at 140.00 EUR, RL-2 at 150.00 EUR. End all but one of them before that day there, then retry.",
        ),
        Sample(
            "many overlap",
            _ENTRY,
            _facts(*[_OLD | {"id": f"RL-{number}"} for number in range(1, 6)]),
            "5 rate lines of {asked} give a price on 2026-11-20: RL-1 at 140.00 EUR, RL-2 at 140.00 EUR, RL-3 at 140.00 EUR and 2 more. End all but one of them before that day there, then retry.",
        ),
    ),
)
