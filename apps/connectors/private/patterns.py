"""Judges regular expressions that come from outside: only those that cannot take long are let in (pure).

Python's expressions have no limit of time. A pattern is let in when no group is repeated, nothing refers back or looks
around, and the ways of trying it, counted from its repeats and alternatives, are few.
"""

import re

from django.utils.translation import gettext as _

LONGEST_PATTERN = 200
MOST_TRIES = 200_000  # at each place of a text of a few hundred characters, as an error's message is: under a second
TRIES_IN_LONG_TEXTS = 100  # for what is searched in a webhook's values, which may be long
_OPEN = 400  # what an open repeat counts: about the longest message that is searched
_UNITS = re.compile(
    r"""(?P<reference>\\[1-9]|\(\?P=)
      | (?P<look>\(\?(?:[=!(]|<[=!]|[aiLmsu-]*x))
      | \\.
      | \[\^?\]?(?:\\.|[^\]\\])*\]
      | \(\?P?<\w+>|\(\?[:>]?
      | (?P<closed>\))
      | (?P<or>\|)
      | (?P<open>[*+])[?+]?
      | (?P<perhaps>\?)[?+]?
      | \{(?P<least>\d*)(?P<comma>,?)(?P<most>\d*)\}[?+]?
      | .""",
    re.VERBOSE | re.DOTALL,
)


def pattern_problem(pattern: str, *, most_tries: int = MOST_TRIES) -> str:
    """Return what is wrong with a pattern in one sentence, "" when it may be used."""
    if len(pattern) > LONGEST_PATTERN:
        sizes = {"size": len(pattern), "most": LONGEST_PATTERN}
        return _("The pattern has %(size)d characters; %(most)d are allowed.") % sizes
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return _("The pattern cannot be read: %(reason)s.") % {"reason": str(error)}
    return _slow_part(pattern, most_tries)


def _slow_part(pattern: str, most_tries: int) -> str:
    after_group, tries = False, 1
    for unit in _UNITS.finditer(pattern):
        if unit["reference"] or unit["look"]:
            return _("References back and looks around are not allowed in a pattern: they can take very long.")
        repeats = bool(unit["open"]) or unit["least"] is not None
        if repeats and after_group:
            return _("A group may not be repeated in a pattern: write its repeats out, or search for less.")
        tries *= _ways(unit)
        if tries > most_tries:
            return _("The pattern can be tried in too many ways: use fewer repeats, with an end such as {1,20}.")
        after_group = bool(unit["closed"])
    return ""


def _ways(unit: re.Match[str]) -> int:
    """Return how many ways one part of a pattern can be tried in."""
    if unit["open"]:
        return _OPEN
    if unit["perhaps"] or unit["or"]:
        return 2
    if unit["least"] is None or not unit["comma"]:
        return 1
    return int(unit["most"]) - int(unit["least"] or 0) + 1 if unit["most"] else _OPEN
