"""What kinds of failure are called on the flows room's pages."""

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.library import rule_of_code

CAUSES = {
    BusinessClass.CLOSED_PERIOD: _("Closed period"),
    BusinessClass.INVALID_DIMENSION: _("Invalid dimension"),
    BusinessClass.MISSING_REFERENCE: _("Missing reference"),
    BusinessClass.DUPLICATE: _("Duplicate"),
    BusinessClass.INACTIVE_PROJECT: _("Inactive project"),
    BusinessClass.MISSING_APPROVAL: _("Missing approval"),
    BusinessClass.MAPPING_GAP: _("Value without a translation"),
    BusinessClass.SCHEMA_DRIFT: _("Changed fields of a system"),
    BusinessClass.CONFLICT: _("Changed on both sides"),
    BusinessClass.TOO_LARGE: _("Too large"),
    BusinessClass.PARSE: _("Unreadable value"),
    BusinessClass.VALIDATION: _("Value out of bounds"),
    BusinessClass.PERMISSION: _("Missing permission"),
    BusinessClass.CONNECTION: _("Connection"),
    BusinessClass.PROVIDER_OUTAGE: _("Provider outage"),
    BusinessClass.TIMEOUT: _("Time-out"),
    BusinessClass.SOURCE_DELETED: _("Deleted at the source"),
    BusinessClass.SOURCE_SHRUNK: _("Source shows too little"),
    BusinessClass.UNRECONCILED: _("Both sides disagree"),
    BusinessClass.INTERNAL: _("Internal fault"),
}
_UNKNOWN = _("Unexplained")


def cause_words(error_class: str, code: str = "") -> str:
    """Return a failure as people call it: the business rule of its `code` by its title, else its class.

    "" and classes of other days are unexplained.
    """
    if rule := rule_of_code(code):
        return _t(rule.title)
    known = {cause.value: words for cause, words in CAUSES.items()}
    return str(known.get(error_class, _UNKNOWN))
