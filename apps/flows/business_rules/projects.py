"""The rules about the project: it is open, it can be billed, and its budget is not used up."""

from datetime import date
from decimal import Decimal

from apps.connectors.canonical.shapes import Amount, AmountQuality, CanonicalValues, gettext_noop
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.rule import Booked, BusinessRule, Facts, Question, Sample, money, number, words

_KIND = "Project"
_STOPPED = {"on_hold": "on hold", "closed": "closed"}
_WORKED = ("TimeEntry", "Expense")


def _project(facts: Facts) -> CanonicalValues:
    """Return the project; nothing where it was not found: whether it exists is for the delivery to say."""
    return facts.records.get(_KIND) or {}


def _code(values: CanonicalValues, project: CanonicalValues) -> str:
    return words(project.get("code") or values.get("project") or "?")


def _is_open(values: CanonicalValues, facts: Facts, _today: date) -> str:
    project = _project(facts)
    how = _STOPPED.get(str(project.get("state")))
    if how is None:
        return ""
    return (
        f"Project {_code(values, project)} is {how} in {{asked}}. "
        "Reopen it there and retry, or move the record to an active project."
    )


def _is_billable(values: CanonicalValues, facts: Facts, _today: date) -> str:
    project = _project(facts)
    if values.get("billable") is False or project.get("billable") is not False:
        return ""
    return (
        f"The record is to be billed, but project {_code(values, project)} is not billable in {{asked}}. "
        "Make the project billable there, or mark the record as not billable in {source}, then retry."
    )


def _has_budget(values: CanonicalValues, facts: Facts, _today: date) -> str:
    project = _project(facts)
    return _money_left(values, project, facts) or _hours_left(values, project, facts)


def _money_left(values: CanonicalValues, project: CanonicalValues, facts: Facts) -> str:
    budget, amount = project.get("budget_money"), facts.amount
    if budget is None or amount is None or amount.quality is AmountQuality.UNKNOWN:
        return ""
    if (project.get("currency") or amount.currency) != amount.currency:
        return ""  # what cannot be compared without an exchange rate is no proof of anything
    used = facts.booked.project_money
    if used + amount.value <= budget:
        return ""
    return (
        f"The budget of project {_code(values, project)} is {money(budget, amount.currency)} in {{asked}}, of which "
        f"{money(used, amount.currency)} are used: {money(amount.value, amount.currency)} more do not fit. "
        "Have the budget raised there, or move the record, then retry."
    )


def _hours_left(values: CanonicalValues, project: CanonicalValues, facts: Facts) -> str:
    budget, hours = project.get("budget_hours"), values.get("hours")
    if budget is None or hours is None or facts.booked.project_hours + hours <= budget:
        return ""
    return (
        f"The budget of project {_code(values, project)} is {number(budget)} hours in {{asked}}, of which "
        f"{number(facts.booked.project_hours)} are used: {number(hours)} more do not fit. "
        "Have the budget raised there, or move the record, then retry."
    )


def _known(**project: object) -> Facts:
    return Facts(records={_KIND: {"code": "PRJ-0007", **project}})


_ENTRY = {"project": "PRJ-0007", "hours": Decimal(8)}
_WORTH = Amount(Decimal(1160), "EUR", AmountQuality.KNOWN)


def _spent(amount: Amount | None, money: int, hours: int = 0, **project: object) -> Facts:
    booked = Booked(project_money=Decimal(money), project_hours=Decimal(hours))
    return Facts(records={_KIND: {"code": "PRJ-0007", **project}}, booked=booked, amount=amount)


PROJECT_OPEN = BusinessRule(
    name="project_open",
    types=("TimeEntry", "Expense", "Assignment"),
    title=gettext_noop("The project is closed"),
    summary=gettext_noop("the project is open"),
    looks_at=gettext_noop("the state of the project"),
    business_class=BusinessClass.INACTIVE_PROJECT,
    queue="delivery",
    runbook=gettext_noop(
        "Ask the delivery lead whether the project is to go on. If so, reopen it in the system named above and retry; if "
        "not, move the records to another project in their own system. Nothing was posted."
    ),
    judge=_is_open,
    asks=(Question(_KIND, "project", ("state",)),),
    blames="project",
    samples=(
        Sample("active", _ENTRY, _known(state="active")),
        Sample("planned", _ENTRY, _known(state="planned")),
        Sample("not found there", _ENTRY, Facts(records={_KIND: None})),
        Sample("no project named", {}, Facts()),
        Sample(
            "closed",
            _ENTRY,
            _known(state="closed"),
            "Project PRJ-0007 is closed in {asked}. Reopen it there and retry, or move the record to an active project.",
        ),
        Sample(
            "on hold",
            _ENTRY,
            _known(state="on_hold"),
            "Project PRJ-0007 is on hold in {asked}. Reopen it there and retry, or move the record to an active project.",
        ),
    ),
)
PROJECT_BILLABLE = BusinessRule(
    name="project_billable",
    types=_WORKED,
    title=gettext_noop("The project cannot be billed"),
    summary=gettext_noop("what is to be billed is on a project that can be billed"),
    looks_at=gettext_noop("whether the project is billable"),
    business_class=BusinessClass.VALIDATION,
    queue="delivery",
    runbook=gettext_noop(
        "Ask the delivery lead which of the two is right. Make the project billable in the system named above, or mark the "
        "records as not billable, then retry. Nothing was posted."
    ),
    judge=_is_billable,
    asks=(Question(_KIND, "project", ("billable",)),),
    blames="billable",
    samples=(
        Sample("both billable", _ENTRY | {"billable": True}, _known(billable=True)),
        Sample("neither billable", _ENTRY | {"billable": False}, _known(billable=False)),
        Sample("the project does not say", _ENTRY | {"billable": True}, _known()),
        Sample(
            "not billable",
            _ENTRY | {"billable": True},
            _known(billable=False),
            "The record is to be billed, but project PRJ-0007 is not billable in {asked}. Make the project billable there, or mark the record as not billable in {source}, then retry.",
        ),
    ),
)
BUDGET_LEFT = BusinessRule(
    name="budget_left",
    types=_WORKED,
    title=gettext_noop("The budget of the project is used up"),
    summary=gettext_noop("the budget of the project is not used up"),
    looks_at=gettext_noop(
        "the budget of the project in money and in hours, and what was delivered from here under that project"
    ),
    business_class=BusinessClass.VALIDATION,
    queue="delivery",
    runbook=gettext_noop(
        "Ask the delivery lead for an agreed extension. Raise the budget in the system named above and retry, or move the "
        "records to a project with budget. Nothing was posted."
    ),
    judge=_has_budget,
    asks=(Question(_KIND, "project", ("budget_money", "budget_hours")),),
    blames="project",
    from_ledger=True,
    samples=(
        Sample("no budget set", _ENTRY, _spent(_WORTH, 1_000_000)),
        Sample("just fits", _ENTRY, _spent(_WORTH, 8840, budget_money=Decimal(10_000), currency="EUR")),
        Sample("another currency", _ENTRY, _spent(_WORTH, 9999, budget_money=Decimal(10_000), currency="USD")),
        Sample("worth unknown", _ENTRY, _spent(None, 9999, budget_money=Decimal(10_000), currency="EUR")),
        Sample("hours fit", _ENTRY, _spent(None, 0, 392, budget_hours=Decimal(400))),
        Sample(
            "money used up",
            _ENTRY,
            _spent(_WORTH, 9800, budget_money=Decimal(10_000), currency="EUR"),
            "The budget of project PRJ-0007 is 10,000.00 EUR in {asked}, of which 9,800.00 EUR are used: 1,160.00 EUR more do not fit. Have the budget raised there, or move the record, then retry.",
        ),
        Sample(
            "hours used up",
            _ENTRY,
            _spent(None, 0, 393, budget_hours=Decimal(400)),
            "The budget of project PRJ-0007 is 400 hours in {asked}, of which 393 are used: 8 more do not fit. Have the budget raised there, or move the record, then retry.",
        ),
    ),
)
