"""A private system that speaks SOAP on stage: its description is drafted from its WSDL, as a partner does that."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import SystemManifest
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import read_document
from apps.connectors.private.drafting import draft_document
from apps.connectors.private.wsdl_reading import read
from tests.conformance.stage import Planted, Refusal, RefusedOutsideError
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.private.timeworks_stand_in import COMPANY, WSDL, TimeworksStandIn, is_valid_day

B = BusinessClass
ENTRIES, PEOPLE = "time_entries", "people"


@cache
def described() -> SystemManifest:
    """Return the manifest of the drafted document, with what no WSDL says: what its faults mean."""
    reading = read(WSDL.read_bytes()).to_json()
    document = draft_document("Timeworks", reading, [row["path"] for row in reading["lists"]])
    # There is no list of projects: entries name them by their code.
    lines = [{**line, "reference": ""} for line in document["objects"][0]["writing_lines"]]
    document["objects"][0]["writing_lines"] = lines
    document["soap"]["statuses"] = {"NotFound": 404}
    document["error_shape"] = {"field_path": "detail.EntryFault.field"}
    document["error_rules"] = [
        {"kind": "rejected", "business_class": "duplicate", "code": "Duplicate"},
        {"kind": "rejected", "business_class": "missing_reference", "code": "UnknownPerson"},
        {"kind": "rejected", "business_class": "closed_period", "code": "PeriodClosed"},
        {"kind": "rejected", "business_class": "validation", "code": "Invalid"},
    ]
    manifest = read_document(document, slug="private-soap")
    assert list_problems(manifest) == []
    return manifest


class PrivateSoapStage(StandInStage):
    """A company with nine entries, all entered in one moment, and nine people."""

    slug = "private_soap"
    stand_in = TimeworksStandIn
    lists = (ENTRIES, PEOPLE)
    level = ENTRIES
    stamps_late = True
    writes = (ENTRIES,)
    touched = {ENTRIES: "note", PEOPLE: "lastName"}
    removable = (ENTRIES,)
    settings = {"companyId": COMPANY}
    spared = ()
    bodiless = ()
    texts = {ENTRIES: "note"}
    numbers = {ENTRIES: "hours"}
    changed = {ENTRIES: {"note": "Moved to Tuesday"}}
    refusals = {
        ENTRIES: (
            Refusal("unknown person", {"personId": "nobody"}, B.MISSING_REFERENCE, "resource"),
            Refusal("closed month", {"workDate": "2025-12-31"}, B.CLOSED_PERIOD, "work_date"),
            Refusal("hours below zero", {"hours": "-1"}, B.VALIDATION, "hours"),
        )
    }
    planted = {
        "text": Planted(ENTRIES, "note"),
        "number": Planted(ENTRIES, "hours"),
        "date": Planted(ENTRIES, "workDate"),
    }

    @property
    def manifest(self) -> SystemManifest:
        return described()

    @property
    def secrets(self) -> dict[str, str]:
        return dict(zip(("username", "password"), self.system.client, strict=True))

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == PEOPLE:
            rate = {"value": "120.50", "currency": "EUR"} if number % 2 else {}
            return {
                "email": f"p{number}@x.example",
                "firstName": "Robin",
                "lastName": f"Vale {number}",
                **({"rate": rate} if rate else {}),
            }
        return {
            "externalId": f"there-{number}",
            "personId": "100001",
            "projectCode": "NW-101",
            "workDate": "2026-11-02",
            "hours": "7.50",
            "note": f"Entry {number}",
        }

    async def plant(self, sort: str, value: Any) -> str:
        if isinstance(value, str) and "\x00" in value:
            raise RefusedOutsideError("Its records never hold one: no XML does.")
        if sort == "date" and not is_valid_day(value):
            raise RefusedOutsideError("The schema of its answers knows no such day.")
        return await super().plant(sort, value)

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        sent = {
            "personId": str(self.system.rows[PEOPLE][0]["id"]),
            "projectCode": "NW-101",
            "workDate": "2026-11-02",
            "hours": "2.5",
            "billable": True,
            "note": "Workshop",
            **changes,
        }
        return Write(number, sent, f"TimeEntry:ours:{number}", f"key-{number}")


STAGE = PrivateSoapStage
