"""The sandbox identity service: who may sign in, in which department and under whom. People leave by being made inactive."""

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Desk, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

USERS = "users"
_FIELDS = (
    "email", "external_id", "name", "given_name", "family_name", "employee_no", "department", "title", "location",
    "manager", "active",
)  # fmt: skip
_LONGEST = {"email": 120, "name": 120, "external_id": 200, "employee_no": 40}
_REQUIRED = ("email", "name")
KINDS = {
    USERS: Kind(
        "email",
        ("email", "name", "employee_no", "department", "title", "active"),
        prefix="ID-",
        own_key="external_id",
        renamed=("department", "organisation"),
        fields=_FIELDS,
        required=_REQUIRED,
        longest=_LONGEST,
    ),
}
_WITHOUT_SIGN_IN = 3  # every third person of the firm: somebody to provide for


class IdentityService(Desk):
    """One request to one company's identity service."""

    slug, title, main = "identity", "Sandbox identity", USERS
    kinds = KINDS
    takes_keys = True

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store two of three people of the firm; the third has no sign-in yet."""
        known = [_user(person) for number, person in enumerate(firm.people, 1) if number % _WITHOUT_SIGN_IN]
        cls.fill_kind(store, company, USERS, known, instant_text(firm.as_of))

    def prepared(self, _kind: str, record: Record, _number: int) -> Record:
        """Whoever is new may sign in."""
        return {"active": True, **record}

    def judge(self, _kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        found = rules.missing(record, _REQUIRED) + rules.unknown(record, _FIELDS)
        found += rules.too_long(record, _LONGEST) + rules.email(record)
        manager = str(record.get("manager") or "")
        if not isinstance(record.get("active", True), bool):
            found.append(Problem("invalid_choice", "active", "active must be true or false"))
        if manager and self.look_up(USERS, manager) is None:
            found.append(Problem("unknown_person", "manager", f"Nobody here has the e-mail {manager}"))
        return found


def _user(person: Record) -> Record:
    copied = ("email", "name", "given_name", "family_name", "department", "title")
    return {
        "id": f"ID-{person['id'][2:]}",
        **{name: person[name] for name in copied},
        "employee_no": person["id"],
        "location": person["region"],
        "manager": None,
        "active": True,
    }
