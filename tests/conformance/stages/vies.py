"""VIES on stage, as a stand-in: tax numbers are looked up one by one."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from apps.connectors.protocols.rest import RestConnector
from tests.conformance.stage import Planted
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.vies_stand_in import OWN, ViesStandIn
from tests.sandbox_server import SandboxServer

NUMBER = "FR40303265045"


class ViesStage(StandInStage):
    """A VIES that knows one number, and nobody's name at the door."""

    slug = "vies"
    stand_in = ViesStandIn
    address = "/taxation_customs/vies/rest-api"
    lists = ()
    level = ""
    settings = {"own_number": OWN}
    planted = {"text": Planted("numbers", "name")}

    @property
    def secrets(self) -> dict[str, str]:
        return {}

    async def begin(self, stack: AsyncExitStack, sandbox: SandboxServer) -> str:
        url = await super().begin(stack, sandbox)
        self.system.enter("numbers", number=NUMBER, name="SA SODIMAS", address="RUE DU BOULODROME")
        return url

    async def truth(self, name: str) -> list[dict[str, Any]]:
        return [{**row, "id": row["number"]} for row in self.system.rows[name]]

    def natural(self, name: str, values: Mapping[str, Any]) -> str:
        return str(values["number"])

    async def ask(self, connector: RestConnector) -> None:
        found = await connector.find("numbers", [NUMBER])
        assert found[NUMBER].values["status"] == "valid"


STAGE = ViesStage
