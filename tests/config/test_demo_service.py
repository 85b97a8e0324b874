"""The demo's first customer is promised a package, once however often the demo is started."""

from apps.accounts.actions import Role
from apps.monitoring import clock_book
from apps.monitoring.models import CustomerSla, SlaPolicy
from apps.monitoring.sla.terms import Promise
from config.demo_service import promise_gold
from tests.service_levels import START, Firm


def test_the_first_customer_has_a_package_with_credits(firm: Firm) -> None:
    promise_gold(firm.customer.name)
    assert not SlaPolicy.objects.exists()  # nobody is there yet who could promise it
    firm.person(Role.OWNER)
    for _again in range(2):
        promise_gold(firm.customer.name)
    agreed = CustomerSla.objects.get()
    terms = agreed.read_terms()
    assert {target.promise for target in terms.targets} == set(Promise)
    assert terms.credit is not None
    assert clock_book.agreement_at(firm.customer.id, START) is None
    assert clock_book.agreement_at(firm.customer.id, agreed.valid_from) == agreed
