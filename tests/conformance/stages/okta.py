"""Okta on stage, as a strict stand-in of its published contract: people are read, added and kept up to date."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.okta_stand_in import KEY, OktaStandIn

B = BusinessClass


class OktaStage(StandInStage):
    """A directory of nine people, all added in one moment."""

    slug = "okta"
    stand_in = OktaStandIn
    lists = ("users",)
    level = "users"
    stamps_late = True
    writes = ("users",)
    touched = {"users": "profile.title"}
    removable = ("users",)
    changed = {"users": {"profile.title": "Partner"}}
    texts = {"users": "profile.department"}
    planted = {"text": Planted("users", "profile.department")}
    refusals = {
        "users": (
            Refusal("a name to sign in with that is no e-mail", {"profile.login": "robin"}, B.VALIDATION, "email"),
            Refusal("no family name", {"profile.lastName": ""}, B.VALIDATION, "family"),
            Refusal("a given name beyond measure", {"profile.firstName": "x" * 51}, B.TOO_LARGE, "given"),
        )
    }

    @property
    def secrets(self) -> dict[str, str]:
        return {"api_key": KEY}

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        return {
            "status": "ACTIVE",
            "profile": {
                "login": f"robin.vale{number}@brightforge.example",
                "email": f"robin.vale{number}@brightforge.example",
                "firstName": "Robin",
                "lastName": f"Vale {number}",
            },
        }

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        values = {
            "profile.login": f"kim.okafor{number}@brightforge.example",
            "profile.email": f"kim.okafor{number}@brightforge.example",
            "profile.firstName": "Kim",
            "profile.lastName": "Okafor",
            **changes,
        }
        return Write(number, values, f"Resource:ours:{number}", f"key-{number}")

    def text_in(self, name: str, record: Mapping[str, Any]) -> Any:
        return at_path(record, self.texts[name])


STAGE = OktaStage
