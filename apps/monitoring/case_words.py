"""Cases as people read them, in their language: what is stored is English, what comes from a table is translated here.

A sentence that an outside system said stays as it was said.
"""

import re
from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.errors import BusinessClass
from apps.flows.business_rules.library import rule_titled
from apps.monitoring.blame import CLASSES, QUEUE_LABELS, WAITING_LABELS, WaitingOn, WorkQueue, verdict_for
from apps.tenants.templatetags.wording import count_words

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
    """Return what happened: translated where it is the class's own sentence, else as it was said."""
    return _(sentence) if sentence == verdict_for(business_class).explanation else sentence


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


def step_words(sentence: str) -> str:
    """Return a line of a case's history; one that no rule knows stays as it was written."""
    for shape, say in _SHAPES:
        if found := shape.fullmatch(sentence):
            return say(found)
    return _(sentence) if sentence in _FIXED else sentence


_FIXED = frozenset(
    {
        gettext_noop("Opened."),
        gettext_noop("Opened again: it happened again."),
        gettext_noop("Sorted in anew."),
        gettext_noop("The rest was ended."),
        gettext_noop("The planned retry was taken back."),
        gettext_noop("The planned retry did not start: whoever planned it may not do this any more."),
        gettext_noop("The planned retry did not start: what was to bring the missing records did not end well."),
        gettext_noop("Awake again: more records failed."),
        gettext_noop("Awake again: the next run failed."),
        gettext_noop("Awake again: the customer answered."),
        gettext_noop("Awake again: its time has come."),
        gettext_noop("Awake again: another exception was merged into it."),
        gettext_noop("Waits for us now."),
        gettext_noop("Waits for the customer now."),
        gettext_noop("Waits for the system's provider now."),
        gettext_noop("Taken out of the other exception again."),
        gettext_noop("Assigned to nobody."),
        gettext_noop("The flow was started again."),
        gettext_noop("The next run failed for the same reason."),
        gettext_noop("The run gave up."),
        gettext_noop("It was tried again in vain."),
        gettext_noop("The customer answered."),
        gettext_noop("Closed: a later run ended well."),
        gettext_noop("Closed: the flow was retired."),
    }
)


def _tried(found: re.Match[str]) -> str:
    number = int(found["count"].replace(",", ""))
    return ngettext("%(count)s record tried again.", "%(count)s records tried again.", number) % {
        "count": count_words(number)
    }


def _left_out(found: re.Match[str]) -> str:
    number = int(found["count"].replace(",", ""))
    words = ngettext("%(count)s record was left out: %(reason)s", "%(count)s records were left out: %(reason)s", number)
    return words % {"count": count_words(number), "reason": found["reason"]}


def _filled(words: str) -> Callable[[re.Match[str]], str]:
    return lambda found: _(words) % found.groupdict()


_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Assigned to (?P<name>(?!nobody\.).+)\."), _filled(gettext_noop("Assigned to %(name)s."))),
    (
        re.compile(r"“(?P<title>.+)” was merged into this\."),
        _filled(gettext_noop("“%(title)s” was merged into this.")),
    ),
    (
        re.compile(r"“(?P<title>.+)” was taken out again\."),
        _filled(gettext_noop("“%(title)s” was taken out again.")),
    ),
    (
        re.compile(r"The file “(?P<name>.+)” was attached\."),
        _filled(gettext_noop("The file “%(name)s” was attached.")),
    ),
    (
        re.compile(r"“(?P<flow>.+)” was started; the records are tried again once it is through\."),
        _filled(gettext_noop("“%(flow)s” was started; the records are tried again once it is through.")),
    ),
    (
        re.compile(r"To be tried again at (?P<moment>.+? UTC)\."),
        _filled(gettext_noop("To be tried again at %(moment)s.")),
    ),
    (
        re.compile(r"Snoozed until (?P<moment>.+? UTC): (?P<reason>.*)", re.DOTALL),
        _filled(gettext_noop("Snoozed until %(moment)s: %(reason)s")),
    ),
    (re.compile(r"Routed by the rule “(?P<name>.+)”\."), _filled(gettext_noop("Routed by the rule “%(name)s”."))),
    (re.compile(r"(?P<count>[\d,]+) records? tried again\."), _tried),
    (re.compile(r"(?P<count>[\d,]+) records? (?:was|were) left out: (?P<reason>.*)", re.DOTALL), _left_out),
    (
        re.compile(r"(?P<field>.+) of (?P<record>.+) was corrected and tried again\."),
        _filled(gettext_noop("%(field)s of %(record)s was corrected and tried again.")),
    ),
    (
        re.compile(r"(?P<field>.+?): (?P<old>.+) is now translated to (?P<new>.+)\. Tried again\."),
        _filled(gettext_noop("%(field)s: %(old)s is now translated to %(new)s. Tried again.")),
    ),
    (
        re.compile(r"Closed: (?!a later run|the flow was)(?P<reason>.*)", re.DOTALL),
        _filled(gettext_noop("Closed: %(reason)s")),
    ),
)
