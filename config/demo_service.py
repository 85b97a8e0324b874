"""What the demo's partners promise: a package and opening hours each, given to their first customer."""

from decimal import Decimal

from apps.accounts.actions import Role
from apps.accounts.actor import actor_for_person
from apps.accounts.models import User
from apps.customers.models import Customer
from apps.monitoring import sla_settings
from apps.monitoring.models import SlaPolicy
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.credits import CreditBand
from apps.monitoring.sla.opening import BusinessHours
from apps.monitoring.sla.terms import Promise, Target
from apps.monitoring.sla_settings import Package

OFFICE = ((9 * 60, 17 * 60),)
HOURS = BusinessHours("Europe/Berlin", (OFFICE,) * 5 + ((), ()), "DE", "BE")
GOLD = Package(
    name="Gold",
    summary="For firms that bill every week",
    targets=(
        Target(Promise.DETECT, 30),
        Target(Promise.ACKNOWLEDGE, 60, severity="high"),
        Target(Promise.ACKNOWLEDGE, 240, severity="normal"),
        Target(Promise.RESOLVE, 240, severity="high"),
        Target(Promise.RESOLVE, 960, severity="normal"),
        Target(Promise.RESOLVE, 1440, severity="low"),
        Target(Promise.DELIVERY, 60),
        Target(Promise.CUT_OFF, 0),
    ),
    pauses=frozenset({PauseCause.CUSTOMER}),
    bands=(CreditBand(0, Decimal(1)), CreditBand(240, Decimal("2.5")), CreditBand(960, Decimal(5))),
    cap_percent=Decimal(20),
)


def promise_gold(customer_name: str) -> None:
    """Give one customer the package, unless packages were made already; call it inside the partner's scope."""
    owner = User.objects.filter(role=Role.OWNER).first()
    if owner is None or SlaPolicy.objects.exists():
        return
    by = actor_for_person(user_id=owner.id, name=owner.name, email=owner.email, role=Role.OWNER)
    policy = sla_settings.save_policy(None, GOLD, by=by)
    calendar = sla_settings.save_calendar(None, name="Office hours", hours=HOURS, by=by)
    customer = Customer.objects.get(name=customer_name)
    sla_settings.agree(customer, policy=policy, calendar=calendar, fee=Decimal(1800), currency=customer.currency, by=by)
