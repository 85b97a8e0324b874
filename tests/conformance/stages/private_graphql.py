"""A private GraphQL system on stage: its manifest is the draft out of the schema of a service over a real implementation."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Self

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import SystemManifest
from apps.connectors.private.descriptions import read_description
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import read_document
from apps.connectors.private.drafting import draft_document
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.protocols.graphql_document import RULES
from tests.connectors.protocols.graphql_stand_in import SDL, GraphQLStandIn
from tests.sandbox_server import SandboxServer

B = BusinessClass


@cache
def drafted() -> SystemManifest:
    """Return the manifest as a partner leaves it who takes all lists, and says how to sign in and what refusals mean."""
    reading = read_description(SDL.encode()).to_json()
    document = draft_document("Hours", reading, [row["path"] for row in reading["lists"]])
    signed = {"error_rules": RULES, "auth": {"scheme": "bearer"}, "secrets": [{"name": "token", "label": "Token"}]}
    manifest = read_document({**document, **signed}, slug="private-graphql")
    assert list_problems(manifest) == []
    return manifest


class PrivateGraphQLStage(StandInStage):
    """Nine people, projects and entries; the entries were all changed in one moment."""

    slug = "private_graphql"
    stand_in = GraphQLStandIn
    lists = ("people", "projects", "time_entries")
    level = "time_entries"
    writes = ("projects", "time_entries")
    touched = {"people": "displayName", "projects": "name", "time_entries": "note"}
    removable = ("time_entries",)
    changed = {"projects": {"name": "Audit 2027"}, "time_entries": {"note": "Workshop in Bonn"}}
    refusals = {
        "projects": (
            Refusal("a name beyond measure", {"name": "x" * 300}, B.TOO_LARGE, "name"),
            Refusal("a budget that is no number", {"budgetAmount": "plenty"}, B.VALIDATION, "budgetAmount"),
        ),
        "time_entries": (
            Refusal("a closed period", {"workedOn": "2025-12-31"}, B.CLOSED_PERIOD, "work_date"),
            Refusal("an unknown person", {"personId": "7"}, B.MISSING_REFERENCE, "resource"),
            Refusal("an unknown project", {"projectId": "7"}, B.MISSING_REFERENCE, "project"),
            Refusal("hours that are no number", {"hours": "7,5"}, B.VALIDATION, "hours"),
        ),
    }
    texts = {"projects": "name", "time_entries": "note"}
    numbers = {"projects": "budgetAmount", "time_entries": "hours"}
    planted = {
        "text": Planted("time_entries", "note"),
        "number": Planted("time_entries", "hours"),
        "date": Planted("time_entries", "workedOn"),
    }
    spared = ()

    @asynccontextmanager
    async def standing(self, sandbox: SandboxServer) -> AsyncIterator[Self]:
        async with super().standing(sandbox) as stage:
            stage.front.is_question = lambda body: body.startswith(b'{"query":"query ')
            yield stage

    @property
    def manifest(self) -> SystemManifest:
        return drafted()

    @property
    def secrets(self) -> dict[str, str]:
        return {"token": self.system.bearer}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "people":
            return {"email": f"robin.{number}@alder.example", "displayName": f"Robin Vale {number}",
                    "employeeNumber": f"E-{number}", "active": number != 4, "startedOn": "2024-02-29"}  # fmt: skip
        if name == "projects":
            return {
                "code": f"P-{number}",
                "name": f"Audit {number}",
                "state": "open",
                "budgetAmount": 1200.5,
                "tags": ["a"],
            }
        return {
            "externalId": f"T-{number}", "workedOn": "2026-10-30", "hours": 7.5, "note": f"Workshop {number}",
            "personId": self._first("people"), "projectId": self._first("projects"), "billable": True,
            "status": "APPROVED",
        }  # fmt: skip

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        if name == "projects":
            sent: dict[str, Any] = {"code": f"K-{number}", "name": f"O'Neil Bank {number}", **changes}
        else:
            sent = {
                "externalId": f"TE/{number}", "workedOn": "2026-11-02", "hours": 7.5, "note": "Workshop",
                "personId": self._first("people"), "projectId": self._first("projects"), **changes,
            }  # fmt: skip
        return Write(number, sent, f"{name}:ours:{number}", f"key-{name}-{number}")

    def _first(self, name: str) -> str:
        return str(self.system.rows[name][0]["id"])


STAGE = PrivateGraphQLStage
