"""Who appears in the demo: two partners that look like two products, their customers, and people for every role."""

from dataclasses import dataclass

from apps.accounts.actions import Role

PASSWORD = "look-around-2026"  # noqa: S105  for the demo's people only; printed by `make demo`


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can sign in. `customer` names the firm a customer's person belongs to."""

    name: str
    email: str
    role: Role
    customer: str = ""


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A firm with a simulated PSA and ERP of its own. `slug` names its companies in the sandbox."""

    name: str
    slug: str
    country: str
    currency: str
    time_zone: str
    segment: str
    people: int
    seed: int


@dataclass(frozen=True, slots=True)
class DemoPartner:
    """A partner, its look, its people and its customers."""

    name: str
    slug: str
    primary: str
    accent: str
    font: str
    radius: int
    noun: str
    sign_in_text: str
    support: str
    people: tuple[DemoPerson, ...]
    customers: tuple[DemoCustomer, ...]


OPERATOR = DemoPerson("Ola Operator", "operator@platform.example", Role.OPERATOR)

PARTNERS = (
    DemoPartner(
        name="Alder & Quay",
        slug="alder",
        primary="#0f766e",
        accent="#b45309",
        font="serif",
        radius=4,
        noun="Integration Desk",
        sign_in_text="Time, projects and invoices that agree with each other.",
        support="desk@alder.example",
        people=(
            DemoPerson("Hanna Alder", "owner@alder.example", Role.OWNER),
            DemoPerson("Bela Quay", "builder@alder.example", Role.BUILDER),
            DemoPerson("Sam Support", "support@alder.example", Role.SUPPORT),
            DemoPerson("Fina Lanz", "finance@alder.example", Role.FINANCE),
            DemoPerson("Mona Meridian", "finance@meridian.example", Role.FINANCE_APPROVER, "Meridian Consulting"),
        ),
        customers=(
            DemoCustomer("Meridian Consulting", "meridian", "DE", "EUR", "Europe/Berlin", "Consulting", 30, 11),
            DemoCustomer("Northfield Engineering", "northfield", "GB", "GBP", "Europe/London", "Engineering", 18, 12),
            DemoCustomer("Castellan Advisory", "castellan", "NL", "EUR", "Europe/Amsterdam", "Advisory", 12, 13),
        ),
    ),
    DemoPartner(
        name="Brightforge",
        slug="brightforge",
        primary="#6d28d9",
        accent="#be185d",
        font="inter",
        radius=12,
        noun="Flow Hub",
        sign_in_text="Your business systems, in step.",
        support="help@brightforge.example",
        people=(
            DemoPerson("Bo Bright", "owner@brightforge.example", Role.OWNER),
            DemoPerson("Uma Forge", "support@brightforge.example", Role.SUPPORT),
            DemoPerson("Kit Kestrel", "finance@kestrel.example", Role.FINANCE_APPROVER, "Kestrel Labs"),
        ),
        customers=(
            DemoCustomer("Kestrel Labs", "kestrel", "US", "USD", "America/New_York", "Software", 20, 21),
            DemoCustomer("Ostara Partners", "ostara", "SE", "SEK", "Europe/Stockholm", "Design", 10, 22),
        ),
    ),
)
