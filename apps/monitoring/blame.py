"""Whose work a failure is, how urgent, and what to do about it, per business class (pure; a table, so long)."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from apps.connectors.errors import BusinessClass


def _(words: str) -> str:
    """Mark words that are translated where a page is made: this module needs no Django."""
    return words


class WorkQueue(StrEnum):
    """Where a case waits for somebody."""

    FINANCE = "finance"
    DELIVERY = "delivery"
    MASTER_DATA = "master_data"
    ACCESS = "access"
    INTEGRATION = "integration"
    PROVIDER = "provider"


class WaitingOn(StrEnum):
    """Who has the next step."""

    PARTNER = "partner"
    CUSTOMER = "customer"
    PROVIDER = "provider"


class Severity(StrEnum):
    """How bad a case is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Fix(StrEnum):
    """What the product can offer for a case, in the order it is offered."""

    MEND_MAPPING = "mend_mapping"
    RETRY = "retry"
    EDIT = "edit"
    ADD_VALUE = "add_value"
    SKIP = "skip"
    CHECK_CONNECTION = "check_connection"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a business class means to people. `runbook` is the sentence that says what to do."""

    title: str
    explanation: str
    runbook: str
    queue: WorkQueue
    waiting_on: WaitingOn
    fixes: tuple[Fix, ...]
    severity: Severity = Severity.NORMAL


OVERDUE = "overdue"  # a class of monitoring's own: nothing arrived in time
EXPIRING = "expiring"  # another one: what a connection signs in with ends soon
# What monitors find that no single record is to blame for.
SLOW, EMPTY, BACKLOG, PARTIAL, CUT_OFF_RISK = "slow", "empty", "backlog", "partial", "cut_off_risk"
OWN_CLASSES = (OVERDUE, EXPIRING, SLOW, EMPTY, BACKLOG, PARTIAL, CUT_OFF_RISK)  # of monitoring's own, all of them
CLASSES: tuple[str, ...] = (*BusinessClass, *OWN_CLASSES)
MUCH_MONEY = Decimal(10_000)

QUEUE_LABELS: dict[WorkQueue, str] = {
    WorkQueue.FINANCE: _("Finance"),
    WorkQueue.DELIVERY: _("Delivery"),
    WorkQueue.MASTER_DATA: _("Master data"),
    WorkQueue.ACCESS: _("Access"),
    WorkQueue.INTEGRATION: _("Integration"),
    WorkQueue.PROVIDER: _("Provider"),
}
WAITING_LABELS: dict[WaitingOn, str] = {
    WaitingOn.PARTNER: _("us"),
    WaitingOn.CUSTOMER: _("the customer"),
    WaitingOn.PROVIDER: _("the system's provider"),
}
# How long a case may stay open, until service packages bring their own clocks.
_TIME_TO_RESOLVE: dict[WorkQueue, timedelta] = {
    WorkQueue.FINANCE: timedelta(hours=24),
    WorkQueue.DELIVERY: timedelta(hours=48),
    WorkQueue.MASTER_DATA: timedelta(hours=48),
    WorkQueue.ACCESS: timedelta(hours=8),
    WorkQueue.INTEGRATION: timedelta(hours=24),
    WorkQueue.PROVIDER: timedelta(hours=24),
}
_HIGH_SHARE = 0.5  # severe cases get half the time

_VERDICTS: dict[str, Verdict] = {
    BusinessClass.CLOSED_PERIOD: Verdict(
        _("The accounting period is closed"),
        _("The records belong to a period in which the books no longer accept postings."),
        _("Ask finance to open the period and retry, or correct the posting date into an open period."),
        WorkQueue.FINANCE,
        WaitingOn.CUSTOMER,
        (Fix.RETRY, Fix.EDIT, Fix.SKIP),
    ),
    BusinessClass.INVALID_DIMENSION: Verdict(
        _("A cost centre or other dimension is not accepted"),
        _("The receiving system does not know the value, or does not allow it for this kind of posting."),
        _("Add the missing translation of the value, or correct it on the record, then retry."),
        WorkQueue.MASTER_DATA,
        WaitingOn.PARTNER,
        (Fix.ADD_VALUE, Fix.EDIT, Fix.RETRY, Fix.SKIP),
    ),
    BusinessClass.MISSING_REFERENCE: Verdict(
        _("Something the records refer to is missing"),
        _("A person, project, task or client named on the records does not exist where it has to."),
        _("Create it in the receiving system or correct the reference, then retry."),
        WorkQueue.MASTER_DATA,
        WaitingOn.CUSTOMER,
        (Fix.RETRY, Fix.EDIT, Fix.ADD_VALUE, Fix.SKIP),
    ),
    BusinessClass.DUPLICATE: Verdict(
        _("The records seem to be there already"),
        _("The receiving system found a record with the same number or the same content."),
        _("Compare the two. If it is the same record, skip it; if not, correct its number and retry."),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.SKIP, Fix.EDIT, Fix.RETRY),
        Severity.LOW,
    ),
    BusinessClass.INACTIVE_PROJECT: Verdict(
        _("The project or task is closed for time"),
        _("Hours were booked on a project or task that no longer accepts any."),
        _("Ask the delivery lead to reopen it and retry, or move the hours to another project."),
        WorkQueue.DELIVERY,
        WaitingOn.CUSTOMER,
        (Fix.RETRY, Fix.EDIT, Fix.SKIP),
    ),
    BusinessClass.MISSING_APPROVAL: Verdict(
        _("An approval is missing"),
        _("The records arrived without the approval that billing needs."),
        _("Have them approved in the time system. They are picked up by themselves after that."),
        WorkQueue.DELIVERY,
        WaitingOn.CUSTOMER,
        (Fix.RETRY, Fix.EDIT, Fix.SKIP),
    ),
    BusinessClass.MAPPING_GAP: Verdict(
        _("A value has no translation"),
        _("One system uses a value for which nobody has said yet what it is called in the other."),
        _("Add the translation once. All records with this value can then be retried."),
        WorkQueue.MASTER_DATA,
        WaitingOn.PARTNER,
        (Fix.ADD_VALUE, Fix.EDIT, Fix.RETRY, Fix.SKIP),
    ),
    BusinessClass.SCHEMA_DRIFT: Verdict(
        _("A system has changed its fields"),
        _("The answers no longer look the way they were agreed: a field was renamed, removed or changed its form."),
        _("Compare the fields with the mapping, publish an adjusted version, then retry."),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.MEND_MAPPING, Fix.RETRY, Fix.SKIP),
        Severity.HIGH,
    ),
    BusinessClass.CONFLICT: Verdict(
        _("The records were changed at the same time elsewhere"),
        _("Somebody changed the record in the receiving system after we last looked."),
        _("Look at both values, decide which one counts, then retry."),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.RETRY, Fix.EDIT, Fix.SKIP),
    ),
    BusinessClass.TOO_LARGE: Verdict(
        _("A value is too long or too big"),
        _("The receiving system has less room for the value than it needs."),
        _("Shorten the value on the record, then retry."),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.EDIT, Fix.RETRY, Fix.SKIP),
        Severity.LOW,
    ),
    BusinessClass.PARSE: Verdict(
        _("A value cannot be read"),
        _("A date, number or text is not written in a form that can be understood."),
        _("Correct the value on the record, or in the system it comes from, then retry."),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.EDIT, Fix.RETRY, Fix.SKIP),
    ),
    BusinessClass.VALIDATION: Verdict(
        _("A value is not plausible or not allowed"),
        _("The records break a rule that protects the books from mistakes."),
        _("Correct the value on the record, or in the system it comes from, then retry."),
        WorkQueue.FINANCE,
        WaitingOn.CUSTOMER,
        (Fix.EDIT, Fix.RETRY, Fix.SKIP),
    ),
    BusinessClass.PERMISSION: Verdict(
        _("The connection lacks a right"),
        _("The system knows the connection but does not let it do what is needed."),
        _("Give the connection's user the missing right in that system, test the connection, then run again."),
        WorkQueue.ACCESS,
        WaitingOn.CUSTOMER,
        (Fix.CHECK_CONNECTION, Fix.RETRY),
        Severity.HIGH,
    ),
    BusinessClass.CONNECTION: Verdict(
        _("A system cannot be reached or does not let us in"),
        _("The address, the password or the key of the connection is wrong or has expired."),
        _("Correct the connection and test it. Nothing is lost: what waits is transferred afterwards."),
        WorkQueue.ACCESS,
        WaitingOn.PARTNER,
        (Fix.CHECK_CONNECTION, Fix.RETRY),
        Severity.HIGH,
    ),
    BusinessClass.PROVIDER_OUTAGE: Verdict(
        _("A system is down or refuses more requests"),
        _("The system answers with errors or asks us to slow down."),
        _("Wait: it is tried again by itself. If it lasts, ask the system's provider."),
        WorkQueue.PROVIDER,
        WaitingOn.PROVIDER,
        (Fix.RETRY, Fix.CHECK_CONNECTION),
        Severity.HIGH,
    ),
    BusinessClass.TIMEOUT: Verdict(
        _("A system answers too slowly"),
        _("Requests were sent but no answer came in time."),
        _("Wait: it is checked and tried again by itself. If it lasts, ask the system's provider."),
        WorkQueue.PROVIDER,
        WaitingOn.PROVIDER,
        (Fix.RETRY, Fix.CHECK_CONNECTION),
    ),
    BusinessClass.SOURCE_DELETED: Verdict(
        _("Delivered records were deleted at their source"),
        _("The receiving system still holds records that no longer exist where they came from."),
        _(
            "Ask whether they were meant to be deleted. If so, take them back in the receiving system and leave them out "
            "with the reason; if not, have them restored and retry: the source is then looked at again."
        ),
        WorkQueue.MASTER_DATA,
        WaitingOn.CUSTOMER,
        (Fix.RETRY, Fix.SKIP),
    ),
    BusinessClass.SOURCE_SHRUNK: Verdict(
        _("A source suddenly shows far fewer records"),
        _("Many records that were delivered are no longer listed. Nothing was treated as deleted."),
        _(
            "Look whether the connection's user still sees everything; give back the rights that are missing and retry. "
            "If the records were really deleted, confirm it on the flow's monitors."
        ),
        WorkQueue.ACCESS,
        WaitingOn.PARTNER,
        (Fix.CHECK_CONNECTION, Fix.RETRY),
        Severity.HIGH,
    ),
    BusinessClass.UNRECONCILED: Verdict(
        _("Both systems disagree, and nothing explains it"),
        _("A reconciliation found records that differ between the two systems without a known reason."),
        _(
            "Open the statement and compare both records. Put right the one that is wrong: the next reconciliation sees it "
            "and closes this by itself. What should stay as it is, leave out with the reason."
        ),
        WorkQueue.FINANCE,
        WaitingOn.PARTNER,
        (Fix.RETRY, Fix.SKIP),
        Severity.HIGH,
    ),
    BusinessClass.INTERNAL: Verdict(
        _("Something went wrong on our side"),
        _("The transfer stopped for a reason that the records are not to blame for."),
        _("Retry once. If it happens again, pass the case on with its number."),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.RETRY, Fix.SKIP),
        Severity.HIGH,
    ),
    OVERDUE: Verdict(
        _("Nothing arrived in time"),
        _("The flow should have run by now and did not."),
        _("Check that the flow's schedule is on and its systems are reachable, then run it now."),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.CHECK_CONNECTION,),
        Severity.HIGH,
    ),
    SLOW: Verdict(
        _("A flow has become slow"),
        _("A run takes far longer than usual for so many records."),
        _(
            "Look at the run's steps: which one takes the time, and does its system answer slowly? If it is to stay so, set "
            "a limit of its own on the flow's monitors."
        ),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.CHECK_CONNECTION,),
    ),
    EMPTY: Verdict(
        _("A flow runs but brings nothing"),
        _("It ran as it should, but brought nothing or far less than usual."),
        _(
            "Look in the source whether there is anything new. If so, check what the connection's user may see and the "
            "flow's filters; if there was nothing to bring, close this with the reason."
        ),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (Fix.CHECK_CONNECTION,),
    ),
    BACKLOG: Verdict(
        _("Work has piled up"),
        _("What is to start the flow waits far longer than usual."),
        _(
            "Look at the runs: one that does not end keeps those behind it waiting. If all flows wait, tell whoever runs the"
            " platform."
        ),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (),
        Severity.HIGH,
    ),
    PARTIAL: Verdict(
        _("Far more records are refused than usual"),
        _("The last run could not pass on a much larger share of its records than usual."),
        _("Look at the flow's exceptions: solve the largest cause first, then retry its records together."),
        WorkQueue.INTEGRATION,
        WaitingOn.PARTNER,
        (),
        Severity.HIGH,
    ),
    CUT_OFF_RISK: Verdict(
        _("A cut-off is at risk"),
        _("What must be posted by the cut-off will not all be posted in time as things stand."),
        _(
            "Open the cut-off's flow: solve its blocked records, have approvals given, and run it again before the cut-off."
        ),
        WorkQueue.FINANCE,
        WaitingOn.PARTNER,
        (),
        Severity.HIGH,
    ),
    EXPIRING: Verdict(
        _("A secret expires soon"),
        _("What a connection signs in with ends on a known day. After that nothing passes."),
        _(
            "Make a new one in that system and enter it on the connection's page, or let a colleague enter it by a link."
        ),
        WorkQueue.ACCESS,
        WaitingOn.PARTNER,
        (Fix.CHECK_CONNECTION,),
        Severity.LOW,
    ),
}


def verdict_for(business_class: str) -> Verdict:
    """Return what the class means; a class nobody knows is our own mistake."""
    return _VERDICTS.get(business_class) or _VERDICTS[BusinessClass.INTERNAL]


def severity_for(business_class: str, amount: Decimal | None) -> Severity:
    """Return how bad it is: the class's own severity, high as soon as much money is at stake."""
    if amount is not None and amount >= MUCH_MONEY:
        return Severity.HIGH
    return verdict_for(business_class).severity


def queue_for(business_class: str, step_queue: str) -> WorkQueue:
    """Return whose work a failure is: those whom the flow names for the failed step, else as its kind says.

    What needs access or the provider goes there, whoever owns the step. `step_queue` is "" where the flow names nobody.
    """
    judged = verdict_for(business_class).queue
    if not step_queue or judged in (WorkQueue.ACCESS, WorkQueue.PROVIDER):
        return judged
    return WorkQueue(step_queue)


def time_to_resolve(queue: WorkQueue, severity: Severity) -> timedelta:
    """Return how long a case of the queue may stay open."""
    usual = _TIME_TO_RESOLVE[queue]
    return usual * _HIGH_SHARE if severity is Severity.HIGH else usual
