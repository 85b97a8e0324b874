"""What comparing and reconciling tell of a record and store, in English: written by these sentences, and read again by them."""

from django.utils.translation import gettext_noop

from apps.connectors.errors import BusinessClass
from apps.flows.engine.reconcile import Cause
from apps.tenants.told_sentences import ToldSentences

UNEXPLAINED_SENTENCES = {
    Cause.MISSING_IN_TARGET: gettext_noop(
        "%(target)s no longer has this record, which was delivered as %(key)s. Put it back there, or leave this out with the reason. The next reconciliation looks again."
    ),
    Cause.NEVER_READ: gettext_noop(
        "%(source)s changed this record before the last reading, and it never arrived here. Retry it: it is then read by itself."
    ),
    Cause.AMOUNT_DIFFERS: gettext_noop(
        "%(source)s says %(source_money)s, %(target)s says %(target_money)s. Put right the one that is wrong, or leave this out with the reason. The next reconciliation looks again."
    ),
    Cause.EXTRA_IN_TARGET: gettext_noop(
        "%(target)s holds this record more often than it was delivered. Take the extra one back there, or leave this out with the reason. The next reconciliation looks again."
    ),
}
UNEXPLAINED_OF_STEP = {
    Cause.MISSING_IN_TARGET: gettext_noop(
        "%(target)s no longer has what the step “%(step)s” made there as %(key)s. Have it restored there, or leave this out with the reason. The next reconciliation looks again."
    ),
    Cause.AMOUNT_DIFFERS: gettext_noop(
        "The step “%(step)s” wrote %(source_money)s to %(key)s, and %(target)s says %(target_money)s. Put right the one that is wrong, or leave this out with the reason. The next reconciliation looks again."
    ),
}
DELETED_AT_SOURCE = gettext_noop(
    "%(source)s no longer has this record: it is not among those that it lists, and asked for by itself it is not there. %(target)s still holds it as %(key)s. Take it back there if it should not stay, and leave this out with the reason."
)
DELETED_AT_SOURCE_UNNAMED = gettext_noop(
    "%(source)s no longer has this record: it is not among those that it lists, and asked for by itself it is not there. %(target)s still holds what was made of it. Take it back there if it should not stay, and leave this out with the reason."
)
LISTS_LESS = gettext_noop("%(source)s suddenly lists only %(left_count)s of the %(count)s records that were delivered.")
LISTS_NOTHING = gettext_noop(
    "%(source)s suddenly lists nothing at all, though %(count)s of its records were delivered."
)
WHY_DOUBTED = gettext_noop(
    "Have the rights of the connection's user changed? Nothing was treated as deleted. Compare again once it sees everything, or confirm on the flow's monitors that they were deleted."
)
_CLASSES = frozenset({BusinessClass.UNRECONCILED, BusinessClass.SOURCE_DELETED, BusinessClass.SOURCE_SHRUNK})
_TOLD = ToldSentences(
    *UNEXPLAINED_SENTENCES.values(),
    *UNEXPLAINED_OF_STEP.values(),
    DELETED_AT_SOURCE,
    DELETED_AT_SOURCE_UNNAMED,
    LISTS_LESS,
    LISTS_NOTHING,
    WHY_DOUBTED,
)


def message_words(message: str, business_class: str) -> str:
    """Return what is the matter with a record: in the reader's language where comparing or reconciling said it, else as it was said."""
    return (_TOLD.said(message) if business_class in _CLASSES else None) or message
