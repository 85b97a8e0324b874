"""Who appears in the demo: two partners that look like two products, their customers, and people for every role."""

from dataclasses import dataclass
from datetime import time

from apps.accounts.actions import Role
from apps.customers.cut_offs import LAST, Rhythm, Rule

PASSWORD = "look-around-2026"  # noqa: S105  for the demo's people only; printed by `make demo`


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can sign in. `customer` names the firm a customer's person belongs to."""

    name: str
    email: str
    role: Role
    customer: str = ""


@dataclass(frozen=True, slots=True)
class DemoCutOff:
    """A time by which a firm's records must have arrived."""

    name: str
    purpose: str
    rule: Rule


INVOICE_RUN = DemoCutOff(
    "Invoice run", "Approved time must be in the accounting by then.", Rule(Rhythm.WEEKLY, 0, time(17))
)
MONTH_END = DemoCutOff(
    "Month end", "The books close: nothing can be posted into the month any more.", Rule(Rhythm.MONTHLY, LAST, time(18))
)
PAYROLL = DemoCutOff("Payroll", "Hours must have been approved and transferred.", Rule(Rhythm.WORKING_DAY, 3, time(12)))
FRIDAY_BILLING = DemoCutOff(
    "Weekly billing", "What is not billed by then waits a week.", Rule(Rhythm.WEEKLY, 4, time(16))
)
SUNDAY_CLOSE = DemoCutOff(
    "Timesheets due", "The week's time must be complete for Monday's review.", Rule(Rhythm.WEEKLY, 6, time(20))
)


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A firm with a simulated PSA and ERP of its own. `slug` names its companies in the sandbox; `owner` looks after it.

    One that `wins_deals` has a CRM, workspaces and a tax service too, and onboards its clients: config/demo_deals.py.
    """

    name: str
    slug: str
    country: str
    currency: str
    time_zone: str
    segment: str
    people: int
    seed: int
    owner: str = ""
    cut_offs: tuple[DemoCutOff, ...] = ()
    wins_deals: bool = False


@dataclass(frozen=True, slots=True)
class DemoBeginner:
    """A firm whose onboarding is under way: `connected` systems work, `contact` was sent a link for the next one.

    With both systems connected a draft is installed and tried; `invited` is the one of its people who was asked to join.
    """

    name: str
    slug: str
    country: str
    currency: str
    time_zone: str
    segment: str
    people: int
    seed: int
    owner: str
    days: int
    notes: str
    entities: tuple[tuple[str, str], ...] = ()
    connected: tuple[str, ...] = ()
    contact: tuple[str, str] = ("", "")
    invited: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class DemoLook:
    """How a partner's portal looks. Its pictures are the files `<slug>-*` of demo_brands/, drawn for the demo."""

    primary: str
    accent: str
    font: str
    heading_font: str
    radius: int
    side_scheme: str
    noun: str
    sign_in_text: str
    support: str
    support_name: str
    support_phone: str
    support_hours: str
    mail_header_colour: str
    mail_footer: str
    customer_nouns: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class DemoPartner:
    """A partner, its look, its people and its customers."""

    name: str
    slug: str
    look: DemoLook
    people: tuple[DemoPerson, ...]
    customers: tuple[DemoCustomer, ...]
    beginners: tuple[DemoBeginner, ...] = ()


OPERATOR = DemoPerson("Ola Operator", "operator@platform.example", Role.OPERATOR)

PARTNERS = (
    DemoPartner(
        name="Alder & Quay",
        slug="alder",
        look=DemoLook(
            primary="#0f766e",
            accent="#b45309",
            font="source-sans",
            heading_font="serif",
            radius=4,
            side_scheme="light",
            noun="Integration Desk",
            sign_in_text="Time, projects and invoices that agree with each other.",
            support="desk@alder.example",
            support_name="The desk",
            support_phone="+49 30 5550 1180",
            support_hours="weekdays 8 to 18 h, Berlin time",
            mail_header_colour="",
            mail_footer="Alder & Quay GmbH, Speicherufer 4, Hamburg\nRegistered at Amtsgericht Hamburg, HRB 000000",
            customer_nouns=("client", "Clients"),
        ),
        people=(
            DemoPerson("Hanna Alder", "owner@alder.example", Role.OWNER),
            DemoPerson("Bela Quay", "builder@alder.example", Role.BUILDER),
            DemoPerson("Sam Support", "support@alder.example", Role.SUPPORT),
            DemoPerson("Fina Lanz", "finance@alder.example", Role.FINANCE),
            DemoPerson("Mona Meridian", "finance@meridian.example", Role.FINANCE_APPROVER, "Meridian Consulting"),
            DemoPerson("Dario Moss", "delivery@meridian.example", Role.DELIVERY_LEAD, "Meridian Consulting"),
        ),
        customers=(
            DemoCustomer(
                "Meridian Consulting",
                "meridian",
                "DE",
                "EUR",
                "Europe/Berlin",
                "Consulting",
                30,
                11,
                "owner@alder.example",
                (INVOICE_RUN, MONTH_END, PAYROLL),
                wins_deals=True,
            ),
            DemoCustomer(
                "Northfield Engineering",
                "northfield",
                "GB",
                "GBP",
                "Europe/London",
                "Engineering",
                18,
                12,
                "builder@alder.example",
                (SUNDAY_CLOSE, MONTH_END),
            ),
            DemoCustomer(
                "Castellan Advisory",
                "castellan",
                "NL",
                "EUR",
                "Europe/Amsterdam",
                "Advisory",
                12,
                13,
                "builder@alder.example",
                (FRIDAY_BILLING,),
            ),
        ),
        beginners=(
            DemoBeginner(
                "Lindqvist & Holm",
                "lindqvist",
                "SE",
                "SEK",
                "Europe/Stockholm",
                "Architecture",
                8,
                14,
                "builder@alder.example",
                9,
                "Go-live wanted before the December invoices. Karin has the accounting's token.",
                entities=(("SE02", "Lindqvist & Holm Studio AB"),),
                connected=("psa",),
                contact=("Karin Holm", "karin@lindqvist.example"),
            ),
            DemoBeginner(
                "Calder Systems",
                "calder",
                "GB",
                "GBP",
                "Europe/London",
                "Software",
                8,
                15,
                "owner@alder.example",
                4,
                "Two offices, one set of books.",
                connected=("psa", "erp"),
                invited=("Priya Calder", "priya@calder.example"),
            ),
            DemoBeginner(
                "Tessin Legal",
                "tessin",
                "CH",
                "CHF",
                "Europe/Zurich",
                "Legal",
                6,
                16,
                "owner@alder.example",
                1,
                "First call on Monday.",
            ),
        ),
    ),
    DemoPartner(
        name="Brightforge",
        slug="brightforge",
        look=DemoLook(
            primary="#6d28d9",
            accent="#be185d",
            font="figtree",
            heading_font="",
            radius=14,
            side_scheme="dark",
            noun="Flow Hub",
            sign_in_text="Your business systems, in step.",
            support="help@brightforge.example",
            support_name="Forge support",
            support_phone="+1 646 555 0142",
            support_hours="around the clock",
            mail_header_colour="#4c1d95",
            mail_footer="Brightforge Inc., 220 Kiln Street, New York",
        ),
        people=(
            DemoPerson("Bo Bright", "owner@brightforge.example", Role.OWNER),
            DemoPerson("Uma Forge", "support@brightforge.example", Role.SUPPORT),
            DemoPerson("Kit Kestrel", "finance@kestrel.example", Role.FINANCE_APPROVER, "Kestrel Labs"),
        ),
        customers=(
            DemoCustomer(
                "Kestrel Labs",
                "kestrel",
                "US",
                "USD",
                "America/New_York",
                "Software",
                20,
                21,
                "owner@brightforge.example",
                (INVOICE_RUN, SUNDAY_CLOSE),
            ),
            DemoCustomer(
                "Ostara Partners",
                "ostara",
                "SE",
                "SEK",
                "Europe/Stockholm",
                "Design",
                10,
                22,
                "owner@brightforge.example",
                (FRIDAY_BILLING, MONTH_END),
            ),
        ),
        beginners=(
            DemoBeginner(
                "Vantage Studio",
                "vantage",
                "US",
                "USD",
                "America/Chicago",
                "Design",
                8,
                23,
                "owner@brightforge.example",
                6,
                "They change their accounting in spring: keep the mapping simple.",
                entities=(("US02", "Vantage Studio West LLC"),),
                connected=("psa",),
                contact=("Noor Vale", "noor@vantage.example"),
            ),
        ),
    ),
)
