"""What people read about how long business takes: what each figure is called, and how sure it is."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.monitoring.telemetry.spells import ACTIVATION, Source
from apps.tenants.templatetags.states import badge_for

MEASURED, DERIVED, UNKNOWN = gettext_lazy("measured"), gettext_lazy("derived"), gettext_lazy("not known")


def key_words(source: Source, key: str) -> str:
    """Return what a kind of spell is called."""
    if source is Source.ONBOARDING:
        return _("Setting up a customer, from begin to end")
    if source is Source.STATES:
        if key == ACTIVATION:
            return _("Time to activate a client")
        begin, _dash, end = key.partition("-")
        return _("%(begin)s → %(end)s") % {"begin": badge_for(begin).word, "end": badge_for(end).word}
    return key.replace("_", " ").replace("-", " ").capitalize()


def source_title(source: Source) -> str:
    """Return what spells of a source are together."""
    return {
        Source.STATES: _("From deal to billing"),
        Source.HANDOFFS: _("Handed on to the next step"),
        Source.STEPS: _("Within a step"),
        Source.APPROVALS: _("Approvals"),
        Source.ONBOARDING: _("Onboarding"),
    }[source]


def source_hint(source: Source) -> str:
    """Return how the spells of a source are told."""
    return {
        Source.STATES: _("From one business state of a client until another was entered."),
        Source.HANDOFFS: _("From the end of the step before until a step was begun."),
        Source.STEPS: _("From the begin of a step until it was done, with whom or what it waited for."),
        Source.APPROVALS: _("From the question until the answer; what waits longest stands first."),
        Source.ONBOARDING: _("Of customers, from the first page of their onboarding until it was finished."),
    }[source]
