"""An estimate as people read it: rows of what was typed, and of what it comes to in each case."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.monitoring.models import Estimate
from apps.monitoring.value.roi import Estimation, Inputs, Outlook, estimate, inputs_from_values
from apps.monitoring.value.words import days_words
from apps.tenants.templatetags.wording import count_words, hours_words, money_words


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One line of the outcome: what it is, how it comes about, and its words for low, expected and high."""

    title: str
    formula: str
    cells: tuple[str, ...]
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class EstimatePage:
    """An estimate: its assumptions, its outcome, and the sentence that says it in one breath."""

    name: str
    currency: str
    sentence: str
    assumptions: tuple[tuple[str, str], ...]
    outcome: tuple[OutcomeRow, ...]


def build_page(row: Estimate) -> EstimatePage:
    """Return a kept estimate in words."""
    return page_of_inputs(row.name, row.currency, inputs_from_values(row.inputs))


def page_of_inputs(name: str, currency: str, inputs: Inputs) -> EstimatePage:
    """Return inputs and what they come to in words."""
    found = estimate(inputs)
    return EstimatePage(
        name=name,
        currency=currency,
        sentence=_sentence(found, currency),
        assumptions=tuple(_assumptions(inputs, currency)),
        outcome=tuple(_outcome(found.cases, currency)),
    )


def _sentence(found: Estimation, currency: str) -> str:
    """Say what is to be expected."""
    likely = found.expected
    words = {"benefit": money_words(likely.benefit, currency), "hours": hours_words(likely.hours)}
    said = _("Expected: %(benefit)s a month, of it %(hours)s of typing and mending that go away.") % words
    if likely.payback_months is None:
        return f"{said} {_('At this price it does not pay for itself.')}"
    return f"{said} {_('It has paid for itself after %(months)s.') % {'months': _months_words(likely.payback_months)}}"


def _months_words(months: Decimal) -> str:
    return _("%(number)s months") % {"number": count_words(months)}


def _assumptions(inputs: Inputs, currency: str) -> Sequence[tuple[str, str]]:
    def money(amount: Decimal) -> str:
        return money_words(amount, currency)

    def percent(amount: Decimal) -> str:
        return f"{count_words(amount)} %"

    return (
        (_("People who book time"), count_words(inputs.people)),
        (_("Records each, a month, that are typed a second time"), count_words(inputs.entries_each)),
        (_("Minutes to type one again"), count_words(inputs.minutes)),
        (_("Errors, in percent of them"), percent(inputs.error_rate)),
        (_("Minutes to find and mend an error"), count_words(inputs.error_minutes)),
        (_("Cost of an hour"), money(inputs.hourly_cost)),
        (_("Days until invoiced"), days_words(inputs.delay_days)),
        (_("Revenue of a month"), money(inputs.revenue)),
        (_("Cost of capital, in percent a year"), percent(inputs.capital_cost)),
        (_("Price of the set-up, once"), money(inputs.setup_price)),
        (_("Price of the package, a month"), money(inputs.monthly_price)),
    )


def _outcome(cases: Sequence[Outlook], currency: str) -> Sequence[OutcomeRow]:
    def money(amounts: Sequence[Decimal]) -> tuple[str, ...]:
        return tuple(money_words(amount, currency) for amount in amounts)

    return (
        OutcomeRow(
            _("Goes away"),
            _("Of typing, errors and delay alike"),
            tuple(f"{count_words(one.share)} %" for one in cases),
        ),
        OutcomeRow(
            _("Hours of typing and mending, a month"),
            _("Records, times minutes; errors, times minutes to mend"),
            tuple(hours_words(one.hours) for one in cases),
        ),
        OutcomeRow(
            _("Cost of typing, a month"), _("Hours, times the cost of an hour"), money([o.labour for o in cases])
        ),
        OutcomeRow(
            _("Cost of mending, a month"), _("Hours, times the cost of an hour"), money([o.errors for o in cases])
        ),
        OutcomeRow(
            _("Invoiced sooner by"), _("Days until invoiced, times the share"), tuple(days_words(o.days) for o in cases)
        ),
        OutcomeRow(_("Cash that comes sooner, once"), _("Revenue of these days"), money([o.cash for o in cases])),
        OutcomeRow(
            _("Cost of capital saved, a month"),
            _("That cash, times the cost of capital"),
            money([o.capital for o in cases]),
        ),
        OutcomeRow(
            _("Benefit, a month"), _("Typing, mending and capital"), money([o.benefit for o in cases]), is_sum=True
        ),
        OutcomeRow(_("Net, a month"), _("Benefit, less the package"), money([o.net for o in cases])),
        OutcomeRow(
            _("Net of the first year"),
            _("Twelve months, less the set-up"),
            money([o.first_year for o in cases]),
            is_sum=True,
        ),
        OutcomeRow(
            _("Has paid after"),
            _("Set-up, by the net of a month"),
            tuple(payback_words(one) for one in cases),
            is_sum=True,
        ),
        OutcomeRow(
            _("Return in the first year"), _("Net, in percent of its price"), tuple(_return(one) for one in cases)
        ),
    )


def payback_words(one: Outlook) -> str:
    """Return after how long it has paid: "4.5 months", "never"."""
    return _("never") if one.payback_months is None else _months_words(one.payback_months)


def _return(one: Outlook) -> str:
    return "—" if one.first_year_return is None else f"{count_words(one.first_year_return)} %"
