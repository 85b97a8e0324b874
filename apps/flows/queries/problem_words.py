"""What is wrong with a step, in the reader's language: the sentences of the definition's parser, said to who fills in a form."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

# What parsing says (engine/stored.py and the kinds of steps), and how a form says it. Named groups fill the sentence.
_SENTENCES: Mapping[str, str | Promise] = {
    r"is missing": _("Fill this in."),
    r"is longer than (?P<most>\d+) characters": _("Write at most %(most)s characters."),
    r"must be one of .*": _("Choose one of the list."),
    r"must be a whole number from (?P<least>\d+) to (?P<most>\d+)": _("Write a whole number from %(least)s to %(most)s."),
    r"must be an amount as a text, .*": _("Write an amount, such as 10000.00."),
    r"must be at most (?P<most>\d+) waits in whole seconds": _("Write at most %(most)s whole numbers of seconds, such as 1, 5, 30."),
    r"'(?P<name>.*)' is no earlier step": _("“%(name)s” is no step before this one: choose one, or move this step behind it."),
    r"'(?P<name>.*)' is no later step": _("“%(name)s” is no step behind this one: a flow only goes forward. Choose a later one."),
    r"'(?P<name>.*)' is the name of an earlier step: .*": _("An earlier step is called “%(name)s” as well: remove one of the two."),
    r"(?P<type>.*) has no field '(?P<name>.*)'": _("There is no field “%(name)s” in a record of the kind “%(type)s”. Choose one of the names below."),
    r"has a brace that is not closed: .*": _("A brace is not closed: write {field}, or {{ for a brace."),
    r"must have either a role or an address": _("Choose either a role or an address, and not both."),
    r"must have exactly one of event, until and hours": _("Fill in one of the three: an event, a time, or hours."),
    r"is missing: say what the event must be about": _("Say what the event must be about, such as r.id."),
    r"or a type must say what is looked up, .*": _("Choose a kind of record, or name the system's own object: one of the two."),
    r"must name at least one field of the source": _("Name at least one field of the source."),
    r"the record is a (?P<type>.*): map it to (?P<other>.*) first": _("The record itself is of the kind “%(type)s”: choose the step that makes it one of the kind “%(other)s”."),
    r"cannot ask for r\.today: .*": _("The day of today cannot be asked for here, as it is judged once: wait, then decide by it in a later step."),
    r"'(?P<code>.*)' is not a currency code, .*": _("“%(code)s” is no currency code, as EUR is."),
    r"'(?P<zone>.*)' is not a time zone, .*": _("“%(zone)s” is no time zone, as Europe/Berlin is."),
    r"must go on after the check": _("Add at least one step behind the check."),
}  # fmt: skip
_KNOWN = [(re.compile(pattern, re.DOTALL), words) for pattern, words in _SENTENCES.items()]


def problem_words(message: str) -> str:
    """Return a sentence about what is wrong; what has no words of its own is said as the parser says it."""
    for pattern, words in _KNOWN:
        found = pattern.fullmatch(message)
        if found is not None:
            return str(words) % found.groupdict() if found.groupdict() else str(words)
    said = capfirst(message.strip())
    return said if said.endswith((".", "!", "?")) else f"{said}."
