"""What Okta refuses: its error codes, and the texts of the causes behind them (English: the language of the API).

Codes: https://developer.okta.com/docs/reference/error-codes/. The causes have no codes of their own.
"""

from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import ErrorRule


def _refused(
    business_class: BusinessClass, sentence: str, *, code: str = "", pattern: str = "", field: str = ""
) -> ErrorRule:
    return ErrorRule(FailureKind.REJECTED, business_class, code=code, pattern=pattern, field=field, sentence=sentence)


def _about(outside: str, field: str, words: str) -> tuple[ErrorRule, ...]:
    return (
        _refused(
            BusinessClass.VALIDATION,
            f"Okta needs the {words} of a person. Fill it in, then send it again.",
            pattern=f"^{outside}: The field cannot be left blank",
            field=field,
        ),
        _refused(
            BusinessClass.TOO_LARGE,
            f"The {words} is longer than Okta allows. Shorten it.",
            pattern=f"^{outside}: The field is too long",
            field=field,
        ),
    )


RULES = (
    _refused(
        BusinessClass.DUPLICATE,
        "Somebody in Okta already signs in with this e-mail, maybe a person who was deactivated. Link the two, or "
        "delete the old one there.",
        pattern="^login: An object with this field already exists",
        field="email",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "Okta wants an e-mail address as the name to sign in with. Correct the e-mail.",
        pattern="^login: Username must be in the form of an email address",
        field="email",
    ),
    _refused(
        BusinessClass.VALIDATION,
        "The e-mail of the person is none that Okta takes. Correct it.",
        pattern="^email: Does not match required pattern",
        field="email",
    ),
    *_about("login", "email", "e-mail"),
    *_about("email", "email", "e-mail"),
    *_about("firstName", "given", "given name"),
    *_about("lastName", "family", "family name"),
    _refused(
        BusinessClass.VALIDATION,
        "Okta does not let a person in this state be changed: activate the person there first.",
        code="E0000038",
    ),
    _refused(
        BusinessClass.MISSING_REFERENCE,
        "Okta no longer has this person. Check whether somebody deleted the account there.",
        code="E0000007",
    ),
)
