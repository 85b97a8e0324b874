"""What Business Central refuses, by its error codes and the texts behind them (English: the language of the API).

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(
    business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "", field: str = ""
) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, field=field, sentence=sentence)


_UNRELATED = (
    "Internal_InvalidTableRelation"  # "The field .. contains a value (..) that cannot be found in the related table"
)

RULES = (
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.CONNECTION,
        code="Internal_CompanyNotFound",
        sentence="Business Central has no company with this id: correct the company id in the connection's settings.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.VALIDATION,
        pattern="may not enter numbers manually",
        sentence=(
            "Business Central does not let anybody give numbers from outside: switch on “Manual Nos.” for the number "
            "series of these records."
        ),
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.SCHEMA_DRIFT,
        code="BadRequest_InvalidOperation",
        sentence="Business Central does not let a field be written that is sent to it: {message} Adapt the mapping.",
    ),
    _refused(
        BusinessClass.CLOSED_PERIOD,
        "Business Central does not allow this posting date. Choose a date within the allowed posting dates, or have "
        "the period opened.",
        pattern="not within your range of allowed posting dates",
    ),
    _refused(
        BusinessClass.DUPLICATE,
        "Business Central already has a record with this number. Link the two, or give another number.",
        code="Internal_EntityWithSameKeyExists",
        field="number",
    ),
    _refused(
        BusinessClass.INVALID_DIMENSION,
        "Business Central does not know a dimension value of this record. Correct it, or create it there first.",
        code=_UNRELATED,
        pattern="Dimension",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "Business Central does not know this currency. Correct it, or create it there first.",
        code=_UNRELATED,
        pattern="Currency",
        field="currency",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "Business Central does not know this country. Correct it, or create it there first.",
        code=_UNRELATED,
        pattern="Country/Region",
        field="country",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "Business Central does not know a value that this record points to ({message}).",
        code=_UNRELATED,
    ),
    _refused(
        BusinessClass.TOO_LARGE,
        "A text of this record is longer than Business Central allows. Shorten it ({message}).",
        code="Application_StringExceededLength",
    ),
    _refused(
        BusinessClass.CONFLICT,
        "Somebody changed this record in Business Central at the same moment. Compare both, then send it again.",
        code="Request_EntityChanged",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "Business Central needs a field that is empty ({message}).",
        code="BadRequest_RequiredParamNotProvided",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "Business Central refuses the record ({message}).",
        code="Application_FieldValidationException",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "Business Central refuses the record ({message}).",
        code="Application_DialogException",
    ),
)
