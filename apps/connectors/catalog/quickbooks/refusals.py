"""What QuickBooks Online refuses, by the codes of its faults and the texts behind them (English unless the company's are).

https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes and
https://developer.intuit.com/hub/blog/2017/06/08/top-quickbooks-online-api-errors-and-how-to-handle-them
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(
    business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "", field: str = ""
) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, field=field, sentence=sentence)


RULES = (
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.CONNECTION,
        code="6190",
        sentence="The company's QuickBooks subscription has ended or waits for a payment: nothing can be written there.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        code="120",
        sentence="Who signed in is no administrator of this QuickBooks company any more: let one sign in again.",
    ),
    _refused(
        BusinessClass.CLOSED_PERIOD,
        "The books are closed for this date. Choose a date behind the closing date, or have the closing date moved.",
        pattern=r"account(?:ing)? period has closed|books (?:are|have been) closed|closing date",
        field="issue_date",
    ),
    _refused(
        BusinessClass.CLOSED_PERIOD,
        "The books are closed for this date. Choose a date behind the closing date, or have the closing date moved.",
        code="6210",
        pattern=r"[Pp]eriod",
        field="issue_date",
    ),
    _refused(
        BusinessClass.CONFLICT,
        "Somebody changed this record in QuickBooks at the same moment. Compare both, then send it again.",
        code="5010",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        "QuickBooks already has a customer, supplier or employee of this name. Link the two, or give another name.",
        code="6240",
        field="name",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        "QuickBooks already has a document with this number. Link the two, or give another number.",
        code="6140",
        field="number",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        "QuickBooks already has a document with this number. Link the two, or give another number.",
        pattern=r"Duplicate Document Number",
        field="number",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "QuickBooks has no such record any more, or it was made inactive ({message}).",
        code="610",
    ),
    _refused(
        BusinessClass.INVALID_DIMENSION,
        "QuickBooks does not know an item or account of this record ({message}). Correct it, or create it there.",
        code="2500",
        pattern=r"(?i)item|account|class|department|taxcode",
        field="lines",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "QuickBooks does not know a record that this one points to ({message}). Deliver that first, or link the two.",
        code="2500",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "QuickBooks keeps this company's books in one currency. Switch on several there, or take the currency out of "
        "the mapping.",
        pattern=r"(?i)multi[- ]?currency",
        field="currency",
    ),
    _refused(
        BusinessClass.TOO_LARGE,
        "A text of this record is longer than QuickBooks allows ({message}). Shorten it.",
        code="2050",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "QuickBooks needs a value that is missing ({message}).",
        code="2020",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "QuickBooks refuses the record ({message}).",
        code="6000",
    ),
)
