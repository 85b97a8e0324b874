"""The sandbox support desk: the organisations that are looked after, the people there who may ask, and the tickets."""

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Desk, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store
from apps.connectors.sandbox.vocabulary import FAMILY, GIVEN

ORGANIZATIONS, CONTACTS, TICKETS = "organizations", "contacts", "tickets"
LEVELS = ("basic", "standard", "premium")
_FIELDS = {
    ORGANIZATIONS: ("name", "external_id", "country", "level", "note", "active"),
    CONTACTS: ("email", "external_id", "name", "phone", "organization", "locale", "active"),
    TICKETS: ("id", "external_id", "subject", "project", "priority", "state", "due_on", "note"),
}
_REQUIRED = {ORGANIZATIONS: ("name",), CONTACTS: ("email", "name"), TICKETS: ("subject", "project")}
_TICKET_CHOICES = {"priority": ("low", "normal", "high"), "state": ("open", "solved")}
_LONGEST = {"subject": 200, "project": 40, "external_id": 200, "name": 120, "email": 120, "phone": 40, "note": 500}
KINDS = {
    ORGANIZATIONS: Kind(
        "name",
        ("name", "country", "level", "active"),
        prefix="SO-",
        own_key="external_id",
        renamed=("level", "plan"),
        fields=_FIELDS[ORGANIZATIONS],
        required=_REQUIRED[ORGANIZATIONS],
        choices={"level": LEVELS},
        longest=_LONGEST,
    ),
    CONTACTS: Kind(
        "email",
        ("email", "name", "organization", "locale", "active"),
        prefix="SC-",
        own_key="external_id",
        fields=_FIELDS[CONTACTS],
        required=_REQUIRED[CONTACTS],
        longest=_LONGEST,
    ),
    TICKETS: Kind(
        "id",
        ("id", "subject", "project", "priority", "state", "due_on"),
        prefix="ST-",
        own_key="external_id",
        counted=("state", "open"),
        fields=_FIELDS[TICKETS],
        required=_REQUIRED[TICKETS],
        choices=_TICKET_CHOICES,
        longest=_LONGEST,
    ),
}


class SupportDesk(Desk):
    """One request to one company's support desk."""

    slug, title, main = "support", "Sandbox support", ORGANIZATIONS
    kinds = KINDS
    takes_keys = True

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store every other client of the firm, at least eight if there are, each with one person who asks and one ticket."""
        clients = firm.clients[::2] if len(firm.clients) > 16 else firm.clients
        organizations = [
            {
                "id": f"SO-{client['id'][2:]}",
                "name": f"{client['name']} ({client['id']})",
                "country": client["country"],
                "level": LEVELS[number % len(LEVELS)],
                "note": None,
                "active": True,
            }
            for number, client in enumerate(clients)
        ]
        contacts = [_contact(number, organization) for number, organization in enumerate(organizations, 1)]
        cls.fill_kind(store, company, ORGANIZATIONS, organizations, instant_text(firm.as_of))
        tickets = [_ticket(number, firm) for number, _ in enumerate(organizations, 1)]
        cls.fill_kind(store, company, CONTACTS, contacts, instant_text(firm.as_of))
        cls.fill_kind(store, company, TICKETS, tickets, instant_text(firm.as_of))

    def prepared(self, kind: str, record: Record, _number: int) -> Record:
        """Who is new is active; a ticket begins open."""
        return {"state": "open", "priority": "normal", **record} if kind == TICKETS else {"active": True, **record}

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        found = rules.missing(record, _REQUIRED[kind]) + rules.unknown(record, _FIELDS[kind])
        found += rules.too_long(record, _LONGEST) + rules.country(record) + rules.choices(record, {"level": LEVELS})
        if kind == TICKETS:
            return [*found, *rules.choices(record, _TICKET_CHOICES), *rules.days(record, ("due_on",))[1]]
        found += rules.email(record)
        organization = str(record.get("organization") or "")
        if organization and self._store.get(self._company, ORGANIZATIONS, organization) is None:
            found.append(Problem("unknown_organization", "organization", f"There is no organization {organization}"))
        return found


def _ticket(number: int, firm: Firm) -> Record:
    project = firm.projects[number % len(firm.projects)]["code"]
    about = {"subject": f"Question {number} about {project}", "project": project, "due_on": None, "note": None}
    return {"id": f"ST-{number:04d}", **about, "priority": "normal", "state": "open" if number % 3 else "solved"}


def _contact(number: int, organization: Record) -> Record:
    given, family = GIVEN[number % len(GIVEN)], FAMILY[number * 7 % len(FAMILY)]
    return {
        "id": f"SC-{number:04d}",
        "email": f"asks{number:04d}@client.example",
        "name": f"{given} {family}",
        "phone": f"+49 30 {900000 + number}",
        "organization": organization["id"],
        "locale": "de" if organization["country"] == "DE" else "en",
        "active": True,
    }
