"""How long records are kept: what holds without a word, what can be chosen, what leaves a trace."""

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.models import AuditEntry
from apps.customers import retention
from apps.customers.models import Customer, LedgerPolicy
from apps.customers.retention import PayloadRule
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef


@pytest.fixture
def customer(in_partner_a: PartnerRef) -> Customer:
    """A customer that nobody has chosen anything for."""
    return create_customer(name="Meridian Consulting")


def test_contents_are_kept_for_thirty_days_until_somebody_says_otherwise(customer: Customer) -> None:
    assert retention.payload_rule(customer.id) == PayloadRule(stored=True, keep_days=30)
    assert retention.payload_rules() == {customer.id: PayloadRule(stored=True, keep_days=30)}


def test_a_choice_holds_for_its_customer_only_and_leaves_one_trace(customer: Customer) -> None:
    other = create_customer(name="Aurora Design")
    for _ in range(2):
        retention.set_payload_rule(customer, stored=False, keep_days=7)
    assert retention.payload_rules() == {customer.id: PayloadRule(False, 7), other.id: PayloadRule()}
    (entry,) = AuditEntry.objects.filter(action="customer_changed", subject_id=str(customer.id))
    assert entry.details == {"contents kept": ["30 days", "not stored"]}


@pytest.mark.parametrize("days", [0, 401], ids=["no day at all", "more than there are partitions for"])
def test_days_out_of_bounds_are_refused_by_name(customer: Customer, days: int) -> None:
    with pytest.raises(ValidationError) as refused:
        retention.set_payload_rule(customer, stored=True, keep_days=days)
    assert refused.value.message_dict == {"keep_days": ["Keep contents for 1 to 400 days."]}
    assert retention.payload_rule(customer.id) == PayloadRule()


def test_the_ledger_is_kept_for_thirteen_months_or_what_the_partner_says(customer: Customer) -> None:
    assert retention.ledger_months() == 13
    retention.set_ledger_months(24)
    retention.set_ledger_months(36)
    assert (retention.ledger_months(), LedgerPolicy.objects.count()) == (36, 1)
    details = [e.details["ledger kept"] for e in AuditEntry.objects.filter(action="partner_changed").order_by("id")]
    assert details == [["13 months", "24 months"], ["24 months", "36 months"]]
    with pytest.raises(ValidationError) as refused:
        retention.set_ledger_months(1)
    assert refused.value.message_dict == {"keep_months": ["Keep the ledger for 2 to 120 months."]}


def test_a_customers_people_see_their_own_choice_only(customer: Customer, partner_a: PartnerRef) -> None:
    other = create_customer(name="Aurora Design")
    retention.set_payload_rule(customer, stored=True, keep_days=90)
    retention.set_payload_rule(other, stored=True, keep_days=60)
    with scope.work_in(partner_a, other.id):
        assert retention.payload_rules() == {other.id: PayloadRule(True, 60)}
