"""What a flow's page says about deletions at its source: whether, when and how they are looked for, and what was found last."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.flows.engine.states import RUN_TERMINAL
from apps.flows.models import Comparison, ComparisonRule, Flow, Run
from apps.flows.told_words import message_words
from apps.flows.triggers.comparisons import rule_of, why_incomparable
from apps.tenants.templatetags.wording import count_words


@dataclass(frozen=True, slots=True)
class ComparisonCard:
    """Everything the page shows. `impossible` says why the source cannot be compared, "" when it can."""

    rule: ComparisonRule
    impossible: str
    next_at: datetime | None
    under_way: bool
    last: Run | None
    found: tuple[str, ...]
    held: bool

    @property
    def last_at(self) -> datetime | None:
        """Return when the last comparison ended."""
        return self.last.finished_at if self.last else None


def comparison_card(flow: Flow) -> ComparisonCard:
    """Return what is known about the comparisons of a flow; four queries."""
    runs = Run.objects.filter(flow=flow, mode=Run.Mode.COMPARE).order_by("-id")
    last = runs.filter(finished_at__isnull=False).first()
    result = Comparison.objects.filter(run=last).first() if last else None
    rule, impossible = rule_of(flow), why_incomparable(flow)
    return ComparisonCard(
        rule=rule,
        impossible=impossible,
        next_at=rule.next_at if flow.state == Flow.State.LIVE and not impossible else None,
        under_way=runs.exclude(state__in=RUN_TERMINAL).exists(),
        last=last,
        found=_found(last, result),
        held=bool(result and result.held),
    )


def _found(last: Run | None, result: Comparison | None) -> tuple[str, ...]:
    if last is None:
        return ()
    if result is None or not result.judged or last.error_message:
        return (message_words(last.error_message, last.error_class) or _("It was ended before its end."),)
    words = {"listed": count_words(result.listed), "known": count_words(result.known)}
    lines = [_("%(listed)s listed records were compared with %(known)s delivered ones.") % words]
    if not result.missing:
        return (*lines, _("None of them is missing."))
    told = ngettext("%(number)s was missing.", "%(number)s were missing.", result.missing)
    lines.append(told % {"number": count_words(result.missing)})
    if result.gone:
        told = ngettext("%(number)s was deleted.", "%(number)s were deleted.", result.gone)
        lines.append(told % {"number": count_words(result.gone)})
    if result.there:
        told = ngettext(
            "%(number)s is there, though no list shows it.",
            "%(number)s are there, though no list shows them.",
            result.there,
        )
        lines.append(told % {"number": count_words(result.there)})
    if result.unclear:
        told = ngettext(
            "About %(number)s the system would not say: it was left as it is.",
            "About %(number)s the system would not say: they were left as they are.",
            result.unclear,
        )
        lines.append(told % {"number": count_words(result.unclear)})
    return tuple(lines)
