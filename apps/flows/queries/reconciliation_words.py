"""Reconciliations as people read them: causes, verdicts and how both sides were looked at, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.flows.engine.reconcile import Cause, Verdict
from apps.flows.models import Reconciliation

CAUSES: dict[Cause, tuple[Promise, Promise]] = {
    Cause.MISSING_IN_TARGET: (_("Missing in the target"), _("It was delivered, and is not there any more.")),
    Cause.NEVER_READ: (_("Never read"), _("It was in the source before the last reading, and never arrived here.")),
    Cause.AMOUNT_DIFFERS: (_("Another amount"), _("Both sides hold it, and say different amounts.")),
    Cause.EXTRA_IN_TARGET: (_("Too often in the target"), _("The target holds it more often than it was delivered.")),
    Cause.WAITING: (_("Waiting"), _("Not read yet, or on its way: it goes on by itself.")),
    Cause.IN_EXCEPTION: (_("In exception"), _("Held up, and worked on as an exception.")),
    Cause.FILTERED: (_("Not for this flow"), _("Left out by the flow's filter, or by a person with a reason.")),
    Cause.DUPLICATE: (_("Duplicate"), _("Held back as a second copy of another record.")),
    Cause.CHANGED_AFTER: (_("Changed after posting"), _("The source changed it after it was delivered.")),
    Cause.DELETED: (_("Deleted after posting"), _("The source deleted it after it was delivered.")),
    Cause.MADE_AGAIN: (
        _("Made again"),
        _(
            "It is gone under the number it was given, and its system holds one of the same business key under another number."
        ),
    ),
    Cause.CONVERTED: (_("Changed on the way"), _("The mapping, or a correction, makes another amount of it.")),
    Cause.ACCEPTED: (_("Accepted"), _("Unexplained once, and left as it is by a person with a reason.")),
}
VERDICTS: dict[Verdict, Promise] = {
    Verdict.AGREED: _("Both sides agree"),
    Verdict.UNPROVEN: _("Not all of it could be looked at"),
    Verdict.UNEXPLAINED: _("Something is unexplained"),
}
_SOURCE_METHODS: dict[str, Promise] = {
    Reconciliation.Method.LISTED: _("The source listed what was changed in these days."),
    Reconciliation.Method.EVERYTHING: _(
        "The source listed all of its records; which of them belong to these days is known from the ledger."
    ),
    Reconciliation.Method.LEDGER: _("The source lists nothing: what it announced is taken from the ledger."),
}
_TARGET_METHODS: dict[str, Promise] = {
    Reconciliation.Method.LISTED: _(
        "The target listed what was changed there since; what it did not list was asked for one by one."
    ),
    Reconciliation.Method.ASKED: _(
        "The target was asked for each record that was delivered. Records that are there too often are not seen this way."
    ),
}


_STEPS_METHOD = _(
    "What was carried through is taken from the ledger. Each thing that was made of these records, and of those that walked on "
    "in these days, was asked for in its system, one by one."
)


def method_words(row: Reconciliation) -> tuple[str, str]:
    """Return how each side was looked at, in a sentence each."""
    target = _STEPS_METHOD if "steps" in row.statement else _TARGET_METHODS.get(row.target_method, "")
    return str(_SOURCE_METHODS.get(row.source_method, "")), str(target)
