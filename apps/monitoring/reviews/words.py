"""Reviews in words: what their parts are called, how each is led in, and what is advised."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.monitoring.customer_words import words_for
from apps.monitoring.reviews.pack import Line, Part
from apps.monitoring.reviews.rules import Advice, Rule
from apps.tenants.templatetags.wording import count_words

TITLES: dict[Part, Promise] = {
    Part.VOLUME: gettext_lazy("What was posted"),
    Part.SERVICE: gettext_lazy("What we promised"),
    Part.VALUE: gettext_lazy("What it was worth"),
    Part.CAUSES: gettext_lazy("What held records back, and what was done"),
    Part.RISK: gettext_lazy("What was at risk, and what is open"),
    Part.RECONCILIATION: gettext_lazy("Do both sides agree"),
    Part.CHANGES: gettext_lazy("What was changed"),
    Part.NEXT: gettext_lazy("What we recommend"),
}
ICONS: dict[Part, str] = {
    Part.VOLUME: "arrows-exchange",
    Part.SERVICE: "hourglass",
    Part.VALUE: "report-money",
    Part.CAUSES: "alert-triangle",
    Part.RISK: "coin",
    Part.RECONCILIATION: "scale",
    Part.CHANGES: "history",
    Part.NEXT: "arrow-right",
}


def lead_words(part: Part, lines: Sequence[Line]) -> str:
    """Return the sentence a part is drafted with; people put their own in its place."""
    leads = {
        Part.VOLUME: _("This is what went through in the month."),
        Part.SERVICE: _("These are our promises, and how we kept them."),
        Part.VALUE: _("This is what the service saved you; each figure says what it rests on."),
        Part.CAUSES: _("These were the most frequent causes."),
        Part.RISK: _("This is the money that records held up, day by day, and what is open as we write."),
        Part.RECONCILIATION: _("We compared both sides record by record."),
        Part.CHANGES: _("These versions of your flows went live."),
        Part.NEXT: _("This is what we would do next."),
    }
    nothing = {
        Part.VALUE: _("No figures of this month are booked yet."),
        Part.CAUSES: _("Nothing was held back."),
        Part.RECONCILIATION: _("Nothing was reconciled in this month."),
        Part.CHANGES: _("Your flows stayed as they were."),
        Part.NEXT: _("There is nothing to change."),
    }
    return leads[part] if lines else nothing.get(part, leads[part])


def advice_words(advice: Advice) -> str:
    """Return what is advised in a sentence that names its figure."""
    about = str(words_for(advice.about).title) if advice.rule in _ABOUT_CAUSES else advice.about
    said = {"number": count_words(advice.number), "about": about}
    if advice.rule is Rule.STILL_HELD:
        step = {**said, "step": str(words_for(advice.about).ours)}
        return _("“%(about)s”: %(number)s records are still held up. %(step)s") % step
    if advice.rule is Rule.CAME_BACK:
        return _("“%(about)s” came up %(number)s times: mend it where it begins, with a rule at the source.") % said
    return str(_SENTENCES[advice.rule]) % said


_ABOUT_CAUSES = frozenset({Rule.CAME_BACK, Rule.STILL_HELD})
_SENTENCES: dict[Rule, Promise] = {
    Rule.MISSED: gettext_lazy("%(number)s promised times were missed: agree who is reached when it happens again."),
    Rule.APPROVALS_WAIT: gettext_lazy(
        "Approvals of “%(about)s” waited %(number)s days on average: name somebody who stands in."
    ),
    Rule.UNEXPLAINED: gettext_lazy(
        "%(number)s records differ between both sides and are unexplained: look at them first."
    ),
    Rule.NOT_RECONCILED: gettext_lazy("%(number)s records were posted and never compared: reconcile them every night."),
    Rule.UNKNOWN_COMPANY: gettext_lazy(
        "%(number)s exceptions name a company that no flow knows: offer to connect the second legal entity."
    ),
    Rule.GREW: gettext_lazy("Posted records grew by %(number)s percent: talk about the next package."),
    Rule.ASSUMED: gettext_lazy(
        "The minutes that typing takes are assumed: agree on them before the figures are shown."
    ),
}
