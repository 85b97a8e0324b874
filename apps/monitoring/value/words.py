"""Value as people read it: what each figure is called, how it comes about, and what stands behind its parts."""

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.monitoring.case_words import cause_words
from apps.monitoring.customer_words import words_for
from apps.monitoring.value.figures import Evidence, Kind, Unit
from apps.monitoring.value.terms import MEASURED, Terms
from apps.tenants.templatetags.wording import count_words, hours_words, money_words

BY_TYPE = frozenset({Kind.HOURS, Kind.LABOUR, Kind.DAYS})

KIND_TITLES: dict[Kind, Promise] = {
    Kind.HOURS: gettext_lazy("Typing avoided"),
    Kind.LABOUR: gettext_lazy("Cost of that typing"),
    Kind.DAYS: gettext_lazy("Posted sooner"),
    Kind.PROTECTED: gettext_lazy("Money protected"),
    Kind.WRITE_OFFS: gettext_lazy("Write-offs prevented"),
    Kind.CAUGHT: gettext_lazy("Caught before anybody noticed"),
}
EVIDENCE_WORDS: dict[Evidence, Promise] = {
    Evidence.MEASURED: gettext_lazy("Measured"),
    Evidence.DERIVED: gettext_lazy("Derived"),
    Evidence.ASSUMED: gettext_lazy("Assumed"),
}
EVIDENCE_SENTENCES: dict[Evidence, Promise] = {
    Evidence.MEASURED: gettext_lazy("Read off from records."),
    Evidence.DERIVED: gettext_lazy("Calculated from records and from what was agreed."),
    Evidence.ASSUMED: gettext_lazy("Rests on a usual value, because nothing was agreed."),
}
KIND_ICONS = {
    Kind.HOURS: "clock",
    Kind.LABOUR: "coin",
    Kind.DAYS: "hourglass",
    Kind.PROTECTED: "shield-check",
    Kind.WRITE_OFFS: "receipt",
    Kind.CAUGHT: "circle-check",
}


def amount_words(amount: Decimal, unit: Unit, currency: str) -> str:
    """Return a figure with its unit: "12.50 h", "3.4 days", "EUR 1,200.00", "7"."""
    if unit is Unit.HOURS:
        return hours_words(amount)
    if unit is Unit.MONEY:
        return money_words(amount, currency)
    if unit is Unit.DAYS:
        return days_words(amount)
    return count_words(amount)


def days_words(amount: Decimal) -> str:
    """Return "3.4 days"."""
    words = ngettext("%(count)s day", "%(count)s days", 1 if amount == 1 else 2)
    return words % {"count": count_words(amount)}


def sample_words(kind: Kind, sample: int) -> str:
    """Return what a figure rests on: "1,204 records"."""
    if kind is Kind.CAUGHT:
        words = ngettext("of %(count)s exception that is over", "of %(count)s exceptions that are over", sample)
    else:
        words = ngettext("%(count)s record", "%(count)s records", sample)
    return words % {"count": count_words(sample)}


def detail_words(kind: Kind, detail: str, *, for_customer: bool) -> str:
    """Return what a part is about: a kind of record, or what held the money up."""
    if kind in BY_TYPE:
        return type_words(detail)
    return str(words_for(detail).title) if for_customer else cause_words(detail, "")


def type_words(canonical_type: str) -> str:
    """Return the records of a canonical type as people call them: "Time entries"."""
    known = CANONICAL_TYPES.get(canonical_type)
    return _(known.plural) if known else canonical_type


def formula_words(kind: Kind, terms: Terms) -> str:
    """Return in a sentence how a figure comes about."""
    sentences = {
        Kind.HOURS: _("Records posted, times the minutes that typing one takes."),
        Kind.LABOUR: _("Hours of typing avoided, times the cost of an hour."),
        Kind.DAYS: _delay_words(terms),
        Kind.PROTECTED: _("The amounts of records that were held up and then posted, each record once."),
        Kind.WRITE_OFFS: _(
            "Of the money protected, what would not have passed by itself: outages and time-outs are left out."
        ),
        Kind.CAUGHT: _("Exceptions that were over without the customer being asked or writing a word."),
    }
    if kind is Kind.LABOUR and terms.hourly_cost is not None:
        cost = money_words(terms.hourly_cost, terms.currency)
        return _("Hours of typing avoided, times %(cost)s an hour.") % {"cost": cost}
    return sentences[kind]


def _delay_words(terms: Terms) -> str:
    if terms.baseline_days is None:
        return _("The delay before go-live, less the delay of now.")
    days = {"days": days_words(terms.baseline_days), "records": count_words(terms.baseline_records)}
    if terms.baseline_from == MEASURED:
        return (
            _(
                "%(days)s before go-live, measured on %(records)s records of the first weeks, less the delay of now: "
                "from being ready at the source until posted."
            )
            % days
        )
    return (
        _(
            "%(days)s before go-live, as it was said, less the delay of now: from being ready at the source until posted."
        )
        % days
    )
