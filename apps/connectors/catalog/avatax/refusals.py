"""What AvaTax refuses of a transaction, by the codes of its error list.

https://developer.avalara.com/avatax/errors/; what a voided or final transaction is answered:
https://developer.avalara.com/blog/2017/03/03/what-is-a-docstatus-error/ (GetTaxError, told apart by its message).
"""

from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def telling(body: Any) -> Any:
    """Return an error answer without the details that say nothing, where others do: AvaTax often puts an empty one first."""
    details = at_path(body, "error.details")
    said = (
        [each for each in details if isinstance(each, Mapping) and each.get("message")]
        if isinstance(details, list)
        else []
    )
    return {**body, "error": {**body["error"], "details": said}} if said else body


def _refused(
    business_class: BusinessClass, sentence: str, *codes: str, field: str = "", pattern: str = ""
) -> tuple[ErrorRule, ...]:
    return tuple(
        ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, field=field, sentence=sentence)
        for code in codes
    )


def _misconfigured(business_class: BusinessClass, sentence: str, *codes: str) -> tuple[ErrorRule, ...]:
    return tuple(ErrorRule(FailureKind.MISCONFIGURED, business_class, code=code, sentence=sentence) for code in codes)


RULES = (
    *_misconfigured(
        BusinessClass.PERMISSION,
        "AvaTax does not let this account do that ({message}). Have the subscription or the role of its user extended.",
        "SubscriptionRequired", "AuthorizationException", "PermissionRequired", "UserNoAccess",
    ),
    *_misconfigured(
        BusinessClass.CONNECTION,
        "The AvaTax account is not active ({message}). Ask Avalara to open it again.",
        "AccountExpiredException", "InactiveAccount",
    ),
    *_refused(
        BusinessClass.CLOSED_PERIOD,
        "AvaTax has this invoice on a tax return that is filed, so it stays as it is. Book the difference by a credit, or have "
        "the return amended.",
        "CannotModifyLockedTransaction",
        field="number",
    ),
    *_refused(
        BusinessClass.DUPLICATE,
        "AvaTax holds this number as voided or final, and takes it no more. Give the invoice another number.",
        "GetTaxError",
        field="number", pattern="(?i)docstatus",
    ),
    *_refused(
        BusinessClass.VALIDATION,
        "AvaTax cannot use the client's address, or that of the own location ({message}). Correct the address in AvaTax.",
        "MissingAddress", "InvalidAddress", "NotEnoughAddressesInfo", "InvalidPostalCode", "InvalidCountry",
        "InvalidCountryRegion", "AddressLocationNotFound",
        field="client",
    ),
    *_refused(
        BusinessClass.VALIDATION,
        "The invoice has no lines, and AvaTax reckons tax line by line. Add a line.",
        "MissingLine", "LinesNotSpecified",
        field="lines",
    ),
    *_refused(
        BusinessClass.TOO_LARGE,
        "A text of the invoice is longer than AvaTax allows ({message}). Shorten it.",
        "StringLengthError", "MaxStringLengthError", "FieldLengthError",
    ),
    *_refused(
        BusinessClass.VALIDATION,
        "AvaTax refuses a value of the invoice ({message}).",
        "InvalidEnumValue", "RangeError", "ValueRequiredError", "DateFormatError", "InvalidDecimalValue",
    ),
)  # fmt: skip
