"""The sandbox identity service: who may sign in, and who belongs to which group.

People leave by being made inactive; a membership ends by being removed.
"""

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Desk, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

USERS, MEMBERSHIPS = "users", "memberships"
_FIELDS = (
    "email", "external_id", "name", "given_name", "family_name", "employee_no", "department", "title", "location",
    "manager", "active",
)  # fmt: skip
_MEMBERSHIP_FIELDS = ("id", "group", "external_id", "employee_no", "person_name", "role", "starts", "ends")
_MEMBERSHIP_REQUIRED = ("group", "employee_no", "starts", "ends")
_LONGEST = {"email": 120, "name": 120, "external_id": 200, "employee_no": 40, "group": 40, "role": 80}
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
    MEMBERSHIPS: Kind(
        "id",
        ("id", "group", "employee_no", "person_name", "role", "starts", "ends"),
        prefix="GM-",
        own_key="external_id",
        removable=True,
        fields=_MEMBERSHIP_FIELDS,
        required=_MEMBERSHIP_REQUIRED,
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
        """Store two of three people of the firm; the third has no sign-in yet. All belong to the staff."""
        known = [_user(person) for number, person in enumerate(firm.people, 1) if number % _WITHOUT_SIGN_IN]
        cls.fill_kind(store, company, USERS, known, instant_text(firm.as_of))
        days = {"starts": firm.first_day.isoformat(), "ends": "2099-12-31"}
        staff = [_member(user, "STAFF", days) for user in known]
        cls.fill_kind(store, company, MEMBERSHIPS, staff, instant_text(firm.as_of))

    def prepared(self, kind: str, record: Record, _number: int) -> Record:
        """Whoever is new may sign in; a membership shows the name behind its number."""
        return self._named(record) if kind == MEMBERSHIPS else {"active": True, **record}

    def completed(self, kind: str, _before: Record, changed: Record) -> Record:
        """A membership shows the name of whom it names now."""
        return self._named(changed) if kind == MEMBERSHIPS else changed

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind == MEMBERSHIPS:
            return self._problems_of_membership(record)
        found = rules.missing(record, _REQUIRED) + rules.unknown(record, _FIELDS)
        found += rules.too_long(record, _LONGEST) + rules.email(record)
        manager = str(record.get("manager") or "")
        if not isinstance(record.get("active", True), bool):
            found.append(Problem("invalid_choice", "active", "active must be true or false"))
        if manager and self.look_up(USERS, manager) is None:
            found.append(Problem("unknown_person", "manager", f"Nobody here has the e-mail {manager}"))
        return found

    def _problems_of_membership(self, record: Record) -> list[Problem]:
        found = rules.missing(record, _MEMBERSHIP_REQUIRED) + rules.unknown(record, _MEMBERSHIP_FIELDS)
        found += rules.too_long(record, _LONGEST) + rules.days(record, ("starts", "ends"))[1]
        number = str(record.get("employee_no") or "")
        person = self._person(number)
        if number and person is None:
            found.append(Problem("unknown_member", "employee_no", f"Nobody here has the personnel number {number}"))
        elif person is not None and not person["active"]:
            found.append(Problem("person_inactive", "employee_no", f"{person['name']} may not sign in any more"))
        return found

    def _named(self, membership: Record) -> Record:
        person = self._person(str(membership.get("employee_no") or "")) or {}
        return {**membership, "person_name": person.get("name")}

    def _person(self, number: str) -> Record | None:
        users = self._store.every(self._company, USERS)
        return next((user for user in users if number and user.get("employee_no") == number), None)


def _member(user: Record, group: str, days: Record) -> Record:
    person = {"employee_no": user["employee_no"], "person_name": user["name"], "role": user["title"]}
    return {"id": f"GM-{user['id'][3:]}", "group": group, **person, **days}


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
