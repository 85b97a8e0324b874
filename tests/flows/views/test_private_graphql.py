"""The pages of a private system that speaks GraphQL: its schema is uploaded, chosen from, worked on and mended in its own words."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.actions import Role
from apps.connectors.models import PrivateSystem, PrivateVersion
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.protocols.graphql_stand_in import SDL
from tests.flows.views.conftest import Desk, page_of

OWN = "/private-systems/"
LEFT_OUT = (
    SDL.replace("type Query {", "type Query {\n  archive(filter: Deep!): [Project!]!", 1) + "input Deep { a: Int! }"
)


@pytest.fixture
def desk(partner_a: PartnerRef) -> Desk:
    with scope.work_in(partner_a):
        return Desk(partner_a, create_customer(name="Northwind"))


@pytest.fixture
def owner(desk: Desk) -> Client:
    return desk.as_(Role.OWNER)


@pytest.fixture
def page(owner: Client, desk: Desk) -> str:
    """The page of a system begun from a schema, with time entries and projects taken."""
    answer = owner.post(
        f"{OWN}new/", {"name": "Hours", "file": SimpleUploadedFile("schema.graphql", LEFT_OUT.encode())}
    )
    assert answer.status_code == 302, page_of(answer)
    with scope.work_in(desk.partner):
        url = f"{OWN}{PrivateSystem.objects.get().id}/"
    chosen = {"seen": 1, "paths": ["timeEntries", "projects"]}
    assert owner.post(f"{url}lists/", chosen).status_code == 302
    return url


def document(desk: Desk) -> dict[str, Any]:
    with scope.work_in(desk.partner):
        found: dict[str, Any] = PrivateVersion.objects.get().document
        return found


def filled(answer: Any, name: str = "form", **changes: Any) -> dict[str, Any]:
    form = answer.context[name]
    shown = {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False)}
    return {key: value for key, value in {**shown, **changes}.items() if value is not None}


def test_lists_of_a_schema_are_offered_with_their_questions_and_what_is_left_out_is_told(
    owner: Client, page: str
) -> None:
    shown = page_of(owner.get(f"{page}lists/"))
    assert "query timeEntries" in shown
    assert "mutation timeEntryUpdate(id:{key})" in shown
    assert "without an input that nobody can guess" in shown
    assert "archive" in shown


def test_a_record_is_shown_and_stored_in_the_words_of_the_schema(owner: Client, desk: Desk, page: str) -> None:
    before = document(desk)["objects"]
    answer = owner.get(f"{page}records/time_entries/")
    shown = page_of(answer)
    assert "This system speaks GraphQL" in shown
    assert "Mutation that makes a record" in shown
    assert "Taken from the argument <code>filter.updatedAt.gte</code>." in shown
    assert "Method of a change" not in shown
    stored = owner.post(f"{page}records/time_entries/", filled(answer))
    assert stored.status_code == 302, page_of(stored)
    assert document(desk)["objects"] == before


def test_arguments_are_changed_as_lines_and_a_wrong_one_is_told_at_its_field(
    owner: Client, desk: Desk, page: str
) -> None:
    answer = owner.get(f"{page}records/projects/")
    wrong = owner.post(f"{page}records/projects/", filled(answer, arguments="projects | limit"))
    assert wrong.status_code == 400
    assert "Line 1: write field | argument | type." in page_of(wrong)
    lines = "projects | limit | Int\nprojects | offset | Int\nproject | id | ID!"
    assert owner.post(f"{page}records/projects/", filled(answer, arguments=lines)).status_code == 302
    fields = next(one for one in document(desk)["objects"] if one["name"] == "projects")["graphql"]["fields"]
    assert fields["projects"] == {"arguments": {"limit": "Int", "offset": "Int"}}
    told = page_of(owner.get(page))
    assert "Say which type the argument codes of projects has" in told
    assert f'href="{page}records/projects/#id_find_parameter"' in told


def test_the_endpoint_is_changed_with_the_basics_and_an_empty_one_is_the_usual_one(
    owner: Client, desk: Desk, page: str
) -> None:
    answer = owner.get(f"{page}basics/")
    assert "Path of the endpoint" in page_of(answer)
    assert answer.context["form"]["endpoint"].value() == "graphql"
    assert "Where an answer that refuses something keeps its words" not in page_of(answer)
    for endpoint, kept in (("api/graphql", {"path": "api/graphql"}), ("", {})):
        answer = owner.get(f"{page}basics/")
        stored = owner.post(f"{page}basics/", filled(answer, endpoint=endpoint, scheme="bearer"))
        assert stored.status_code == 302, page_of(stored)
        assert document(desk)["graphql"] == kept
    assert document(desk)["secrets"] == [{"name": "token", "label": "Access token"}]


def test_a_record_that_is_added_by_hand_is_worked_on_in_the_words_of_the_schema(
    owner: Client, desk: Desk, page: str
) -> None:
    answer = owner.get(f"{page}add/")
    assert "Field that lists them" in page_of(answer)
    made = owner.post(f"{page}add/", filled(answer, label="Person", canonical_type="Resource", path="people"))
    assert made.status_code == 302
    answer = owner.get(made["Location"])
    typed = filled(
        answer, arguments="people | first | Int!", fields_known="id\nemail", size_parameter="first",
        records_path="edges.node", record_type="Person",
    )  # fmt: skip
    assert owner.post(made["Location"], typed).status_code == 302
    added = document(desk)["objects"][-1]
    assert added["graphql"] == {"fields": {"people": {"arguments": {"first": "Int!"}}}, "type": "Person"}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"type Query { jobs: [Job!", "The GraphQL schema cannot be read", id="cut short"),
        pytest.param(b"type Job { id: ID! }", "has no type Query", id="no query"),
        pytest.param(json.dumps({"data": {"__schema": {}}}).encode(), "cannot be read", id="an empty introspection"),
    ],
)
def test_a_wrong_schema_is_answered_in_place(owner: Client, raw: bytes, words: str) -> None:
    answer = owner.post(f"{OWN}new/", {"name": "Hours", "file": SimpleUploadedFile("schema.graphql", raw)})
    assert answer.status_code == 400
    assert words in page_of(answer)
