"""A GraphQL schema becomes a draft: lists with their pages, changes and writing, and what was left out with its reason."""

import json
from contextlib import suppress
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.auth import Signer
from apps.connectors.contract import Write
from apps.connectors.manifest import Idempotency
from apps.connectors.private.descriptions import read_description
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import Document, read_document
from apps.connectors.private.drafting import draft_document
from apps.connectors.private.readings import DescriptionError
from apps.connectors.protocols.graphql import GraphQLConnector
from tests.connectors.conftest import door_to
from tests.connectors.protocols.graphql_stand_in import SDL, GraphQLStandIn

HEAD = "scalar DateTime scalar Money scalar JSON type PageInfo { hasNextPage: Boolean! endCursor: String } "


def reading_of(sdl: str) -> dict[str, Any]:
    return read_description(sdl.encode()).to_json()


def drafted(sdl: str, *paths: str) -> Document:
    reading = reading_of(sdl)
    return draft_document("Hours", reading, paths or [row["path"] for row in reading["lists"]])


def only(sdl: str) -> dict[str, Any]:
    """Return the one object that a schema gives."""
    (found,) = drafted(sdl)["objects"]
    return dict(found)


INTROSPECTED = introspection_from_schema(build_schema(SDL))
FORMS = {
    "definition language": SDL.encode(),
    "definition language with a mark of its encoding": b"\xef\xbb\xbf" + SDL.encode(),
    "introspection": json.dumps(INTROSPECTED).encode(),
    "introspection as it is answered": json.dumps({"data": INTROSPECTED}).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_both_forms_of_a_schema_give_the_same_draft(form: str) -> None:
    reading = read_description(FORMS[form]).to_json()
    assert (reading["kind"], reading["title"]) == ("graphql", "Hours and plans of a firm")
    document = draft_document("Hours", reading, ["people", "projects", "timeEntries"])
    assert document == drafted(SDL, "people", "projects", "timeEntries")


async def test_what_is_drafted_reads_finds_and_writes_as_it_is() -> None:
    document = {**drafted(SDL), "auth": {"scheme": "bearer"}, "secrets": [{"name": "token", "label": "Token"}]}
    manifest = read_document(document, slug="private-hours")
    assert list_problems(manifest) == []
    service = GraphQLStandIn()
    person = service.enter("people", email="robin@alder.example", displayName="Robin Vale", active=True)
    service.enter("projects", code="P-1", name="Audit", state="open", tags=[])
    signed = Signer(headers={"Authorization": f"Bearer {service.bearer}"})
    async with service.serve() as url, GraphQLConnector(manifest, door_to(url, auth=signed), {}) as connector:
        report = await connector.test()
        write = Write(
            1, {"externalId": "T-1", "personId": person["id"], "workedOn": "2026-11-02", "hours": 7.5}, "T-1", "k"
        )
        outcomes = [*await connector.upsert("time_entries", [write]), *await connector.upsert("time_entries", [write])]
        read = {
            spec.name: [record.values async for page in connector.read(spec.name, None) for record in page.records]
            for spec in manifest.objects
        }
        found = await connector.find("projects", ["P-1", "P-2"])
    assert report.ok
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert {outcome.target_key for outcome in outcomes} == {read["time_entries"][0]["id"]}
    assert {name: len(records) for name, records in read.items()} == {"people": 1, "projects": 1, "time_entries": 1}
    assert read["time_entries"][0]["person"]["email"] == "robin@alder.example"
    assert list(found) == ["P-1"]
    assert service.violations == []


def test_what_the_draft_says_of_a_list_comes_from_its_arguments_and_mutations() -> None:
    entries = drafted(SDL, "timeEntries")["objects"][0]
    assert entries["canonical_type"] == "TimeEntry"
    assert entries["reading"] == {
        "path": "timeEntries", "records_path": "nodes", "change_read": "modified_since",
        "since_parameter": "filter.updatedAt.gte", "one_path": "timeEntry(id:{key})",
        "paging": {
            "style": "token", "position_parameter": "after", "next_path": "pageInfo.endCursor",
            "more_path": "pageInfo.hasNextPage", "size": 100, "size_parameter": "first",
        },
    }  # fmt: skip
    assert entries["writing"] == {
        "create_path": "timeEntryCreate", "record_path": "input", "key_path": "timeEntry.id",
        "update_path": "timeEntryUpdate(id:{key})", "undo_method": "POST", "undo_path": "timeEntryDelete(id:{key})",
        "idempotency": "search_before_create", "own_key_field": "externalId", "own_key_parameter": "filter.externalId.in",
    }  # fmt: skip
    assert entries["graphql"]["input_only"] == ["personId", "projectId"]
    assert entries["graphql"]["fields"]["timeEntryCreate"]["problems"] == "userErrors"


def test_who_is_signed_in_is_asked_where_a_schema_has_a_field_for_it() -> None:
    assert {part: drafted(SDL)[part] for part in ("test_path", "identity_path")} == {
        "test_path": "viewer", "identity_path": "email",
    }  # fmt: skip
    assert "test_path" not in drafted(HEAD + "type T { id: ID! } type Query { ts: [T!]! me(id: ID!): T }")


LIST = "type Query { jobs(%s): %s } type Job { id: ID! code: String updatedAt: DateTime } "
JOBS = "type Jobs { items: [Job!]! nextToken: String total: Int hasMore: Boolean pageInfo: PageInfo }"
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "numbered pages": ("page: Int, perPage: Int", {"style": "page", "position_parameter": "page", "size_parameter": "perPage"}),
    "an offset": ("skip: Int, take: Int", {"style": "offset", "position_parameter": "skip", "size_parameter": "take"}),
    "a token": ("limit: Int, nextToken: String", {"style": "token", "next_path": "nextToken", "more_path": "hasMore"}),
    "a cursor": ("first: Int, after: String", {"style": "token", "position_parameter": "after"}),
    "no pages": ("state: String", {"style": "none", "size": 100}),
}  # fmt: skip


@pytest.mark.parametrize("what", PAGES)
def test_pages_are_known_by_their_arguments_and_by_what_answers_tell(what: str) -> None:
    arguments, wanted = PAGES[what]
    paging = only(HEAD + LIST % (arguments, "Jobs!") + JOBS)["reading"]["paging"]
    assert {name: paging.get(name) for name in wanted} == wanted
    assert paging.get("total_path") == ("total" if paging["style"] in {"page", "offset"} else None)


SINCE: dict[str, tuple[str, str, int]] = {
    "an argument": ("updatedSince: DateTime", "updatedSince", 0),
    "a part of a filter": ("filter: F", "filter.updatedAt.gte", 0),
    "a part with a suffix": ("where: W", "where.updatedAt_gte", 0),
    "only what is later": ("filter: G", "filter.updatedAt.gt", 1),
    "what is about the very field": ("filter: H", "filter.updatedAt.gte", 0),
    "none": ("createdSince: DateTime", "", 0),
    "a number": ("updatedSince: Int", "", 0),
}
FILTERS = (
    "input C { lt: DateTime gt: DateTime gte: DateTime } input F { updatedAt: C state: String } "
    "input W { updatedAt_gt: DateTime updatedAt_gte: DateTime } input D { gt: DateTime } input G { updatedAt: D } "
    "input H { stateUpdatedAt: C updatedAt: C }"
)


@pytest.mark.parametrize("what", SINCE)
def test_changes_are_asked_for_where_an_argument_takes_the_time(what: str) -> None:
    arguments, place, overlap = SINCE[what]
    found = only(HEAD + LIST % (arguments, "[Job!]!") + FILTERS)
    assert found["reading"].get("since_parameter", "") == place
    assert found["reading"]["change_read"] == ("modified_since" if place else "full")
    assert found["reading"].get("overlap_seconds", 0) == overlap
    assert list_problems(read_document({"name": "x", "category": "y", "graphql": {}, "objects": [
        {**found, "canonical_type": "Project"}]}, slug="private-x")) == []  # fmt: skip


WRITES = "type Query { jobs: [Job!]! } type Job { id: ID! code: String name: String } type E { message: String! } "
MUTATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "a record of its own": (
        "type Mutation { createJob(input: In!): Job! updateJob(id: ID!, input: In!): Job } input In { code: String! }",
        {"create_path": "createJob", "record_path": "input", "key_path": "id", "update_path": "updateJob(id:{key})"},
    ),
    "fields as arguments": (
        "type Mutation { addJob(code: String!, name: String): Job! editJob(jobId: ID!, name: String): Job }",
        {"create_path": "addJob", "record_path": None, "update_path": "editJob(jobId:{key})", "only_at_creation": ["code"]},
    ),
    "the number inside the input": (
        "type Mutation { jobCreate(input: In!): Job! jobUpdate(input: Up!): Job } input In { code: String! } "
        "input Up { id: ID! code: String }",
        {"record_path": "input", "update_path": "jobUpdate(input.id:{key})", "only_at_creation": None},
    ),
    "a record inside an input": (
        "type Mutation { createJob(input: In!): P } input In { clientMutationId: String job: J! } input J { code: String! } "
        "type P { job: Job errors: [E!]! }",
        {"record_path": "input.job", "key_path": "job.id"},
    ),
    "a plain number answered": ("type Mutation { createJob(code: String!): ID! }", {"create_path": "createJob", "key_path": None}),
    "another place for a change": (
        "type Mutation { createJob(input: In!): Job! updateJob(id: ID!, patch: In!): Job } input In { code: String! }",
        {"create_path": "createJob", "update_path": None},
    ),
    "a payload without the record": ("type Mutation { createJob(code: String!): Ok } type Ok { ok: Boolean }", {}),
    "either of two answers": (
        "type Mutation { createJob(code: String!): R } union R = Job | Bad type Bad { message: String }", {},
    ),
    "another kind of record": ("type Mutation { createInvoice(code: String!): Job! }", {}),
}  # fmt: skip


@pytest.mark.parametrize("what", MUTATIONS)
def test_writing_is_known_by_the_names_of_mutations_and_what_they_answer(what: str) -> None:
    mutations, wanted = MUTATIONS[what]
    found = only(HEAD + WRITES + mutations)
    writing = found.get("writing", {})
    assert {name: writing.get(name) for name in wanted} == wanted
    assert bool(writing) is bool(wanted)
    assert "E" not in json.dumps(found["graphql"]["fields"]).replace("errors", "") or what == "a record inside an input"


def test_an_argument_that_must_be_given_becomes_a_setting_and_an_input_leaves_the_list_out() -> None:
    sdl = HEAD + (
        "type Query { jobs(companyId: ID!, first: Int): [Job!]! bills(filter: F!): [Job!]! notes: [Note!]! } "
        "type Job { id: ID! } type Note { text: String } input F { a: Int! }"
    )
    reading = reading_of(sdl)
    assert [(row["path"], row["settings"]) for row in reading["lists"]] == [
        ("jobs(companyId:{companyId})", ["companyId"])
    ]
    assert reading["left_out"] == {"needs_input": ["bills"], "no_key": ["notes"]}
    document = drafted(sdl)
    assert document["settings"] == [{"name": "companyId", "label": "companyId", "required": True}]
    assert list_problems(read_document({**document, "objects": [
        {**document["objects"][0], "canonical_type": "Project"}]}, slug="private-x")) == []  # fmt: skip


def test_lists_one_step_below_the_signed_in_person_are_offered() -> None:
    found = only(
        HEAD + "type Query { viewer: V! } type V { jobs(first: Int): [Job!]! } type Job { id: ID! viewer: V! }"
    )
    assert found["reading"]["path"] == "viewer.jobs"
    assert found["graphql"]["fields"]["viewer.jobs"] == {"arguments": {"first": "Int"}}


def test_one_record_is_read_by_the_field_that_is_called_as_it() -> None:
    found = only(
        HEAD + "type Query { jobs: [Job!]! attachmentJob(id: ID!): Job job(id: ID!): Job } type Job { id: ID! }"
    )
    assert found["reading"]["one_path"] == "job(id:{key})"


def test_fields_that_want_an_argument_or_end_soon_are_left_out_and_circles_end() -> None:
    found = only(HEAD + (
        "type Query { jobs: [Job!]! } type Job { uuid: ID! old: String @deprecated(reason: \"gone\") rate(on: DateTime!): Money bag: JSON "
        "parent: Job client: Client children: [Job!]! tags: [String!]! } type Client { id: ID! name: String vat: String jobs: [Job!]! }"
    ))  # fmt: skip
    assert [field["name"] for field in found["fields"]] == ["uuid", "tags", "parent.uuid", "client.id", "client.name"]
    assert found["key_field"] == "uuid"
    assert found["reading_lines"][0] == {"target": "id", "source": "uuid", "required": True}


BAD: dict[str, tuple[bytes, str]] = {
    "cut short": (b"type Query { jobs: [Job!", "cannot be read: Syntax Error"),
    "a type that is not there": (b"type Query { jobs: [Job!]! }", "Unknown type: 'Job'"),
    "no query": (b"type Job { id: ID! }\nscalar X", "has no type Query"),
    "depth without end": (b"type Query { jobs: " + b"[" * 50_000, "nested too deeply"),
    "no records": (b"type Query { version: String }", "no list of records"),
    "introspection of nothing": (b'{"data": {"__schema": {}}}', "cannot be read"),
    "introspection of an odd form": (b'{"data": {"__schema": {"queryType": {"name": "Q"}, "types": 7}}}', "cannot be read"),
    "introspection that refuses": (b'{"errors": [], "x": {"__schema": 1}}', "introspection"),
    "a name that is none": (b'{"__schema": {"queryType": {"name": "Q"}, "types": [{"kind": "OBJECT", "name": "Q q"}], "directives": []}}', "cannot be read"),
    "not text": (b"type Query { \xff\xfe jobs: [Job] }", "cannot be read"),
    "larger than allowed": (b"type Query { a: Int }\n" + b"# long\n" * 800_000, "5 MB"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_schema_that_cannot_be_used_is_refused_in_a_sentence(what: str) -> None:
    raw, words = BAD[what]
    with pytest.raises(DescriptionError, match=words) as caught:
        read_description(raw)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 400


@given(st.data())
@settings(max_examples=40)
def test_whatever_is_missing_in_a_schema_is_answered_and_never_crashes(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from((SDL, json.dumps(INTROSPECTED))))
    start = data.draw(st.integers(20, len(form) - 2))
    length = data.draw(st.integers(1, 400))
    with suppress(DescriptionError):
        reading = read_description(f"{form[:start]}{form[start + length :]}".encode()).to_json()
        document = draft_document("Hours", reading, [row["path"] for row in reading["lists"]])
        read_document(document, slug="private-x")


NO_SCHEMAS = {
    "an OpenAPI file": b"openapi: 3.0.0\npaths:\n  type: object\n",
    "a text": b"type of work: audits\n",
    "XML": b"<type Query {",
    "JSON": b'{"schema": 1}',
    "a schema with a NUL": b"type Query {\x00 a: Int }",
}


@pytest.mark.parametrize("what", NO_SCHEMAS)
def test_other_files_are_not_taken_for_schemas(what: str) -> None:
    from apps.connectors.private.graphql_schema import is_like

    assert not is_like(NO_SCHEMAS[what])


def test_repeats_are_told_by_a_field_that_can_be_written_read_and_looked_for() -> None:
    sdl = HEAD + (
        "type Query { jobs(code: String, externalIds: [String!]): [Job!]! } type Job { id: ID! code: String externalId: String } "
        "type Mutation { createJob(code: String!, externalId: String): Job! }"
    )
    found = only(sdl)
    manifest = read_document(
        {"name": "x", "category": "y", "graphql": {}, "objects": [{**found, "canonical_type": "Project"}]},
        slug="private-x",
    )
    writing = manifest.objects[0].writing
    assert writing is not None
    assert (writing.idempotency, writing.own_key_field) == (Idempotency.SEARCH_BEFORE_CREATE, "externalId")
    assert (writing.own_key_parameter, found["find_parameter"]) == ("externalIds", "code")
    assert "find_at_once" not in found  # one of the two arguments takes a single name
