"""What stands behind the numbers of Redmine's records: projects, people, issues and custom fields."""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.connectors.catalog.redmine.manifest import PERSON, PROJECT, TASK
from apps.connectors.contract import OutsideRecord
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import ObjectManifest, Reading
from apps.connectors.pagination import Position, following_position, page_parameters
from apps.connectors.protocols.calls import Calls

_ISSUES_AT_ONCE = 100


class PeopleAndProjects:
    """Names by number. Read once for each opened connection, issues as they appear."""

    def __init__(self, calls: Calls, employee_field: str) -> None:
        self.employee_field = employee_field
        self._calls = calls
        self._projects: dict[int, OutsideRecord] | None = None
        self._people: dict[int, OutsideRecord] | None = None
        self._issues: dict[int, OutsideRecord] = {}

    async def complete_entries(self, rows: list[OutsideRecord], approval_field: str) -> list[OutsideRecord]:
        """Return the entries with project identifier, person, subject of the issue and approval written in."""
        projects, people = await self.projects(), await self.people()
        issues = await self._subjects(row["issue"]["id"] for row in rows if row.get("issue"))
        return [
            {
                **row,
                "project": {**row["project"], **projects.get(row["project"]["id"], {})},
                "person": people.get(row["user"]["id"], {}),
                "issue": issues.get(row["issue"]["id"], row["issue"]) if row.get("issue") else {},
                # Without such a field the house rule is that time is entered once it is final.
                "approval": custom_value(row, approval_field) if approval_field else "approved",
            }
            for row in rows
        ]

    async def projects(self) -> dict[int, OutsideRecord]:
        """Return identifier and name of every project this key may see."""
        if self._projects is None:
            rows = await self._all(PROJECT)
            self._projects = {row["id"]: {part: row[part] for part in ("id", "identifier", "name")} for row in rows}
        return self._projects

    async def people(self) -> dict[int, OutsideRecord]:
        """Return key, e-mail and name of every person, also of those who left."""
        if self._people is None:
            rows = await self._all(PERSON)
            self._people = {
                row["id"]: {"key": self.key_of(row), "mail": row.get("mail", ""), "name": full_name(row)}
                for row in rows
            }
        return self._people

    async def require_people(self) -> None:
        """Raise MisconfiguredError when this key may not list people."""
        await self.people()

    def key_of(self, person: OutsideRecord) -> str:
        """Return what other systems know the person by: the employee number, else the e-mail address."""
        return custom_value(person, self.employee_field) or person.get("mail") or person.get("login") or ""

    async def _subjects(self, numbers: Iterable[int]) -> dict[int, OutsideRecord]:
        unknown = sorted(set(numbers) - self._issues.keys())
        for start in range(0, len(unknown), _ISSUES_AT_ONCE):
            some = ",".join(str(number) for number in unknown[start : start + _ISSUES_AT_ONCE])
            asked = {"issue_id": some, "status_id": "*", "limit": str(_ISSUES_AT_ONCE)}
            _, rows = await self._calls.list_records(TASK, "issues.json", asked)
            self._issues |= {row["id"]: {"id": row["id"], "subject": row.get("subject", "")} for row in rows}
        return self._issues

    async def _all(self, spec: ObjectManifest) -> list[OutsideRecord]:
        reading, rows = reading_of(spec), list[OutsideRecord]()
        offset: Position = 0
        while offset is not None:
            asked = {**reading.parameters, **page_parameters(reading.paging, offset)}
            answer, listed = await self._calls.list_records(spec, reading.path, asked)
            rows += listed
            offset = following_position(reading.paging, offset, answer, len(listed))
        return rows


def reading_of(spec: ObjectManifest) -> Reading:
    """Return how an object is read; every object of this manifest is."""
    if spec.reading is None:
        raise MisconfiguredError(f"{spec.label} cannot be read from Redmine.", business_class=BusinessClass.INTERNAL)
    return spec.reading


def custom_value(row: Mapping[str, Any], name: str) -> str:
    """Return the value of a custom field as text, "" when the record has none of this name."""
    fields = row.get("custom_fields") or [] if name else []
    value = next((field.get("value") for field in fields if field.get("name") == name), None)
    return ", ".join(value) if isinstance(value, list) else str(value or "").strip()


def full_name(person: OutsideRecord) -> str:
    """Return given and family name."""
    return " ".join(part for part in (person.get("firstname"), person.get("lastname")) if part)
