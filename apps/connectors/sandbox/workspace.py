"""The sandbox workspace service: one place to work together for each project, with an owner and members."""

from apps.connectors.sandbox import rules
from apps.connectors.sandbox.desk import Desk, Kind
from apps.connectors.sandbox.firm import Firm, instant_text
from apps.connectors.sandbox.rules import Problem
from apps.connectors.sandbox.store import Company, Record, Store

WORKSPACES = "workspaces"
_FIELDS = ("project", "name", "kind", "owner", "members", "client_name", "url", "state")
_LONGEST = {"project": 40, "name": 120}
_REQUIRED = ("project", "name")
_CHOICES = {"kind": ("team", "site", "folder", "portal"), "state": ("ready", "archived")}
KINDS = {
    WORKSPACES: Kind(
        "project",
        ("id", "name", "project", "kind", "owner", "url", "state"),
        prefix="WS-",
        removable=True,
        renamed=("project", "project_no"),
        counted=("state", "ready"),
        fields=_FIELDS,
        required=_REQUIRED,
        choices=_CHOICES,
        longest=_LONGEST,
    ),
    "people": Kind("email", ("email", "name", "active"), writable=False, fields=("email", "name", "active")),
}
_MOST_MEMBERS = 200


class WorkspaceService(Desk):
    """One request to one company's workspaces."""

    slug, title, main = "workspace", "Sandbox workspaces", WORKSPACES
    kinds = KINDS
    takes_keys = True

    @classmethod
    def fill(cls, store: Store, company: Company, firm: Firm) -> None:
        """Store who may own and join workspaces; it begins without any."""
        people = [
            {"id": f"US-{person['id'][2:]}", "email": person["email"], "name": person["name"], "active": True}
            for person in firm.people
        ]
        cls.fill_kind(store, company, "people", people, instant_text(firm.as_of))

    def prepared(self, kind: str, record: Record, number: int) -> Record:
        """Return a new record with what the system adds by itself."""
        if kind != WORKSPACES:
            return record
        url = f"https://workspaces.example/{self._company.slug}/{number}"
        return {"kind": "team", "members": [], **record, "url": url, "state": "ready"}

    def judge(self, kind: str, record: Record) -> list[Problem]:
        """Return everything wrong with a record that is new or changed."""
        if kind != WORKSPACES:
            return super().judge(kind, record)
        found = rules.missing(record, _REQUIRED) + rules.unknown(record, _FIELDS)
        found += rules.too_long(record, _LONGEST)
        found += rules.choices(record, _CHOICES)
        members = record.get("members")
        if not isinstance(members, list) or len(members) > _MOST_MEMBERS:
            found.append(
                Problem("invalid_list", "members", f"members must be a list of at most {_MOST_MEMBERS} e-mails")
            )
            members = []
        named = [("members", member) for member in members] + [("owner", record.get("owner"))]
        return found + [
            Problem("unknown_person", field, f"Nobody here has the e-mail {email}")
            for field, email in named
            if email not in (None, "") and self.look_up("people", str(email)) is None
        ]
