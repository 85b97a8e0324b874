"""Reading OpenAPI files: what is found in them, with its evidence, and what is said of those that cannot be read."""

import copy
import random
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import DocumentError, read_document
from apps.connectors.private.drafting import draft_document, guess_type
from apps.connectors.private.openapi import MOST_YAML_BYTES, open_file
from apps.connectors.private.openapi_reading import read as read_openapi
from apps.connectors.private.readings import MOST_LISTS, DescriptionError
from tests.connectors.private.samples import PROJECT, openapi, spoiled, swagger


def read(document: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(orjson.dumps(read_openapi(orjson.dumps(document)).to_json()))
    return found


def drafted(document: Any) -> dict[str, Any]:
    found = read(document)
    return draft_document("Harbour", found, [row["path"] for row in found["lists"]])


def test_the_lists_of_a_file_are_found_but_not_those_below_a_record() -> None:
    found = read(openapi())

    assert [(row["path"], row["type"]) for row in found["lists"]] == [
        ("projects", "Project"),
        ("accounts/{account}/time_entries", "TimeEntry"),
    ]
    assert (found["title"], found["address"]) == ("Harbour Projects", "https://eu.harbour.example/api")
    assert found["auth"] == {"scheme": "header_key", "header": "X-Api-Key"}


def test_a_list_is_drafted_with_its_siblings_its_pages_and_its_changes() -> None:
    project = drafted(openapi())["objects"][0]

    assert project["reading"] == {
        "path": "projects",
        "records_path": "data",
        "change_read": "modified_since",
        "since_parameter": "updated_since",
        "paging": {
            "style": "page",
            "position_parameter": "page",
            "total_path": "total",
            "size_parameter": "per_page",
            "size": 200,
        },
        "one_path": "projects/{key}",
    }
    assert project["writing"] == {
        "create_path": "projects",
        "update_path": "projects/{key}",
        "update_method": "PATCH",
        "key_path": "id",
        "idempotency": "own_key_field",
        "own_key_field": "externalId",
        "undo_method": "DELETE",
        "undo_path": "projects/{key}",
    }
    assert (project["key_field"], project["version_field"]) == ("id", "updatedAt")
    assert (project["natural_key"], project["find_parameter"]) == ("code", "code")


def test_the_fields_have_their_kinds_and_circles_end() -> None:
    fields = {one["name"]: one for one in drafted(openapi())["objects"][0]["fields"]}

    assert fields["code"] == {"name": "code", "kind": "text", "required": True, "max_length": 20}
    assert fields["state"] == {"name": "state", "kind": "choice", "choices": ["open", "closed"]}
    kinds = {name: fields[name]["kind"] for name in ("id", "budgetAmount", "startsOn", "updatedAt", "tags", "client")}
    assert kinds == {
        "id": "whole",
        "budgetAmount": "money",
        "startsOn": "date",
        "updatedAt": "instant",
        "tags": "nested",
        "client": "nested",
    }
    assert fields["client.id"]["kind"] == "text"
    assert max(name.count(".") for name in fields) == 2


def test_fields_whose_names_agree_are_mapped() -> None:
    project, entry = drafted(openapi())["objects"]

    assert {line["target"]: line["source"] for line in entry["reading_lines"]} == {
        "id": "id",
        "resource": "user.id",
        "project": "project.id",
        "work_date": "date",
        "hours": "hours",
    }
    assert {line["target"]: line["source"] for line in project["writing_lines"]}["code"] == "code"


def test_what_was_drafted_can_be_used_as_it_is() -> None:
    document = drafted(openapi())

    assert list_problems(read_document(document, slug="private-x")) == []
    assert document["settings"] == [{"name": "account", "label": "account", "required": True}]
    assert document["secrets"] == [{"name": "api_key", "label": "API key"}]


def test_every_guess_says_where_it_comes_from() -> None:
    evidence = {one["part"]: (one["source"], one["name"]) for one in read(openapi())["lists"][0]["evidence"]}

    assert evidence == {
        "reading.records_path": ("answer", "data"),
        "reading.paging.style": ("parameter", "page"),
        "reading.paging.size_parameter": ("parameter", "per_page"),
        "reading.since_parameter": ("parameter", "updated_since"),
    }


def test_a_file_of_version_2_is_read_alike() -> None:
    found = read(swagger())
    people = drafted(swagger())["objects"][0]

    assert (found["address"], found["auth"]) == ("https://old.example/v2", {"scheme": "basic"})
    assert people["canonical_type"] == "Resource"
    assert people["reading"]["paging"]["style"] == "offset"
    assert people["writing"]["create_path"] == "users"


class _WithoutAliases(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def test_a_yaml_file_is_read_like_a_json_file() -> None:
    text = yaml.dump(openapi(), Dumper=_WithoutAliases, sort_keys=False)

    assert read_openapi(text.encode()) == read_openapi(orjson.dumps(openapi()))


def test_yaml_dates_and_number_keys_stay_what_they_say() -> None:
    text = yaml.dump({**swagger(), "info": {"title": "On 1"}}, Dumper=_WithoutAliases).replace("On 1", "2024-01-01")

    assert read_openapi(text.replace("'200'", "200").encode()).title == "2024-01-01"


def paged(names: list[str], envelope: dict[str, Any]) -> dict[str, Any]:
    document = openapi()
    list_of = document["paths"]["/projects"]["get"]
    list_of["parameters"] = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    schema = {"type": "object", "properties": {"items": {"type": "array", "items": PROJECT}, **envelope}}
    list_of["responses"]["200"]["content"]["application/json"]["schema"] = schema
    found: dict[str, Any] = drafted(document)["objects"][0]["reading"].get("paging", {})
    return found


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("names", "envelope", "expected"),
    [
        pytest.param([], {}, {}, id="nothing speaks of pages"),
        pytest.param(["offset"], {}, {"style": "offset", "position_parameter": "offset"}, id="an offset"),
        pytest.param(["$skip"], {}, {"style": "offset", "position_parameter": "$skip"}, id="OData's offset"),
        pytest.param(
            ["cursor"],
            {"meta": {"type": "object", "properties": {"next_cursor": TEXT}}},
            {"style": "token", "position_parameter": "cursor", "next_path": "meta.next_cursor"},
            id="a cursor inside",
        ),
        pytest.param(["cursor"], {}, {}, id="a cursor that no answer tells"),
        pytest.param(
            ["page"],
            {"totalCount": {"type": "integer"}},
            {"style": "page", "position_parameter": "page", "total_path": "totalCount"},
            id="pages with a total",
        ),
        pytest.param(
            [],
            {"links": {"type": "object", "properties": {"next": TEXT}}},
            {"style": "link", "next_path": "links.next"},
            id="a link",
        ),
    ],
)
def test_pages_are_guessed(names: list[str], envelope: dict[str, Any], expected: dict[str, Any]) -> None:
    assert paged(names, envelope) == expected


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00", "neither JSON nor YAML", id="a picture"),
        pytest.param(b"openapi: [", "neither JSON nor YAML", id="broken YAML"),
        pytest.param(b"just words", "not an OpenAPI file", id="a text"),
        pytest.param(b"", "not an OpenAPI file", id="nothing"),
        pytest.param(b'{"openapi": "3.0.0"', "begins like JSON but is not", id="broken JSON"),
        pytest.param(b"[1]", "not an OpenAPI file", id="a list"),
        pytest.param(b'{"openapi": "4.0.0", "paths": {"/a": {}}}', "OpenAPI 4.0.0 cannot be read", id="too new"),
        pytest.param(b'{"swagger": "1.2", "paths": {"/a": {}}}', "OpenAPI 1.2 cannot be read", id="too old"),
        pytest.param(b'{"openapi": "3.1.0", "paths": {}}', "lists no paths", id="no paths"),
        pytest.param(b"openapi: 3.0.0\npaths: &a\n  /x: *a\n", "YAML aliases", id="an alias in a circle"),
        pytest.param(b"a: " + b"[" * 50_000, "levels deep", id="a bottomless YAML file"),
        pytest.param(b'{"a":' * 5000, "begins like JSON but is not", id="a bottomless JSON file"),
        pytest.param(b"a: b\n" * (MOST_YAML_BYTES // 4), "turn it into JSON", id="a large YAML file"),
        pytest.param(b"openapi: !!python/object/apply:os.system [ls]\npaths: {}\n", "neither", id="code in YAML"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_why(raw: bytes, words: str) -> None:
    with pytest.raises(DescriptionError, match=words):
        open_file(raw)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "https://evil.example/x.json", "other.yaml#/a"])
def test_a_reference_that_leads_out_of_the_file_is_not_followed_but_told(target: str) -> None:
    document = openapi()
    document["components"]["schemas"]["Project"] = {"$ref": target}

    assert read(document)["outside"] == [target]


def test_a_reference_to_itself_ends() -> None:
    document = openapi()
    document["components"]["schemas"]["Project"] = {"$ref": "#/components/schemas/Project"}
    document["components"]["schemas"]["Hour"] = {"allOf": [{"$ref": "#/components/schemas/Hour"}]}

    assert read(document)["lists"] == []


def test_of_very_many_lists_the_first_are_shown_and_the_rest_is_told() -> None:
    document = openapi()
    answer = document["paths"]["/accounts/{account}/time_entries"]["get"]["responses"]["200"]
    document["components"]["responses"] = {"Many": answer}
    item = {"get": {"responses": {"200": {"$ref": "#/components/responses/Many"}}}}
    document["paths"] = {f"/list{number}": item for number in range(50_000)}
    found = read_openapi(orjson.dumps(document))

    assert (len(found.lists), found.more_lists) == (MOST_LISTS, True)


def test_a_file_without_servers_has_no_address() -> None:
    document = {**openapi(), "servers": [{"url": "/api"}]}

    assert read(document)["address"] == ""


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Time entries", "TimeEntry"),
        ("Employees", "Resource"),
        ("Deals", "Opportunity"),
        ("Invoices", "Invoice"),
        ("Widgets", ""),
    ],
)
def test_the_canonical_type_is_guessed_by_the_name(label: str, kind: str) -> None:
    assert guess_type(label) == kind


@given(st.randoms(use_true_random=False))
def test_whatever_stands_in_a_file_is_read_or_refused_and_never_crashes(chance: random.Random) -> None:
    document = spoiled(copy.deepcopy(chance.choice([openapi(), swagger()])), chance, 4)
    try:
        found = drafted(document)
        assert isinstance(list_problems(read_document(found, slug="private-x")), list)
    except (DescriptionError, DocumentError):
        return
