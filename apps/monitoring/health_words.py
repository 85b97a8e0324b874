"""Health as people read it, in their language."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.monitoring.health import Because, Colour, Health, Reason


@dataclass(frozen=True, slots=True)
class SaidHealth:
    """A colour and why in words, the gravest reason first."""

    colour: Colour
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Return the gravest reason."""
        return self.reasons[0]


def said(health: Health) -> SaidHealth:
    """Return a health in words."""
    return SaidHealth(health.colour, tuple(reason_words(reason) for reason in health.reasons))


def reason_words(reason: Reason) -> str:
    """Return one reason as a sentence."""
    figures = {"count": reason.count, "among": reason.among}
    return _sentence(reason.because, reason.count) % figures


def _sentence(because: Because, n: int) -> str:
    return {
        Because.BROKEN_CONNECTIONS: ngettext(
            "%(count)d connection cannot be used.", "%(count)d connections cannot be used.", n
        ),
        Because.SEVERE_CASES: ngettext("%(count)d severe exception open.", "%(count)d severe exceptions open.", n),
        Because.SILENT_FLOWS: ngettext(
            "%(count)d flow overdue: nothing arrived in time.", "%(count)d flows overdue: nothing arrived in time.", n
        ),
        Because.MOSTLY_REFUSED: _("%(count)d of %(among)d records were refused."),
        Because.LATE_CASES: ngettext(
            "%(count)d exception past the agreed time.", "%(count)d exceptions past the agreed time.", n
        ),
        Because.OPEN_CASES: ngettext("%(count)d exception open.", "%(count)d exceptions open.", n),
        Because.PAUSED_FLOWS: ngettext("%(count)d flow paused.", "%(count)d flows paused.", n),
        Because.NOTHING_LIVE: _("Nothing is live yet."),
        Because.NOTHING_YET: _("Live, but nothing has been transferred yet."),
        Because.ALL_WELL: _("Everything flows."),
    }[because]
