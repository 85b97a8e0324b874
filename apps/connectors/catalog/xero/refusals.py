"""What Xero refuses, by the texts of its validation errors (English: the language of the API; there are no codes).

https://developer.xero.com/documentation/api/accounting/responsecodes and the pages of contacts and invoices.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(business_class: BusinessClass, pattern: str, sentence: str, field: str = "") -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, pattern=pattern, field=field, sentence=sentence)


RULES = (
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        statuses=(403,),
        sentence=(
            "Xero does not let this sign-in into the organisation: check the organisation (tenant) id in the "
            "connection's settings, and that the app is connected to it with the rights it needs."
        ),
    ),
    _refused(
        BusinessClass.CLOSED_PERIOD,
        r"period lock date|end of year lock date",
        "Xero has locked this period. Choose a date behind the lock date, or have the lock date moved.",
        "issue_date",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        r"Invoice # must be unique",
        "Xero already has an invoice with this number. Link the two, or give another number.",
        "number",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        r"contact number .*(?:already|unique)",
        "Xero already has a contact with this number. Link the two, or give another number.",
        "number",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        r"contact name .*(?:already assigned|must be unique)",
        "Xero already has a contact of this name. Link the two, or give another name.",
        "name",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"not subscribed to currency|[Cc]urrency .*(?:not (?:valid|found)|invalid)",
        "Xero does not keep books in this currency. Add it to the organisation there, or correct it.",
        "currency",
    ),
    _refused(
        BusinessClass.INVALID_DIMENSION,
        r"Account code .* is not a valid code|Account must be valid|TrackingCategory|Tracking option",
        "Xero does not know an account or a tracking option of this invoice ({message}). Correct it, or create it there.",
        "lines",
    ),
    _refused(
        BusinessClass.INVALID_DIMENSION,
        r"TaxType code .* (?:does not exist|cannot be used)|Tax rate must be valid",
        "Xero does not know a tax rate of this invoice ({message}). Correct it, or create it there.",
        "lines",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"[Ii]tem code .* (?:is not valid|not found)",
        "Xero does not know an item of this invoice ({message}). Correct it, or create it there.",
        "lines",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        r"A Contact must be specified|contact .*(?:could not be found|was not found)",
        "Xero does not know the contact of this invoice. Deliver the client first, or link the two.",
        "client",
    ),
    _refused(
        BusinessClass.CONFLICT,
        r"not of valid status for modification|cannot be (?:edited|modified)",
        "The invoice is no draft in Xero any more, so it stays as it is. Change it there, or book a credit note.",
    ),
    _refused(
        BusinessClass.TOO_LARGE,
        r"exceed(?:s|ed)? (?:the )?maximum|maximum length|too long",
        "A text of this record is longer than Xero allows ({message}). Shorten it.",
    ),
)
