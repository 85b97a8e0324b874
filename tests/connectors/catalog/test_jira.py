"""Jira: what its projects mean, what it refuses in whose words, and what a change may carry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.contract import Connector, Write
from apps.connectors.errors import BusinessClass, RejectedError
from apps.connectors.rate_budget import NoBudget
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers
from tests.connectors.catalog.canonical_reading import canonical
from tests.connectors.catalog.jira_stand_in import LEAD, SIGN_IN, JiraStandIn

B = BusinessClass


@asynccontextmanager
async def connected(system: JiraStandIn, **settings: str) -> AsyncIterator[Connector]:
    async with system.serve() as address:
        opened = registry.open_system(
            registry.manifest("jira"),
            base_url=address,
            settings=settings,
            secrets=dict(zip(("username", "password"), SIGN_IN, strict=True)),
            allow=(address.partition("://")[2],),
            budget=NoBudget(),
        )
        async with opened as connector:
            yield connector


def project(number: int = 1, target: str | None = None, **values: Any) -> Write:
    return Write(number, {"key": f"NW{number}", "name": f"Audit {number}", **values}, f"ours:{number}", "k", target)


async def test_a_project_is_read_alike_from_the_list_and_alone() -> None:
    system = JiraStandIn()
    row = system.enter("projects", key="NW1", name="Audit", description="Of 2026", lead={"accountId": LEAD})
    async with connected(system) as connector:
        (listed,) = [record async for page in connector.read("projects", None) for record in page.records]
        (alone,) = [record async for page in connector.read("projects", None, [row["id"]]) for record in page.records]
    assert (alone.version, alone.values) == (listed.version, listed.values)
    read = {"id": row["id"], "code": "NW1", "name": "Audit", "manager": LEAD, "state": "active"}
    assert canonical("jira", "projects", listed.values) == (read, ())


async def test_apps_are_no_people() -> None:
    system = JiraStandIn()
    system.enter("users", displayName="Robin Vale", active=True, accountType="atlassian", emailAddress="r@firm.example")
    system.enter("users", displayName="Automation", active=True, accountType="app")
    async with connected(system) as connector:
        (robin,) = [record async for page in connector.read("users", None) for record in page.records]
    read = {"id": robin.key, "name": "Robin Vale", "email": "r@firm.example", "active": True}
    assert canonical("jira", "users", robin.values) == (read, ())


async def test_a_new_project_is_led_as_the_settings_say_where_it_names_nobody() -> None:
    system = JiraStandIn()
    async with connected(system, lead=LEAD) as connector:
        (made,) = await connector.upsert("projects", [project()])
        (changed,) = await connector.upsert("projects", [project(target=made.target_key, name="Audit of 2026")])
    assert (made.error, changed.error, system.violations) == (None, None, [])
    (row,) = system.rows["projects"]
    assert (row["lead"]["accountId"], row["name"]) == (LEAD, "Audit of 2026")


async def test_without_a_lead_the_refusal_says_where_to_enter_one() -> None:
    async with connected(JiraStandIn()) as connector:
        (refused,) = await connector.upsert("projects", [project()])
    assert isinstance(refused.error, RejectedError)
    problem = refused.error.problems[0]
    assert (problem.business_class, problem.field) == (B.MISSING_REFERENCE, "manager")
    assert "settings" in problem.message


async def test_type_and_template_are_sent_at_creation_only() -> None:
    system = JiraStandIn()
    row = system.enter("projects", key="NW1", name="Audit", lead={"accountId": LEAD})
    full: dict[str, Any] = {"name": "Audit of 2026", "projectTypeKey": "business", "projectTemplateKey": "any"}
    async with connected(system, lead=LEAD) as connector:
        (outcome,) = await connector.upsert("projects", [project(target=row["id"], **full)])
    assert (outcome.error, system.violations) == (None, [])
    assert row["name"] == "Audit of 2026"


KEYS = [
    pytest.param("NW-101", "NW101", id="a hyphen"),
    pytest.param("prj_7.1", "PRJ71", id="small letters, underscore and point"),
]


@pytest.mark.parametrize(("code", "key"), KEYS)
def test_a_project_code_becomes_a_key(code: str, key: str) -> None:
    spec = registry.manifest("jira").object_named("projects")
    lines, described = merge_layers(spec.writing_lines), canonical_type("Project")
    writing = compile_mapping(lines, source_fields=described.fields, target_fields=spec.fields, outgoing=True)
    written = writing.apply({"code": code, "name": "Audit"})
    assert (written.values["key"], written.values["projectTypeKey"], written.problems) == (key, "business", ())
