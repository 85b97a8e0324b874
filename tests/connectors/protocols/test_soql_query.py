"""SOQL: literals that mean what was asked and nothing else, walks without gaps, settings that name fields."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.catalog.salesforce.manifest import ACCOUNTS
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.protocols.soql_query import (
    among,
    behind,
    custom_fields,
    instant,
    plain_record,
    query,
    quoted,
    selected,
)
from tests.connectors.catalog.soql_parser import parse_query

SCHEMA = {"Account": {"Id": "id", "Name": "string", "SystemModstamp": "datetime"}}
KEY = "001000000000001AAA"


def row(name: str, key: str = KEY, at: str = "2026-11-02T08:00:00.000+0000") -> dict[str, str]:
    return {"Id": key, "Name": name, "SystemModstamp": at}


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_a_literal_finds_its_own_text_and_no_other(text: str, other: str) -> None:
    literal = quoted(text)
    if literal is None:
        return
    asked = parse_query(f"SELECT Id FROM Account WHERE Name = {literal}", SCHEMA)
    assert asked.fits(row(text))
    assert asked.fits(row(other)) is (other.lower() == text.lower())


@pytest.mark.parametrize("text", ["", "x" * 256, "a\x00b", "a\x1bb"], ids=["empty", "too long", "null", "escape"])
def test_a_text_that_no_field_holds_is_not_asked_for(text: str) -> None:
    assert quoted(text) is None
    assert list(among("Name", [text], 10)) == []


def test_what_tries_to_end_a_literal_stays_inside_it() -> None:
    assert quoted("x' OR Name != '") == r"'x\' OR Name != \''"
    assert quoted("back\\") == r"'back\\'"


@given(st.lists(st.text(min_size=1, max_size=255), max_size=300))
def test_lists_of_names_fit_an_address_and_leave_nobody_out(names: list[str]) -> None:
    conditions = list(among("Name", names, 100))
    tests = [parse_query(f"SELECT Id FROM Account WHERE {condition}", SCHEMA).fits for condition in conditions]
    assert all(len(quote(condition, safe="")) < 12_000 for condition in conditions)
    assert all(any(test(row(name)) for test in tests) for name in names if quoted(name) is not None)


def test_only_ids_are_asked_for_as_ids() -> None:
    assert list(among("Id", ["nobody-1", KEY, "..", KEY[:15]], 200)) == [f"Id IN ('{KEY}', '{KEY[:15]}')"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-20T10:15:30.000+0000", "2026-11-20T10:15:30.000Z"),
        ("2026-11-20T12:15:30.25+02:00", "2026-11-20T10:15:30.250Z"),
        ("2026-11-20T10:15:30Z", "2026-11-20T10:15:30.000Z"),
        ("2026-11-20T10:15:30", "2026-11-20T10:15:30.000Z"),
    ],
)
def test_an_instant_is_written_in_utc(text: str, written: str) -> None:
    assert instant(text, ACCOUNTS) == written


def test_a_time_that_is_none_is_no_part_of_a_query() -> None:
    with pytest.raises(MisconfiguredError) as caught:
        behind(ACCOUNTS, "2026 OR Name != ''", "")
    assert caught.value.business_class is BusinessClass.SCHEMA_DRIFT


def test_a_walk_goes_on_behind_a_record_and_meets_its_neighbours_of_the_same_instant() -> None:
    at = "2026-11-02T08:00:00.000+0000"
    text = query(ACCOUNTS, ("Id", "SystemModstamp"), [behind(ACCOUNTS, at, KEY)], limit=7)
    asked = parse_query(text, SCHEMA)
    assert (asked.limit, asked.order) == (7, ("SystemModstamp", "Id"))
    assert not asked.fits(row("a"))
    assert asked.fits(row("a", "001000000000002AAA"))
    assert not asked.fits(row("a", "001000000000000AAA"))
    assert asked.fits(row("a", "001000000000000AAA", "2026-11-02T08:00:01.000+0000"))


def test_fields_are_asked_for_once_and_groups_not_at_all() -> None:
    fields = selected(ACCOUNTS, ("VAT__c", "Name"), ("Industry",))
    assert fields[:2] == ("Id", "SystemModstamp")
    assert len(set(fields)) == len(fields)
    assert {"VAT__c", "Name"} <= set(fields)
    assert {"custom", "Industry"}.isdisjoint(fields)


def test_a_setting_names_further_fields_by_object() -> None:
    setting = "Account.VAT__c, account.Owner.Name;\n Opportunity.Legal_Entity__c,"
    assert custom_fields(setting, "Account") == ("VAT__c", "Owner.Name")
    assert custom_fields(setting, "Contact") == ()


@pytest.mark.parametrize("setting", ["VAT__c", "Account.VAT__c FROM User", "Account.(SELECT Id)", "Account.", "Ä.b"])
def test_a_setting_that_names_no_field_is_refused_in_words(setting: str) -> None:
    with pytest.raises(MisconfiguredError, match=r"Account\.VAT__c"):
        custom_fields(setting, "Account")


def test_the_services_own_notes_are_left_out() -> None:
    sent = {"attributes": {"type": "Contact"}, "Id": KEY, "Account": {"attributes": {}, "Name": "N"}, "Owner": None}
    assert plain_record(sent) == {"Id": KEY, "Account": {"Name": "N"}, "Owner": None}
