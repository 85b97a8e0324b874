"""Microsoft 365: refusals in business words, groups as workspaces, teams that take their time, and changes by links that age."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.microsoft_365.connector import CONNECTOR
from apps.connectors.catalog.microsoft_365.groups import is_workspace, with_kind
from apps.connectors.catalog.microsoft_365.manifest import GROUPS, MANIFEST, USERS
from apps.connectors.contract import SourceRecord, WantedSubscription, Write, WriteOutcome
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RejectedError, RemoteError
from apps.connectors.protocols.rest import RestConnector
from tests.connectors.catalog import microsoft_365_stand_in as ms
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside
from tests.connectors.conftest import door_to

B, K = BusinessClass, FailureKind
SAID = {
    "the code is taken": (
        400, "Request_BadRequest", "Another object with the same value for property mailNickname already exists.",
        K.REJECTED, B.DUPLICATE,
    ),
    "a code that is none": (
        400, "Request_BadRequest", "Invalid value specified for property 'mailNickname' of resource 'Group'.",
        K.REJECTED, B.VALIDATION,
    ),
    "gone": (404, "Request_ResourceNotFound", "Resource 'x' does not exist", K.REJECTED, B.MISSING_REFERENCE),
    "the directory is full": (403, "Directory_QuotaExceeded", "Too many objects", K.MISCONFIGURED, B.PERMISSION),
    "anything else": (400, "Request_BadRequest", "A value is required", K.REJECTED, B.VALIDATION),
}  # fmt: skip


@pytest.mark.parametrize(("status", "code", "message", "kind", "business_class"), SAID.values(), ids=SAID.keys())
def test_a_refusal_is_told_in_business_words(
    status: int, code: str, message: str, kind: FailureKind, business_class: BusinessClass
) -> None:
    body = {"error": {"code": code, "message": message, "innerError": {"request-id": "6ad1b7c2"}}}
    error = record_failure(MANIFEST, status, body, spec=GROUPS, sent={})
    assert (error.kind, error.business_class) == (kind, business_class)


def test_a_group_is_read_as_the_workspace_of_its_project() -> None:
    group = {**ms.entry("PRJ-0001", "Cloud move"), "id": "g1", "description": "Northwind", "@odata.context": "x"}
    told = {"project": "PRJ-0001", "name": "Cloud move", "client_name": "Northwind", "kind": "site", "state": "ready"}
    canonical = read_canonical(GROUPS, with_kind(group))
    assert {field: canonical[field] for field in told} == told
    assert with_kind({**group, "resourceProvisioningOptions": ["Team"]})["kind"] == "team"
    assert [is_workspace({"groupTypes": types}) for types in (["Unified"], ["DynamicMembership"], None)] == [
        True,
        False,
        False,
    ]


def test_somebody_is_read_as_a_person() -> None:
    values = {"id": "u1", **ms.person("kim.okafor@brightforge.example", employeeId="0017", accountEnabled=False)}
    told = {"employee_no": "0017", "name": "Kim Okafor", "email": "kim.okafor@brightforge.example", "active": False}
    canonical = read_canonical(USERS, values)
    assert {field: canonical[field] for field in told} == told


def test_a_workspace_becomes_a_team_where_nothing_else_is_said() -> None:
    sent = write_outside(GROUPS, {"project": "PRJ-0001", "name": "Cloud move", "owner": ms.OWNER})
    assert sent == {"mailNickname": "PRJ-0001", "displayName": "Cloud move", "kind": "team", "owner": ms.OWNER}


@pytest.fixture
async def directory() -> AsyncIterator[tuple[ms.Microsoft365StandIn, RestConnector]]:
    address = ""
    system = ms.Microsoft365StandIn(public=lambda: address)
    async with system.serve() as url:
        address = url
        signer = build_signer(AuthSpec(AuthScheme.BEARER), {"token": system.bearer})
        async with CONNECTOR(MANIFEST, door_to(f"{url}/v1.0", auth=signer), ms.SETTINGS) as connector:
            yield system, connector
    assert system.violations == []


def team(**changes: Any) -> Write:
    values = {"mailNickname": "PRJ-0001", "displayName": "Cloud move", "kind": "team", **changes}
    return Write(0, values, "Workspace:ours:1", "key-1")


@pytest.mark.parametrize("unknown_for", [0, 3], ids=["at once", "unknown to Teams at first"])
async def test_a_team_is_taken_once_teams_knows_its_group(
    directory: tuple[ms.Microsoft365StandIn, RestConnector], unknown_for: int
) -> None:
    system, connector = directory
    system.unknown_for = unknown_for
    for _ in range(unknown_for):
        error = (await _sent(connector)).error
        assert error is not None
        assert (error.kind, error.ambiguous) == (K.RETRYABLE, False)
        assert await connector.probe("groups", [team()]) == {}  # not wholly there yet
    outcome = await _sent(connector)
    (group,) = system.rows["groups"]
    assert (outcome.error, outcome.target_key) == (None, group["id"])
    assert outcome.receipt is not None
    assert (outcome.receipt.target_key, outcome.receipt.created) == (group["id"], unknown_for == 0)
    assert outcome.receipt.place.startswith(f"/v1.0/teams('{group['id']}')/operations(")


async def _sent(connector: RestConnector) -> WriteOutcome:
    try:
        (outcome,) = await connector.upsert("groups", [team()])
    except RemoteError as error:
        return WriteOutcome(0, error=error)
    return outcome


async def test_a_team_is_asked_about_until_it_is_made(
    directory: tuple[ms.Microsoft365StandIn, RestConnector],
) -> None:
    system, connector = directory
    receipt = (await _sent(connector)).receipt
    assert receipt is not None
    again = await _sent(connector)  # sent once more while it is being made: no second one is begun
    assert again.error is not None
    assert again.error.kind is K.RETRYABLE
    (waiting,) = await connector.inquire("groups", [receipt])
    assert (waiting.error, bool(waiting.receipt)) == (None, True)
    (done,) = await connector.inquire("groups", [receipt])
    (group,) = system.rows["groups"]
    assert (done.error, done.receipt, done.target_key, done.created) == (None, None, group["id"], True)
    assert (group["resourceProvisioningOptions"], group["asked"]) == (["Team"], 1)
    assert (await connector.probe("groups", [team()]))[0].key == group["id"]


async def test_a_team_that_cannot_be_made_is_told_and_can_be_tried_again(
    directory: tuple[ms.Microsoft365StandIn, RestConnector],
) -> None:
    system, connector = directory
    system.outcome, system.slow_for = "failed", 0
    receipt = (await _sent(connector)).receipt
    assert receipt is not None
    (refused,) = await connector.inquire("groups", [receipt])
    assert isinstance(refused.error, RejectedError)
    assert "could not make its team: The group has no owner with a licence" in refused.error.message
    assert refused.error.problems[0].field == "kind"
    system.outcome = "succeeded"
    again = (await _sent(connector)).receipt
    assert again is not None
    (done,) = await connector.inquire("groups", [again])
    assert (done.error, len(system.rows["groups"])) == (None, 1)


async def test_a_team_that_is_there_is_not_asked_for_again(
    directory: tuple[ms.Microsoft365StandIn, RestConnector],
) -> None:
    system, connector = directory
    system.slow_for = 0
    receipt = (await _sent(connector)).receipt
    assert receipt is not None
    await connector.inquire("groups", [receipt])
    (again,) = await connector.upsert("groups", [team(displayName="Cloud move, phase two")])
    assert (again.error, again.receipt) == (None, None)
    (group,) = system.rows["groups"]
    assert (group["asked"], group["displayName"]) == (1, "Cloud move, phase two")


async def test_a_group_has_its_owner_among_its_members(
    directory: tuple[ms.Microsoft365StandIn, RestConnector],
) -> None:
    system, connector = directory
    await connector.upsert("groups", [team(kind="site", members=["kim@brightforge.example", ms.OWNER])])
    (group,) = system.rows["groups"]
    assert [link.rpartition("/")[2] for link in group["owners"]] == [system.people[ms.OWNER]]
    assert {link.rpartition("/")[2] for link in group["members"]} == set(system.people.values())


async def _read(connector: RestConnector, checkpoint: Any = None) -> tuple[list[SourceRecord], Any]:
    pages = [page async for page in connector.read("groups", checkpoint)]
    return [record for page in pages for record in page.records], pages[-1].checkpoint


async def test_changes_go_on_from_their_link_and_begin_anew_when_it_is_too_old(
    directory: tuple[ms.Microsoft365StandIn, RestConnector],
) -> None:
    system, connector = directory
    for number in range(1, 4):
        system.enter("groups", **ms.entry(f"PRJ-{number}", "Audit"))
    system.enter("groups", **{**ms.entry("guards", "Guards"), "groupTypes": []})
    everything, link = await _read(connector)
    assert [record.values["mailNickname"] for record in everything] == ["PRJ-1", "PRJ-2", "PRJ-3"]
    system.remove(system.rows["groups"][0])
    system.rows["groups"][0]["displayName"] = "Audit, second year"
    system.stamp("groups", system.rows["groups"][0])
    news, later = await _read(connector, link)
    assert [record.values["displayName"] for record in news] == ["Audit, second year"]
    assert (await _read(connector, later))[0] == []
    system.too_old = True
    anew, _ = await _read(connector, later)
    assert {record.values["mailNickname"] for record in anew} == {"PRJ-2", "PRJ-3"}


async def test_a_code_with_a_quote_is_looked_for_as_it_is(
    directory: tuple[ms.Microsoft365StandIn, RestConnector],
) -> None:
    system, connector = directory
    row = system.enter("groups", **ms.entry("O'Hara", "Audit"))
    assert (await connector.find("groups", ["O'Hara"]))["O'Hara"].key == row["id"]


async def test_changes_without_a_link_are_no_end() -> None:
    class Broken(ms.Microsoft365StandIn):
        def _delta(self, request: Any, name: str) -> Any:
            return web.json_response({"value": []})

    system = Broken()
    async with system.serve() as url:
        signer = build_signer(AuthSpec(AuthScheme.BEARER), {"token": system.bearer})
        async with CONNECTOR(MANIFEST, door_to(f"{url}/v1.0", auth=signer), ms.SETTINGS) as connector:
            with pytest.raises(MisconfiguredError, match="where its changes go on"):
                await _read(connector)


async def test_changes_are_subscribed_to_for_less_than_three_days_and_once(
    directory: tuple[ms.Microsoft365StandIn, RestConnector],
) -> None:
    system, connector = directory
    wanted = WantedSubscription("groups", "https://portal.example.com/in/abc", "shared-secret-4711")
    held = await connector.subscribe(wanted)
    again = await connector.subscribe(wanted)
    assert (again.key, len(system.subscriptions)) == (held.key, 1)
    assert timedelta(days=2) < held.until - datetime.now(UTC) < timedelta(days=3)
