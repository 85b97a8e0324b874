"""Cases as people read them, in their language: what is stored is English, what comes from a table is translated here.

A sentence that an outside system said stays as it was said.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.library import rule_titled
from apps.flows.told_words import message_words
from apps.monitoring.blame import CLASSES, OWN_CLASSES, QUEUE_LABELS, WAITING_LABELS, WaitingOn, WorkQueue, verdict_for
from apps.monitoring.told_words import finding_words

# Whose sentence monitoring itself told.
_FOUND = frozenset({*OWN_CLASSES, BusinessClass.CONNECTION, BusinessClass.PROVIDER_OUTAGE})
# Classes whose title names what is wrong; the field to blame would only puzzle ("The period is closed: Approved at").
SAYS_ENOUGH = frozenset({BusinessClass.CLOSED_PERIOD, BusinessClass.INACTIVE_PROJECT, BusinessClass.DUPLICATE})


def title_words(title: str, business_class: str) -> str:
    """Return a stored title ("A value has no translation: Cost centre") in the reader's language."""
    known = verdict_for(business_class).title
    if title == known or rule_titled(title) is not None:
        return _(title)
    if title.startswith(f"{known}: "):
        return _with_field(known, title.removeprefix(f"{known}: "))
    return title


def class_choices() -> list[tuple[str, Promise]]:
    """Return every kind of failure with its title, to choose from; said in the reader's language only when it is shown."""
    return [(str(known), gettext_lazy(verdict_for(known).title)) for known in CLASSES]


def runbook_words(title: str, business_class: str) -> str:
    """Return what to do: as the business rule says whose case it is, else as the kind of failure says."""
    rule = rule_titled(title)
    return _(rule.runbook if rule else verdict_for(business_class).runbook)


def cause_words(business_class: str, field: str) -> str:
    """Return what cases of one class and field have in common, for any kind of record."""
    title = verdict_for(business_class).title
    label = "" if business_class in SAYS_ENOUGH else field_words(field)
    return _with_field(title, label) if label else _(title)


def _with_field(title: str, label: str) -> str:
    return _("%(problem)s: %(field)s") % {"problem": _(title), "field": _(label)}


def field_words(field: str) -> str:
    """Return a field's label, of whichever kind of record has it; another system's field with spaces."""
    described = (kind.field_named(field) for kind in CANONICAL_TYPES.values())
    label = next((known.label for known in described if known is not None), field.replace("_", " "))
    return _(label) if label else ""


def sentence_words(sentence: str, business_class: str) -> str:
    """Return what happened: in the reader's language where the product itself said it, else as it was said."""
    if sentence == verdict_for(business_class).explanation:
        return _(sentence)
    return finding_words(sentence) if business_class in _FOUND else message_words(sentence, business_class)


def queue_words(queue: str) -> str:
    """Return the name of a work queue."""
    return _(QUEUE_LABELS[WorkQueue(queue)])


def waiting_words(waiting_on: str) -> str:
    """Return who has the next step."""
    return _(WAITING_LABELS[WaitingOn(waiting_on)])


def type_words(canonical_type: str) -> str:
    """Return a kind of record as people call it ("Invoice")."""
    described = CANONICAL_TYPES.get(canonical_type)
    return _(described.label) if described else canonical_type
