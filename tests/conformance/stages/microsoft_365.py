"""Microsoft 365 on stage, as a stand-in: groups and people are read by delta links, groups made and changed."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Later, Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import microsoft_365_stand_in as ms

B = BusinessClass


class Microsoft365Stage(StandInStage):
    """A directory with nine groups and eleven people."""

    slug = "microsoft_365"
    stand_in = ms.Microsoft365StandIn
    system: ms.Microsoft365StandIn
    address = "/v1.0"
    lists = ("groups", "users")
    level = ""
    writes = ("groups",)
    touched = {"groups": "description", "users": "jobTitle"}
    changed = {"groups": {"displayName": "Audit, second year"}}
    texts = {"groups": "displayName"}
    late = ("groups",)
    planted = {"text": Planted("groups", "displayName")}
    token_path = "/token"
    settings = ms.SETTINGS
    refusals = {
        "groups": (
            Refusal("a code with a blank", {"mailNickname": "PRJ 1"}, B.VALIDATION, "project"),
            Refusal("a name beyond measure", {"displayName": "x" * 257}, B.VALIDATION, "name"),
            Refusal("an owner whom nobody knows", {"owner": "who@nowhere.example"}, B.MISSING_REFERENCE, "owner"),
        )
    }

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "users":
            return ms.person(f"robin.vale{number}@brightforge.example")
        return ms.entry(f"PRJ-{number:04d}", f"Cloud move {number}")

    async def remove(self, name: str) -> str | None:
        row = self.system.rows[name][2]
        self.system.remove(row, name)
        return str(row["id"])

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        values = {"mailNickname": f"PRJ-{9000 + number}", "displayName": "Audit", "kind": "site", **changes}
        return Write(number, values, f"Workspace:ours:{number}", f"key-{number}")

    def late_sample(self, name: str, number: int, /) -> Write:
        return self.sample(name, number, kind="team")

    def let_later(self, what: Later) -> None:
        self.system.slow_for = 1_000 if what is Later.WAITS else 0
        self.system.outcome = "failed" if what is Later.REFUSED else "succeeded"
        self.system.elsewhere = "https://elsewhere.example/operations/1" if what is Later.ELSEWHERE else ""

    async def announce(self, url: str, secret: str) -> None:
        await self.system.announce(url, secret)


STAGE = Microsoft365Stage
