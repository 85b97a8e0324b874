"""Anything can be found by name, number or id, by those who may see it and by nobody else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actions import Role
from apps.flows.models import Link
from apps.monitoring.search import MOST, cleaned, id_range
from apps.tenants import scope
from apps.tenants.templatetags.portal import marked
from tests.monitoring.conftest import Blocked


def _found(browser: Client, words: str) -> dict[str, list[str]]:
    """Return what the search shows: labels by the name of their group."""
    response = browser.get("/search/", {"q": words})
    assert response.status_code == 200
    return {group.name: [hit.label for hit in group.hits] for group in response.context["groups"]}


def _urls(browser: Client, words: str, group: str) -> list[str]:
    groups = browser.get("/search/", {"q": words}).context["groups"]
    return [hit.url for one in groups if one.name == group for hit in one.hits]


def test_a_name_finds_the_customer_and_what_belongs_to_it(blocked: Blocked) -> None:
    found = _found(blocked.owner, blocked.line.customer.name.upper())
    assert found["customers"] == [blocked.line.customer.name]
    assert found["flows"] == [blocked.line.flow.name]
    assert found["connections"] == ["ERP", "PSA"]
    assert 0 < len(found["exceptions"]) <= MOST
    assert found["actions"]


def test_the_kind_of_a_system_finds_its_connections(blocked: Blocked) -> None:
    assert _found(blocked.owner, "sandbox psa")["connections"] == ["PSA"]


@pytest.mark.parametrize(
    "form",
    [str, lambda id_: id_.hex, lambda id_: id_.hex.upper(), lambda id_: f" {id_} "],
    ids=["id", "hex", "capitals", "spaces"],
)
def test_an_id_finds_its_thing_however_it_is_written(blocked: Blocked, form: object) -> None:
    case = blocked.cases()[0]
    record = blocked.records(case)[0]
    owner = blocked.owner
    for id_, path in (
        (blocked.line.customer.id, f"/customers/{blocked.line.customer.id}/"),
        (blocked.line.flow.id, f"/flows/{blocked.line.flow.id}/"),
        (blocked.line.source.id, f"/connections/{blocked.line.source.id}/"),
        (case.id, f"/exceptions/{case.id}/"),
        (blocked.run.id, f"/runs/{blocked.run.id}/"),
        (record.id, f"/operations/{record.id}/"),
    ):
        groups = owner.get("/search/", {"q": form(id_)}).context["groups"]  # type: ignore[operator]
        assert path in [hit.url for group in groups for hit in group.hits]


def test_a_record_is_found_by_every_number_it_has(blocked: Blocked) -> None:
    written = blocked.line.operations(state="written")[0]
    path = f"/operations/{written.id}/"
    for key in (written.source_key, written.target_key, written.business_key):
        assert path in _urls(blocked.owner, key, "records"), key
    for beginning in (written.source_key[:-1], written.business_key[:-1]):
        assert len(_urls(blocked.owner, beginning, "records")) == MOST, beginning
    assert f"/runs/{blocked.run.id}/" in _urls(blocked.owner, written.correlation_id, "runs")


def test_a_customers_person_finds_only_their_own_and_no_technical_things(blocked: Blocked) -> None:
    written = blocked.line.operations(state="written")[0]
    mine = blocked.as_(Role.FINANCE_APPROVER)
    assert _urls(mine, written.source_key, "records") == [f"/my/records/{written.id}/"]
    assert set(_found(mine, blocked.line.customer.name)) <= {"flows", "exceptions"}
    assert _found(mine, blocked.run.id.hex) == {}
    elsewhere = blocked.as_(Role.CUSTOMER_OWNER, stranger=True)
    for words in (
        written.source_key,
        written.business_key,
        str(written.id),
        blocked.line.flow.name,
        blocked.line.customer.name,
    ):
        assert _found(elsewhere, words) == {}, words


def test_who_may_not_see_a_kind_does_not_find_it(blocked: Blocked) -> None:
    finance = _found(blocked.as_(Role.FINANCE), blocked.line.customer.name)
    assert "connections" not in finance
    assert "actions" not in finance
    assert "people" not in _found(blocked.as_(Role.SUPPORT), "owner")


def test_people_are_found_by_name_and_address(blocked: Blocked) -> None:
    owner = blocked.owner
    assert _found(owner, "owner@alder")["people"] == ["Owner"]


def test_pages_and_deeds_are_found_by_the_beginnings_of_their_words(blocked: Blocked) -> None:
    found = _found(blocked.owner, "add cust")
    assert found["deeds"] == ["Add a customer"]
    assert "Audit trail" in _found(blocked.owner, "audi")["pages"]
    assert "deeds" not in _found(blocked.as_(Role.READ_ONLY), "add cust")


def test_the_palette_gets_a_part_of_a_page_with_everything_before_anything_is_typed(blocked: Blocked) -> None:
    response = blocked.owner.get("/search/", headers={"x-part": "palette"})
    words = response.content.decode()
    assert "<html" not in words
    assert "Add a customer" in words
    assert 'role="option"' in words
    assert "X-Part" in response["Vary"]


@pytest.mark.parametrize(
    "words",
    ["", " ", "\x00", "%", "_", "'; DROP TABLE", "<script>alert(1)</script>", "\\", "💥", "ß", "a" * 5000, "-" * 40, "0" * 32, "\u202e"],
    ids=["nothing", "a space", "NUL", "percent", "underscore", "quotes", "a script", "a backslash", "an emoji",
         "sharp s", "very long", "dashes", "zeros", "right to left"],
)  # fmt: skip
def test_whatever_is_typed_is_answered(blocked: Blocked, words: str) -> None:
    owner = blocked.owner
    for headers in ({}, {"x-part": "palette"}):
        response = owner.get("/search/", {"q": words}, headers=headers)
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


def test_a_search_costs_the_same_few_queries_however_much_there_is(blocked: Blocked) -> None:
    owner = blocked.owner
    owner.get("/search/", {"q": "warm"})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        owner.get("/search/", {"q": blocked.line.customer.name})
    assert len(queries) <= 30


def test_a_link_without_a_line_of_the_ledger_finds_nothing(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        Link.objects.create(
            customer=blocked.line.customer, connection=blocked.line.target, canonical_type="TimeEntry",
            business_key="TimeEntry:sandbox_psa:gone", outside_key="gone-7",
        )  # fmt: skip
    assert "records" not in _found(blocked.owner, "gone-7")


@given(st.text(max_size=60))
def test_a_range_of_ids_is_made_of_digits_only(typed: str) -> None:
    found = id_range(cleaned(typed))
    if found is not None:
        assert found.first <= found.last
        assert found.first.hex.startswith(cleaned(typed).replace("-", "").lower())


@given(st.text(max_size=30), st.text(max_size=12))
def test_marking_never_changes_the_words(text: str, words: str) -> None:
    assert marked(text, words).replace("<mark>", "").replace("</mark>", "") == escape(text)
