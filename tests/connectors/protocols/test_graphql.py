"""GraphQL against a service over a real implementation: what is asked, errors with status 200, throttling, introspection."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.auth import Signer
from apps.connectors.contract import UndoState, Write
from apps.connectors.errors import (
    BusinessClass,
    FailureKind,
    RateLimitedError,
    RejectedError,
    RemoteError,
)
from apps.connectors.manifest import SystemManifest, ValueKind
from apps.connectors.private.documents import read_document
from apps.connectors.protocols.graphql import GraphQLConnector
from apps.connectors.shapes import Change, ShapeSource, differences
from tests.connectors.conftest import door_to, reply, says, wire
from tests.connectors.protocols.graphql_document import DOCUMENT
from tests.connectors.protocols.graphql_stand_in import GraphQLStandIn

K, B = FailureKind, BusinessClass
MANIFEST = read_document(DOCUMENT, slug="private-hours")


@pytest.fixture
async def service() -> AsyncIterator[GraphQLStandIn]:
    made = GraphQLStandIn()
    person = made.enter("people", email="robin@alder.example", displayName="Robin Vale", active=True)
    project = made.enter("projects", code="P-1", name="Audit", state="open", tags=[])
    for number in range(3):
        made.tick()
        made.enter(
            "time_entries", externalId=f"T-{number}", personId=person["id"], projectId=project["id"], workedOn="2026-10-30",
            hours=7.5, billable=True, status="OPEN",
        )  # fmt: skip
    yield made
    assert made.violations == []


class Held:
    """A budget that notes how long it was told to hold."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def take(self) -> None:
        """Let every call pass."""

    async def hold(self, seconds: float) -> None:
        self.seconds.append(seconds)


@asynccontextmanager
async def opened(
    service: GraphQLStandIn, manifest: SystemManifest = MANIFEST, **door: Any
) -> AsyncIterator[GraphQLConnector]:
    async with service.serve() as url:
        signed = Signer(headers={"Authorization": f"Bearer {service.bearer}"})
        async with GraphQLConnector(manifest, door_to(url, auth=signed, **door), {}) as connector:
            yield connector


async def keys_of(connector: GraphQLConnector, name: str) -> list[str]:
    return [record.key async for page in connector.read(name, None) for record in page.records]


def entry(service: GraphQLStandIn, **values: Any) -> Write:
    sent = {"externalId": "N-1", "personId": service.rows["people"][0]["id"], "workedOn": "2026-11-02", "hours": 1.0}
    return Write(1, {**sent, **values}, "TimeEntry:1", "key-1")


def changed(**parts: Any) -> SystemManifest:
    """Return the manifest with the description of time entries changed: dotted names of its parts."""
    document = deepcopy(DOCUMENT)
    for path, value in parts.items():
        place: Any = document["objects"][2]
        *outer, last = path.split("__")
        for step in outer:
            place = place[step]
        place[last] = value
    return read_document(document, slug="private-hours")


def test_a_private_system_that_speaks_graphql_is_opened_as_such() -> None:
    opened_one = registry.open_system(
        MANIFEST,
        base_url="https://hours.example.com",
        settings={},
        secrets={"token": "x" * 20},
        allow=(),
        budget=Held(),
    )
    assert isinstance(opened_one, GraphQLConnector)


# --- questions --------------------------------------------------------------------------------------------------------
async def test_just_the_fields_of_the_manifest_are_asked_for_and_values_travel_as_variables(
    service: GraphQLStandIn,
) -> None:
    async with opened(service) as connector:
        await keys_of(connector, "time_entries")
        await connector.find("people", ['x" } }', "robin@alder.example"])
    listed, found = service.questions
    assert listed["query"] == (
        "query QueryTimeEntries($orderBy: TimeEntryOrder, $first: Int) { timeEntries(orderBy: $orderBy, first: $first) "
        "{ nodes { id updatedAt externalId person { id email } project { id code } workedOn hours note billable status "
        "surcharge } pageInfo { endCursor hasNextPage } } }"
    )
    assert listed["variables"] == {"orderBy": {"by": "UPDATED_AT"}, "first": 50}
    assert listed["operationName"] == "QueryTimeEntries"
    assert 'x" } }' in found["variables"]["filter"]["email"]["in"]
    assert "robin" not in found["query"]


async def test_a_reading_goes_on_by_the_time_of_change_within_a_filter(service: GraphQLStandIn) -> None:
    async with opened(service) as connector:
        pages = [page async for page in connector.read("time_entries", None)]
        service.tick()
        service.stamp("time_entries", service.rows["time_entries"][1])
        news = [page async for page in connector.read("time_entries", pages[-1].checkpoint)]
    assert [record.key for page in news for record in page.records] == [service.rows["time_entries"][1]["id"]]
    assert service.questions[-1]["variables"]["filter"] == {"updatedAt": {"gte": pages[-1].checkpoint["since"]}}


async def test_empty_edges_are_no_records(service: GraphQLStandIn) -> None:
    edges = b'{"data": {"people": {"edges": [{"node": null}, null, {"node": {"id": "7"}}], "pageInfo": {"hasNextPage": false}}}}'
    async with wire(says(reply("200 OK", edges))) as url, GraphQLConnector(MANIFEST, door_to(url), {}) as connector:
        assert await keys_of(connector, "people") == ["7"]


# --- answers that refuse ----------------------------------------------------------------------------------------------
BODIES: dict[str, tuple[bytes, FailureKind, BusinessClass, str]] = {
    "a wrong token": (b'{"errors": [{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}]}', K.AUTH_EXPIRED, B.PERMISSION, "enter valid"),
    "a missing right": (b'{"errors": [{"message": "x", "extensions": {"code": "FORBIDDEN"}}]}', K.MISCONFIGURED, B.PERMISSION, "permission"),
    "a field it does not know": (
        b'{"errors": [{"message": "Cannot query field \'hourz\' on type \'TimeEntry\'.", "locations": [{"line": 1}]}]}',
        K.MISCONFIGURED, B.SCHEMA_DRIFT, "hourz",
    ),
    "a question that costs too much": (
        b'{"errors": [{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}', K.MISCONFIGURED, B.TOO_LARGE, "fewer records",
    ),
    "some data with errors": (
        b'{"data": {"timeEntries": {"nodes": []}}, "errors": [{"message": "odd", "path": ["timeEntries"]}]}',
        K.RETRYABLE, B.PROVIDER_OUTAGE, "error of its own",
    ),
    "an outage": (b'{"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}', K.RETRYABLE, B.PROVIDER_OUTAGE, "error"),
    "no GraphQL at all": (b'{"records": []}', K.MISCONFIGURED, B.CONNECTION, "does not answer like a GraphQL service"),
    "a list": (b"[]", K.MISCONFIGURED, B.CONNECTION, "does not answer like a GraphQL service"),
    "no such list": (b'{"data": {"timeEntries": null}}', K.MISCONFIGURED, B.SCHEMA_DRIFT, "no longer answers with a list"),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
async def test_a_good_status_with_a_bad_answer_is_named(what: str) -> None:
    body, kind, business_class, words = BODIES[what]
    async with wire(says(reply("200 OK", body))) as url, GraphQLConnector(MANIFEST, door_to(url), {}) as connector:
        with pytest.raises(RemoteError) as caught:
            await keys_of(connector, "time_entries")
    error = caught.value
    assert (error.kind, error.business_class, error.ambiguous) == (kind, business_class, False)
    assert words in error.message


async def test_a_token_that_is_turned_away_within_a_good_answer_is_renewed_once(service: GraphQLStandIn) -> None:
    document = {
        **DOCUMENT,
        "auth": {"scheme": "client_credentials", "token_path": "/token"},
        "secrets": [{"name": name, "label": name} for name in ("client_id", "client_secret")],
    }
    secrets = dict(zip(("client_id", "client_secret"), service.client, strict=True))
    async with service.serve() as url, registry.open_system(
        read_document(document, slug="private-hours"), base_url=url, settings={}, secrets=secrets,
        allow=(url.partition("://")[2],), budget=Held(),
    ) as connector:  # fmt: skip
        first = [page async for page in connector.read("people", None)]
        service.bearer = "access-token-of-the-stage-000002"  # the one that was handed out ends before its time
        again = [page async for page in connector.read("people", None)]
        (outcome,) = await connector.upsert("time_entries", [entry(service)])
    assert [len(pages[0].records) for pages in (first, again)] == [1, 1]
    assert outcome.error is None


async def test_a_refused_record_keeps_what_was_asked_and_answered_as_evidence(service: GraphQLStandIn) -> None:
    async with opened(service) as connector:
        (outcome,) = await connector.upsert("time_entries", [entry(service, workedOn="2025-12-31")])
    assert isinstance(outcome.error, RejectedError)
    assert [(one.business_class, one.field) for one in outcome.error.problems] == [(B.CLOSED_PERIOD, "work_date")]
    assert outcome.exchange is not None
    assert "TimeEntryInput" in outcome.exchange.request
    assert "CLOSED_PERIOD" in outcome.exchange.response
    assert outcome.exchange.status == 200


async def test_a_change_that_was_made_and_cannot_be_shown_is_in_doubt_and_probed(service: GraphQLStandIn) -> None:
    service.broken = "id"
    async with opened(service) as connector:
        write = entry(service)
        (outcome,) = await connector.upsert("time_entries", [write])
        service.broken = ""
        found = await connector.probe("time_entries", [write])
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.ambiguous) == (K.RETRYABLE, True)
    assert found[1].key == service.rows["time_entries"][-1]["id"]


async def test_an_error_inside_one_record_fails_the_page_and_loses_nothing(service: GraphQLStandIn) -> None:
    service.broken = "note"
    async with opened(service) as connector:
        with pytest.raises(RemoteError) as caught:
            await keys_of(connector, "time_entries")
        service.broken = ""
        assert len(await keys_of(connector, "time_entries")) == 3
    assert caught.value.kind is K.RETRYABLE


# --- limits -----------------------------------------------------------------------------------------------------------
async def test_points_that_are_used_up_hold_everybody_until_they_are_back(service: GraphQLStandIn) -> None:
    budget, service.points = Held(), 15.0
    async with opened(service, budget=budget) as connector:
        await keys_of(connector, "time_entries")
        assert budget.seconds == [2.5]  # 10 points for the next, 5 are left, 2 come back each second
        with pytest.raises(RateLimitedError):
            await connector.upsert("time_entries", [entry(service)])
    assert budget.seconds[1:] == [pytest.approx(2.5, abs=0.2)]
    assert len(service.rows["time_entries"]) == 3


# --- describing itself ------------------------------------------------------------------------------------------------
async def shapes_of(
    service: GraphQLStandIn, manifest: SystemManifest = MANIFEST, names: Sequence[str] = ()
) -> dict[str, Any]:
    async with opened(service, manifest) as connector:
        return {shape.object_name: shape for shape in await connector.discover(names)}


async def test_the_schema_tells_kinds_choices_and_what_a_new_record_needs(service: GraphQLStandIn) -> None:
    shapes = await shapes_of(service)
    fields = {field.name: field for field in shapes["time_entries"].fields}
    assert shapes["time_entries"].source is ShapeSource.LIVE
    assert fields["status"].choices == ("OPEN", "SUBMITTED", "APPROVED")
    assert {name: fields[name].kind for name in ("hours", "workedOn", "updatedAt", "billable", "person", "person.email")} == {
        "hours": ValueKind.HOURS, "workedOn": ValueKind.DATE, "updatedAt": ValueKind.INSTANT, "billable": ValueKind.YES_NO,
        "person": ValueKind.NESTED, "person.email": ValueKind.TEXT,
    }  # fmt: skip
    assert {name for name, field in fields.items() if field.required} == {"personId", "workedOn", "hours"}
    assert fields["status"].read_only
    assert not fields["note"].read_only
    assert {field.name for field in shapes["people"].fields} >= {"manager.id", "displayName"}
    assert len(service.questions) == 1  # the types inside entries are those of the other two objects


async def test_types_inside_a_record_are_asked_for_in_a_second_question(service: GraphQLStandIn) -> None:
    shapes = await shapes_of(service, names=["time_entries"])
    assert {field.name for field in shapes["time_entries"].fields} >= {"person.email", "project.code"}
    assert [list(one["variables"].values()) for one in service.questions] == [
        ["TimeEntry", "TimeEntryInput"],
        ["Person", "Project"],
    ]


async def test_a_field_that_the_schema_lost_is_told_as_gone(service: GraphQLStandIn) -> None:
    before = (await shapes_of(service))["time_entries"]
    del service.schema.type_map["TimeEntry"].fields["note"]  # type: ignore[union-attr]  # an object type
    after = (await shapes_of(service))["time_entries"]
    told = differences(before.fields, after.fields, after.source)
    assert [(one.change, one.field) for one in told if one.is_harmful] == [(Change.GONE, "note")]


async def test_a_service_that_describes_itself_to_nobody_is_known_by_the_manifest_and_a_record(
    service: GraphQLStandIn,
) -> None:
    service.introspects = False
    shapes = await shapes_of(service)
    assert {shape.source for shape in shapes.values()} == {ShapeSource.MANIFEST}
    assert all(any(field.seen for field in shape.fields) for shape in shapes.values())


async def test_a_type_that_nobody_named_is_known_by_the_manifest(service: GraphQLStandIn) -> None:
    shapes = await shapes_of(service, changed(graphql__type=""), ["people", "time_entries"])
    assert {name: shape.source for name, shape in shapes.items()} == {
        "people": ShapeSource.LIVE, "time_entries": ShapeSource.MANIFEST,
    }  # fmt: skip


# --- test and undo ----------------------------------------------------------------------------------------------------
async def test_a_connection_test_says_who_is_signed_in_and_whose_records_these_are(service: GraphQLStandIn) -> None:
    async with opened(service) as connector:
        report = await connector.test()
    assert report.ok
    assert report.account == "Alder & Finch"
    assert "as robot@alder.example" in report.steps[1].sentence
    assert service.questions[0]["query"] == "query QueryViewer { viewer { email company { name } rights } }"


async def test_a_connection_test_without_a_path_of_its_own_asks_for_one_record_of_the_first_list(
    service: GraphQLStandIn,
) -> None:
    async with opened(service, replace(MANIFEST, test_path="", rights_path="")) as connector:
        report = await connector.test()
    assert report.ok, report
    assert service.questions[0]["variables"] == {"first": 1}


async def test_a_record_is_taken_back_once(service: GraphQLStandIn) -> None:
    key = service.rows["time_entries"][0]["id"]
    async with opened(service) as connector:
        states = [(await connector.undo("time_entries", key, idempotency_key="u")).state for _ in range(2)]
    assert states == [UndoState.DONE, UndoState.ALREADY_GONE]
