"""What people read about how systems answer."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.connectors.call_times import CallTimes
from apps.monitoring.shares import percent
from apps.monitoring.telemetry.standing import Trouble, Verdict
from apps.tenants.templatetags.wording import UNKNOWN, count_words, moment_words

# The badge (a state that has a tone and an icon) and the word beside it.
STANDINGS = {
    Trouble.AWAY: ("red", gettext_lazy("Does not answer")),
    Trouble.FAILING: ("red", gettext_lazy("Many calls fail")),
    Trouble.LIMITED: ("amber", gettext_lazy("Takes fewer calls")),
    Trouble.SLOW: ("amber", gettext_lazy("Slow")),
    Trouble.PERSON: ("amber", gettext_lazy("Waits for a sign-in")),
    Trouble.WELL: ("green", gettext_lazy("Answers well")),
    Trouble.QUIET: ("grey", gettext_lazy("Not called lately")),
}


def word_of(trouble: Trouble) -> str:
    """Return how something stands, in a word or two."""
    return str(STANDINGS[trouble][1])


def sentence_of(system: str, verdict: Verdict, now: datetime) -> str:
    """Return how a system stands in one sentence: "3 of 5 connections to NetSuite answer slowly since 14:00."."""
    if verdict.troubled:
        sentence = _TROUBLED[verdict.trouble](verdict.troubled) % {
            "number": count_words(verdict.troubled),
            "all": count_words(verdict.called),
            "system": system,
        }
        if verdict.since is None:
            return sentence
        return _("%(sentence)s Since %(moment)s.") % {"sentence": sentence, "moment": _since_words(verdict.since, now)}
    if verdict.trouble is Trouble.WELL:
        return _("%(system)s answers as usual.") % {"system": system}
    if verdict.trouble is Trouble.PERSON:
        return _("No call to %(system)s is made until somebody mends the sign-in.") % {"system": system}
    return _("%(system)s was hardly called in the last two hours.") % {"system": system}


def milliseconds_words(milliseconds: float | None) -> str:
    """Return how long calls took: "180 ms", "2.4 s"; a dash where none were made."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds < 1000:
        return _("%(number)s ms") % {"number": count_words(round(milliseconds))}
    return _("%(number)s s") % {"number": f"{milliseconds / 1000:.1f}"}


def share_words(share: float | None) -> str:
    """Return a share as percent, a dash where nobody knows."""
    return UNKNOWN if share is None else percent(share)


def figures_of(trouble: Trouble, day: CallTimes, lately: CallTimes) -> dict[str, Any]:
    """Return how something stands and its calls as pages show them: those of a day, and how long the latest ones took."""
    badge, word = STANDINGS[trouble]
    return {
        "badge": badge,
        "word": str(word),
        "calls": day.calls,
        "failed": share_words(day.failed_share),
        "limited": share_words(day.limited_share),
        "median": milliseconds_words(lately.within(0.5)),
        "slow": milliseconds_words(lately.within(0.9)),
    }


def _since_words(moment: datetime, now: datetime) -> str:
    """Return a moment as short as it is clear, in the reader's zone: the time alone today, with the day before."""
    then, here = timezone.localtime(moment), timezone.localtime(now)
    return date_format(then, "H:i") if then.date() == here.date() else moment_words(moment)


_TROUBLED: dict[Trouble, Callable[[int], str]] = {
    Trouble.AWAY: lambda number: ngettext(
        "%(number)s of %(all)s connections to %(system)s does not answer.",
        "%(number)s of %(all)s connections to %(system)s do not answer.",
        number,
    ),
    Trouble.FAILING: lambda number: ngettext(
        "%(number)s of %(all)s connections to %(system)s has many calls that fail.",
        "%(number)s of %(all)s connections to %(system)s have many calls that fail.",
        number,
    ),
    Trouble.LIMITED: lambda number: ngettext(
        "%(number)s of %(all)s connections to %(system)s may make fewer calls than it wants to.",
        "%(number)s of %(all)s connections to %(system)s may make fewer calls than they want to.",
        number,
    ),
    Trouble.SLOW: lambda number: ngettext(
        "%(number)s of %(all)s connections to %(system)s answers slowly.",
        "%(number)s of %(all)s connections to %(system)s answer slowly.",
        number,
    ),
}
