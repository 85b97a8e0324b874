"""The sandbox workspace service on stage: people are read, workspaces are written and removed."""

from contextlib import AsyncExitStack

from apps.connectors.errors import BusinessClass
from tests.conformance.sandbox_stage import SandboxStage
from tests.conformance.stage import Planted, Refusal
from tests.sandbox_server import SandboxServer


class WorkspaceStage(SandboxStage):
    """A workspace service that knows sixteen people."""

    slug, system = "sandbox_workspace", "workspace"
    lists = ("people", "workspaces")
    level = "people"
    touched = {"people": "name", "workspaces": "name"}
    made = {
        "people": {"email": "new{n}@firm.example", "name": "Robin Vale", "active": True},
        "workspaces": {"project": "PRJ-{n}", "name": "Cloud move"},
    }
    writes = ("workspaces",)
    samples = {
        "workspaces": {
            "project": "PRJ-OP-{n}",
            "name": "Cloud move",
            "kind": "team",
            "owner": "person0001@firm.example",
        }
    }
    changed = {"workspaces": {"name": "Cloud"}}
    refusals = {
        "workspaces": (
            Refusal("unknown owner", {"owner": "who@x.example"}, BusinessClass.MISSING_REFERENCE, "owner"),
            Refusal("members that are no list", {"members": "all"}, BusinessClass.PARSE, "members"),
            Refusal("unknown kind", {"kind": "castle"}, BusinessClass.MAPPING_GAP, "kind"),
        )
    }
    texts = {"workspaces": "name"}
    planted = {"text": Planted("people", "name")}

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        address = await super().begin(stack, sandbox)
        for _ in range(6):  # it begins without any
            await self.add("workspaces")
        return address

    async def remove(self, name: str) -> str | None:
        if name != "workspaces":
            return None
        (made,) = await self.send(name, self.sample(name, 81))
        async with self.connector() as connector:
            await connector.undo(name, str(made.target_key), idempotency_key="gone")
        return made.target_key


STAGE = WorkspaceStage
