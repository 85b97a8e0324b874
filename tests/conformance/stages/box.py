"""Box on stage, as a strict stand-in of its published contract: the folders of projects are read, made and renamed."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog import box_stand_in as bx

B = BusinessClass


class BoxStage(StandInStage):
    """An enterprise with nine folders, all made in one moment, and a file beside them."""

    slug = "box"
    stand_in = bx.BoxStandIn
    system: bx.BoxStandIn
    address = "/2.0"
    lists = ("folders",)
    level = "folders"
    writes = ("folders",)
    touched = {"folders": "description"}
    removable = ("folders",)
    changed = {"folders": {"name": "PRJ-9001 Audit, second year"}}
    texts = {"folders": "description"}
    planted = {"text": Planted("folders", "description")}
    token_path = "/token"
    settings = bx.SETTINGS
    refusals = {
        "folders": (
            Refusal("a name with a slash", {"name": "PRJ-1/2 Audit"}, B.VALIDATION, "name"),
            Refusal("a name beyond measure", {"name": "x" * 256}, B.TOO_LARGE, "name"),
        )
    }

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return bx.entry(f"PRJ-{number:04d} Cloud move")

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        values = {"name": f"PRJ-{9000 + number} Audit", "description": "Okafor Bank", **changes}
        return Write(number, values, f"Workspace:ours:{number}", f"key-{number}")

    async def announce(self, url: str, secret: str) -> None:
        await self.system.announce(url, secret, "the other key")


STAGE = BoxStage
