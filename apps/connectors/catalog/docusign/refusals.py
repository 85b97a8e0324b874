"""What DocuSign refuses, by its error codes.

https://developers.docusign.com/platform/resource-limits/ names the limits. They come with status 400, some with 429
since 2026: the code decides. The other codes are those of published examples; there is no complete list.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(
    business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "", field: str = ""
) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, field=field, sentence=sentence)


def _limit(code: str) -> ErrorRule:
    return ErrorRule(
        FailureKind.RATE_LIMITED,
        BusinessClass.PROVIDER_OUTAGE,
        code=code,
        sentence="DocuSign asks to be called less often: the work goes on by itself.",
    )


RULES = (
    _limit("HOURLY_APIINVOCATION_LIMIT_EXCEEDED"),
    _limit("BURST_APIINVOCATION_LIMIT_EXCEEDED"),
    _limit("HOURLY_APIINVOCATION_ENVELOPE_LIMIT_EXCEEDED"),
    _limit("Hourly_Envelope_Polling_Limit_Exceeded"),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        code="USER_LACKS_PERMISSIONS",
        sentence="The DocuSign user of this connection lacks a permission: ask the account's administrator for it.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        code="ACCOUNT_LACKS_PERMISSIONS",
        sentence="The plan of the DocuSign account does not hold what is asked of it: ask the account's owner.",
    ),
    ErrorRule(
        FailureKind.MISCONFIGURED,
        BusinessClass.PERMISSION,
        code="ENVELOPE_ALLOWANCE_EXCEEDED",
        sentence="The DocuSign account has used up its envelopes: ask the account's owner for more.",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "DocuSign no longer has this envelope, or the user of this connection may not see it.",
        code="ENVELOPE_DOES_NOT_EXIST",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "DocuSign does not know the template of this contract. Correct it, or share the template with the user.",
        pattern="(?i)template.*(not exist|no rights|not valid|invalid)",
        field="template",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "The e-mail of who signs is none that DocuSign takes. Correct it.",
        code="INVALID_EMAIL_ADDRESS_FOR_RECIPIENT",
        field="signer_email",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "The envelope says nobody who signs, or holds nothing to be signed. Give it a signer and a template.",
        code="ENVELOPE_IS_INCOMPLETE",
        field="signer_name",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "Only an envelope that waits for signatures can be voided: a draft is deleted at DocuSign, and what is signed "
        "is ended by an agreement of its own.",
        code="ENVELOPE_CANNOT_VOID_INVALID_STATE",
    ),
    _refused(
        BusinessClass.CONFLICT,
        "The envelope is no longer in a state in which it can be changed. Check it at DocuSign.",
        code="ENVELOPE_INVALID_STATUS",
    ),
    _refused(
        BusinessClass.CONFLICT,
        "Somebody is working on this envelope at DocuSign. Wait until it is free, then send it again.",
        code="EDIT_LOCK_ENVELOPE_ALREADY_LOCKED",
    ),
    _refused(
        BusinessClass.TOO_LARGE,
        "The name of the contract is longer than DocuSign allows (100 characters). Shorten it.",
        pattern="(?i)emailSubject.*(exceed|length|long)",
        field="name",
    ),
)
