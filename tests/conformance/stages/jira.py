"""Jira on stage, as a stand-in of its documentation: projects are read and written, people are read."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass
from tests.conformance.stage import Planted, Refusal
from tests.conformance.stand_in_stage import StandInStage
from tests.connectors.catalog.jira_stand_in import LEAD, SIGN_IN, JiraStandIn

B = BusinessClass


class JiraStage(StandInStage):
    """A site with nine projects and nine people."""

    slug = "jira"
    stand_in = JiraStandIn
    lists = ("projects", "users")
    level = ""
    touched = {"projects": "name", "users": "displayName"}
    removable = ("projects",)
    writes = ("projects",)
    changed = {"projects": {"name": "Okafor Group"}}
    refusals = {
        "projects": (
            Refusal("a key in small letters", {"key": "nw-101"}, B.VALIDATION, "code"),
            Refusal("a name that is taken", {"name": "Audit 1"}, B.DUPLICATE, "name"),
            Refusal("a lead nobody knows", {"leadAccountId": "nobody"}, B.MISSING_REFERENCE, "manager"),
        )
    }
    texts = {"projects": "description"}
    planted = {"text": Planted("projects", "name")}
    settings = {"lead": LEAD}

    @property
    def secrets(self) -> dict[str, str]:
        return dict(zip(("username", "password"), SIGN_IN, strict=True))

    def entry(self, name: str, number: int) -> Mapping[str, Any]:
        if name == "projects":
            return {"key": f"NW{number}", "name": f"Audit {number}", "lead": {"accountId": LEAD}}
        person = {"displayName": f"Robin Vale {number}", "emailAddress": f"p{number}@firm.example", "active": True}
        return {**person, "accountType": "atlassian"}

    def sample(self, name: str, number: int, /, **changes: Any) -> Write:
        template = "com.atlassian.jira-core-project-templates:jira-core-simplified-project-management"
        sent = {
            "key": f"K{number}", "name": f"Okafor Bank {number}", "projectTypeKey": "business",
            "projectTemplateKey": template, **changes,
        }  # fmt: skip
        return Write(number, sent, f"Project:ours:{number}", f"key-{number}")


STAGE = JiraStage
