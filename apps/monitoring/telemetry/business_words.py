"""What people read about how long business takes: what each figure is called, and how sure it is."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.monitoring.queries.ledger_rows import By
from apps.monitoring.telemetry.spells import ACTIVATION, PAID, Source
from apps.tenants.templatetags.states import badge_for

MEASURED, DERIVED, UNKNOWN = gettext_lazy("measured"), gettext_lazy("derived"), gettext_lazy("not known")


def key_words(source: Source, key: str) -> str:
    """Return what a kind of spell is called."""
    if source is Source.BILLING:
        return _("Invoice written until paid") if key == PAID else _("Work done until posted")
    if source is Source.ONBOARDING:
        return _("Setting up a customer, from begin to end")
    if source is Source.STATES:
        if key == ACTIVATION:
            return _("Time to activate a client")
        begin, _dash, end = key.partition("-")
        return _("%(begin)s → %(end)s") % {"begin": badge_for(begin).word, "end": badge_for(end).word}
    return key.replace("_", " ").replace("-", " ").capitalize()


def by_title(by: By) -> str:
    """Return what the records held back are counted by."""
    return {
        By.SERVICE_LINE: _("By service line"),
        By.REGION: _("By region of the client"),
        By.SEGMENT: _("By segment of the client"),
        By.COUNTRY: _("By region (the customer's country)"),
        By.CUSTOMER_SEGMENT: _("By segment of the customer"),
    }[by]


def by_words(by: By | None, name: str) -> str:
    """Return which records a list is of; "" where it is not of some of these."""
    if by is None:
        return ""
    sentence = {
        By.SERVICE_LINE: _("Service line: %(name)s"),
        By.REGION: _("Region: %(name)s"),
        By.SEGMENT: _("Segment: %(name)s"),
        By.COUNTRY: _("The customer's country: %(name)s"),
        By.CUSTOMER_SEGMENT: _("The customer's segment: %(name)s"),
    }[by]
    return sentence % {"name": name_words(name)}


def name_words(name: str) -> str:
    """Return a name that records are counted under."""
    return name or str(UNKNOWN)


def by_hint(by: By) -> str:
    """Return where it is known from."""
    if by.is_of_the_customer:
        return _("As the customer's page says.")
    return _("Derived: what the record itself, its deal or its client said last when it was held back.")


def by_mark(by: By) -> object:
    """Return how sure it is."""
    return MEASURED if by.is_of_the_customer else DERIVED


def source_title(source: Source) -> str:
    """Return what spells of a source are together."""
    return {
        Source.STATES: _("From deal to billing"),
        Source.HANDOFFS: _("Handed on to the next step"),
        Source.STEPS: _("Within a step"),
        Source.APPROVALS: _("Approvals"),
        Source.ONBOARDING: _("Onboarding"),
        Source.BILLING: _("Billing cycle"),
    }[source]


def source_hint(source: Source) -> str:
    """Return how the spells of a source are told."""
    return {
        Source.STATES: _("From one business state of a client until another was entered."),
        Source.HANDOFFS: _("From the end of the step before until a step was begun."),
        Source.STEPS: _("From the begin of a step until it was done, with whom or what it waited for."),
        Source.APPROVALS: _("From the question until the answer; what waits longest stands first."),
        Source.ONBOARDING: _("Of customers, from the first page of their onboarding until it was finished."),
        Source.BILLING: _(
            "From the day of the work or the expense until it was posted first, and from the day of an invoice until a run saw it paid."
        ),
    }[source]
