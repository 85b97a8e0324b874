"""Who asks a question: what they may see, and in whose words they are answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext as _

from apps.accounts.actions import CUSTOMER_ROLES, ROLE_LABELS, Role
from apps.accounts.staff_scope import as_staff
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.customers.models import Customer
from apps.monitoring.blame import WaitingOn
from apps.monitoring.case_words import cause_words, waiting_words
from apps.monitoring.currency_rates import read_rates
from apps.monitoring.customer_words import words_for
from apps.monitoring.impact import Sum
from apps.monitoring.money import Rates
from apps.monitoring.questions.rows import Money, money_in


@dataclass(frozen=True)
class Reader:
    """One person, or program, and what is read once for all rows. `partner` is who works for the customers."""

    is_customer: bool
    partner: str
    sees_values: bool

    @cached_property
    def customers(self) -> Mapping[UUID, tuple[str, str]]:
        """Return name and currency of each customer in scope. One query."""
        return {key: (name, currency) for key, name, currency in Customer.objects.values_list("id", "name", "currency")}

    @cached_property
    def rates(self) -> Rates:
        """Return the rates sums are added up with: the partner's, for its customers as well. One query."""
        with as_staff():
            return read_rates()

    def money(self, customer_id: UUID, parts: Iterable[Sum], now: datetime, unknown: int = 0) -> Money:
        """Return sums in the customer's currency; `unknown` records have no amount. Rates are read where they are needed."""
        currency, sums = self.currency_of(customer_id), list(parts)
        rates = self.rates if any(part.currency != currency for part in sums) else Rates(())
        return money_in(currency, sums, rates, now, unknown)

    def name_of(self, customer_id: UUID) -> str:
        """Return a customer's name."""
        return self.customers.get(customer_id, ("", ""))[0]

    def currency_of(self, customer_id: UUID) -> str:
        """Return a customer's currency."""
        return self.customers.get(customer_id, ("", ""))[1]

    def reason(self, error_class: str, field: str = "") -> str:
        """Return why a record is held up, as this reader calls it."""
        return str(words_for(error_class).title) if self.is_customer else cause_words(error_class, field)

    def party(self, waiting_on: str) -> str:
        """Return who has the next step."""
        if not self.is_customer:
            return waiting_words(waiting_on)
        if waiting_on == WaitingOn.CUSTOMER:
            return _("you")
        return self.partner if waiting_on == WaitingOn.PARTNER else _("whoever looks after your system")

    def role(self, role: str) -> str:
        """Return whose answer an approval waits for; to a customer, all of the partner's people are the partner."""
        if self.is_customer and role not in CUSTOMER_ROLES:
            return self.partner
        return _(ROLE_LABELS[Role(role)])


def field_words(canonical_type: str, field: str) -> str:
    """Return a field as people call it ("Start day"); a field that only another system knows by its own name."""
    described = CANONICAL_TYPES.get(canonical_type)
    known = described.field_named(field) if described and field else None
    return _(known.label) if known else field.replace("_", " ")
