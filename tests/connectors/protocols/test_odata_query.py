"""Query options of OData: each literal by its type, and no value of ours ever becomes a part of the query."""

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import FieldSpec, ObjectManifest, ValueKind
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata_query import (
    following_link,
    is_guid,
    is_whole,
    plain_record,
    query_of,
    quoted,
    selected,
)
from tests.connectors.catalog.odata_filter import compile_filter

GUID, OTHER = str(uuid.UUID(int=7)), str(uuid.UUID(int=8))
SPEC = ObjectManifest(
    name="customers",
    label="Customers",
    canonical_type="Customer",
    version_field="changedAt",
    find_at_once=3,
    fields=(
        FieldSpec("number", max_length=20),
        FieldSpec("name"),
        FieldSpec("amount", ValueKind.MONEY),
        FieldSpec("due", ValueKind.DATE),
        FieldSpec("address.city"),
        FieldSpec("address.street"),
        FieldSpec("changedAt", ValueKind.INSTANT),
    ),
)
PLAIN = ODataSpec(guid_fields=("id",), select=False)
FILTERS = {
    "an instant has no quotes": ({"changedAt ge": "2026-11-21T07:38:44.293Z"}, "changedAt ge 2026-11-21T07:38:44.293Z"),
    "a day has no quotes": ({"due gt": "2026-11-21"}, "due gt 2026-11-21"),
    "a number has no quotes": ({"amount lt": "12.50"}, "amount lt 12.50"),
    "a text has": ({"name eq": "O'Neil"}, "name eq 'O''Neil'"),
    "one name": ({"number": "K-1"}, "(number eq 'K-1')"),
    "several names, and the one with commas": (
        {"number": "a,b"},
        "(number eq 'a' or number eq 'b' or number eq 'a,b')",
    ),
    "a name twice": ({"name": "a,a"}, "(name eq 'a' or name eq 'a,a')"),
    "a name that is too long is not asked for": ({"number": f"a,{'x' * 21}"}, "(number eq 'a')"),
    "GUIDs have no quotes": ({"id": f"{GUID},{OTHER}"}, f"(id eq {GUID} or id eq {OTHER})"),
    "what is no GUID is not asked for": ({"id": f"{GUID},nobody"}, f"(id eq {GUID})"),
    "a filter of the manifest stays": (
        {"$filter": "a eq 1 or b eq 2", "changedAt ge": "2026-11-21T00:00:00Z"},
        "(a eq 1 or b eq 2) and changedAt ge 2026-11-21T00:00:00Z",
    ),
}

OLDER = {
    "an instant": (
        {"changedAt ge": "2026-11-21T07:38:44.293Z"},
        "changedAt ge datetimeoffset'2026-11-21T07:38:44.293Z'",
    ),
    "a day": ({"due gt": "2026-11-21"}, "due gt datetime'2026-11-21T00:00:00'"),
    "a key": ({"id": GUID}, f"(id eq guid'{GUID}')"),
    "a text": ({"name eq": "O'Neil"}, "name eq 'O''Neil'"),
}


def test_v2_writes_an_instant_without_zone_where_the_type_has_none() -> None:
    zoneless = replace(PLAIN, version=2, types={f"{SPEC.name}/changedAt": "Edm.DateTime"})

    for written in ("2026-11-21T08:38:44.293+01:00", "2026-11-21T07:38:44.293Z", "2026-11-21T07:38:44.293"):
        told = query_of(SPEC, zoneless, {"changedAt ge": written})
        assert told == {"$filter": "changedAt ge datetime'2026-11-21T07:38:44.293'"}


@pytest.mark.parametrize(("parameters", "told"), OLDER.values(), ids=OLDER.keys())
def test_v2_names_the_type_of_its_literals(parameters: dict[str, str], told: str) -> None:
    assert query_of(SPEC, replace(PLAIN, version=2), parameters) == {"$filter": told}


@pytest.mark.parametrize(("parameters", "told"), FILTERS.values(), ids=FILTERS.keys())
def test_a_condition_is_written_by_the_type_of_its_field(parameters: dict[str, str], told: str) -> None:
    assert query_of(SPEC, PLAIN, parameters) == {"$filter": told}


@pytest.mark.parametrize("parameters", [{"id": "nobody"}, {"number": "x" * 21}], ids=["no GUID", "too long"])
def test_a_question_that_nothing_can_answer_is_not_asked(parameters: dict[str, str]) -> None:
    assert query_of(SPEC, PLAIN, parameters) is None


def test_other_options_pass_as_they_are_and_only_named_properties_are_asked_for() -> None:
    wanted = "id,number,name,amount,due,address,changedAt"
    assert query_of(SPEC, ODataSpec(), {"$orderby": "changedAt"}) == {"$orderby": "changedAt", "$select": wanted}
    assert ",".join(selected(SPEC)) == wanted


def test_a_time_that_is_none_is_never_part_of_a_query() -> None:
    with pytest.raises(MisconfiguredError, match="no time") as caught:
        query_of(SPEC, PLAIN, {"changedAt ge": "2026-11-21 or 1 eq 1"})
    assert caught.value.business_class is BusinessClass.SCHEMA_DRIFT


@given(st.text(min_size=1, max_size=20))
def test_a_name_is_found_as_it_is_whatever_it_holds(name: str) -> None:
    asked = query_of(SPEC, PLAIN, {"number": name})
    assert asked is not None
    fits = compile_filter(asked["$filter"], {"number": "string"})
    assert fits({"number": name})
    assert not fits({"number": f"{name}'x"})


@given(st.text())
def test_a_quoted_text_ends_where_it_should(text: str) -> None:
    inside = quoted(text)[1:-1]
    assert inside.replace("''", "") == text.replace("'", "")
    assert inside.count("'") == 2 * text.count("'")


LINKS = {
    "none": ("customers", {"value": []}, None),
    "null": ("customers", {"@odata.nextLink": None}, None),
    "no text": ("customers", {"@odata.nextLink": 7}, None),
    "a list": ("customers", [], None),
    "whole": ("customers", {"@odata.nextLink": "https://a.example/x?$skiptoken=1"}, "https://a.example/x?$skiptoken=1"),
    "relative to what was asked": ("v4/customers", {"@odata.nextLink": "customers?$skip=2"}, "v4/customers?$skip=2"),
    "relative to the context": (
        "customers",
        {"@odata.context": "https://a.example/v4/$metadata#customers", "@odata.nextLink": "customers?$skip=2"},
        "https://a.example/v4/customers?$skip=2",
    ),
    "from the root": ("v4/customers", {"@odata.nextLink": "/v4/customers?$skip=2"}, "/v4/customers?$skip=2"),
}


@pytest.mark.parametrize(("asked", "body", "link"), LINKS.values(), ids=LINKS.keys())
def test_the_next_link_is_read(asked: str, body: object, link: str | None) -> None:
    assert following_link(asked, body) == link


def test_annotations_are_no_part_of_a_record() -> None:
    held = {"@odata.etag": "x", "photo@odata.mediaReadLink": "y", "id": "1", "e@mail": "z"}
    assert plain_record(held) == {"id": "1", "e@mail": "z"}


@pytest.mark.parametrize(
    ("text", "guid", "whole"),
    [(GUID, True, False), (GUID.upper(), True, False), (f"{{{GUID}}}", False, False), ("17", False, True),
     ("-3", False, True), ("1.5", False, False), ("", False, False), ("..", False, False), (f"{GUID}\n", False, False)],
)  # fmt: skip
def test_keys_without_quotes_are_guids_or_whole_numbers(text: str, guid: bool, whole: bool) -> None:
    assert (is_guid(text), is_whole(text)) == (guid, whole)
