"""Drafting from the metadata of OData services: what is offered, what is left out and why, and what cannot be read."""

import random
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors import registry
from apps.connectors.contract import Write
from apps.connectors.manifest import Paging, SystemManifest
from apps.connectors.private.descriptions import read_description
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import read_document
from apps.connectors.private.drafting import draft_document
from apps.connectors.private.odata_drafting import blank_reading
from apps.connectors.private.readings import MOST_FIELDS, MOST_LISTS, DescriptionError
from apps.connectors.protocols.odata import ODATA_ERRORS, odata_pages
from apps.connectors.protocols.odata_v2 import ODATA_V2_ERRORS, odata_v2_pages
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.rate_budget import NoBudget
from tests.connectors.private.odata_service import OldToolService, day, metadata

HEAD = '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
CAPABLE = "Org.OData.Capabilities.V1."


def service(*properties: str, key: str = "Id", sets: str = "", noted: str = "", types: str = "") -> bytes:
    """Return the metadata of a service with one set, "Things"."""
    keys = "".join(f'<PropertyRef Name="{name}"/>' for name in key.split(",") if name)
    return (
        f'{HEAD}<Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
        f'<EntityType Name="Thing">{f"<Key>{keys}</Key>" if keys else ""}{"".join(properties)}</EntityType>'
        f'<EntityContainer Name="C"><EntitySet Name="Things" EntityType="N.Thing">{noted}</EntitySet>{sets}'
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    ).encode()


def prop(name: str, written: str = "Edm.String", more: str = "") -> str:
    return f'<Property Name="{name}" Type="{written}"{more}/>'


def read(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(orjson.dumps(read_description(raw).to_json()))
    return found


def drafted(raw: bytes) -> dict[str, Any]:
    found = read(raw)
    return draft_document("Tool", found, [row["path"] for row in found["lists"]])


def thing(*properties: str, **more: str) -> dict[str, Any]:
    found: dict[str, Any] = drafted(service(prop("Id", "Edm.Guid"), *properties, **more))["objects"][0]
    return found


@pytest.mark.parametrize("version", [4, 2])
def test_a_draft_of_a_service_breaks_no_rule(version: int) -> None:
    document = drafted(metadata(version))

    assert list_problems(read_document(document, slug="private-tool")) == []
    assert [one["canonical_type"] for one in document["objects"]] == ["Project", "TimeEntry"]


def test_a_set_is_drafted_with_its_key_its_pages_its_changes_and_its_lines() -> None:
    projects, entries = drafted(metadata())["objects"]

    assert (projects["key_field"], projects["version_field"], projects["natural_key"]) == (
        "ProjectId",
        "ModifiedAt",
        "Code",
    )
    assert projects["reading"] == {
        "path": "Projects",
        "records_path": "value",
        "one_path": "Projects({key})",
        "change_read": "modified_since",
        "since_parameter": "ModifiedAt ge",
        "since_sorted": True,
        "overlap_seconds": 120,
        "parameters": {"$orderby": "ModifiedAt"},
        "paging": {"style": "link", "size": 200, "next_path": "next"},
    }
    fields = {one["name"]: one for one in projects["fields"]}
    assert fields["Phase"] == {"name": "Phase", "kind": "choice", "choices": ["Planned", "Running", "Done"]}
    assert fields["Name"] == {"name": "Name", "kind": "text", "required": True, "max_length": 80}
    assert (fields["BudgetMoney"]["kind"], fields["Place.City"]["kind"]) == ("money", "text")
    assert "Lines" not in fields  # nothing is expanded
    lines = {line["target"]: line["source"] for line in entries["reading_lines"]}
    assert lines == {
        "id": "Id", "updated_at": "ChangedOn", "resource": "EmployeeId", "project": "ProjectId", "work_date": "WorkDate",
        "hours": "Hours", "note": "Comment",
    }  # fmt: skip


def test_what_holds_for_the_whole_service_is_drafted_with_it() -> None:
    four, two = drafted(metadata(4)), drafted(metadata(2))

    types = {"Projects": "Edm.Guid", "TimeEntries": "Edm.Int64"}
    common = {"guid_fields": [], "metadata_path": "$metadata", "etags_vary": True}
    assert four["odata"] == {**common, "types": types}
    assert two["odata"] == {
        **common, "version": 2, "usual_forms": True, "types": {**types, "Projects/ModifiedAt": "Edm.DateTime"}
    }  # fmt: skip
    assert four["test_path"] == "Projects?$top=1"


@pytest.mark.parametrize(
    ("version", "pages", "errors"),
    [
        pytest.param(4, odata_pages(200), ODATA_ERRORS, id="version 4"),
        pytest.param(2, odata_v2_pages(200), ODATA_V2_ERRORS, id="version 2"),
    ],
)
def test_pages_and_errors_are_those_of_the_protocol(version: int, pages: Paging, errors: Any) -> None:
    drawn = read_document(drafted(metadata(version)), slug="private-tool")

    assert drawn.error_shape == errors
    assert {spec.reading.paging for spec in drawn.objects if spec.reading} == {pages}
    assert Paging(**blank_reading(version, "Things")["paging"]) == pages


@pytest.mark.parametrize(
    ("written", "four", "two"),
    [
        pytest.param("Edm.Guid", "Things({key})", "Things(guid'{key}')", id="a GUID"),
        pytest.param("Edm.String", "Things('{key}')", "Things('{key}')", id="a text"),
        pytest.param("Edm.Int32", "Things({key})", "Things({key})", id="a number"),
        pytest.param("Edm.Int64", "Things({key})", "Things({key}L)", id="a long number"),
    ],
)
def test_a_key_stands_in_an_address_as_its_type_and_version_want_it(written: str, four: str, two: str) -> None:
    raw = service(prop("Id", written))
    old = raw.replace(b'Version="4.0"', b'Version="1.0"')

    assert drafted(raw)["objects"][0]["reading"]["one_path"] == four
    assert drafted(old)["objects"][0]["reading"]["one_path"] == two


def test_sets_whose_records_cannot_be_named_are_left_out_with_the_reason() -> None:
    types = (
        '<EntityType Name="Line"><Key><PropertyRef Name="A"/><PropertyRef Name="B"/></Key></EntityType>'
        '<EntityType Name="View"/>'
        '<EntityType Name="Day"><Key><PropertyRef Name="On"/></Key><Property Name="On" Type="Edm.Date"/></EntityType>'
    )
    sets = "".join(f'<EntitySet Name="{one}s" EntityType="N.{one}"/>' for one in ("Line", "View", "Day"))
    found = read(service(prop("Id", "Edm.Guid"), types=types, sets=sets))

    assert [row["path"] for row in found["lists"]] == ["Things"]
    assert found["left_out"] == {"several_keys": ["Lines"], "no_key": ["Views"], "odd_key": ["Days"]}


def test_a_key_and_properties_of_the_type_that_is_built_on_count() -> None:
    types = f'<EntityType Name="Party"><Key><PropertyRef Name="Code"/></Key>{prop("Code")}</EntityType>'
    raw = service(prop("Name"), key="", types=types).replace(b'Name="Thing"', b'Name="Thing" BaseType="N.Party"')

    found = drafted(raw)["objects"][0]
    assert found["key_field"] == "Code"
    assert {one["name"] for one in found["fields"]} == {"Code", "Name"}


INSERTS = f'<Annotation Term="{CAPABLE}InsertRestrictions"><Record>{{}}</Record></Annotation>'
YES = INSERTS.format('<PropertyValue Property="Insertable" Bool="true"/>')
NO = INSERTS.format('<PropertyValue Property="Insertable"><Bool>false</Bool></PropertyValue>')


def test_writing_is_drafted_where_the_service_allows_it_and_offered_where_it_says_nothing() -> None:
    raw = [service(prop("Id", "Edm.Guid"), prop("Code"), noted=noted) for noted in (YES, "", NO)]
    rows = [read(one)["lists"][0] for one in raw]

    assert ["writing" in row["object"] for row in rows] == [True, False, False]
    assert [bool(row["offer"]) for row in rows] == [True, True, False]
    assert [len(row["operations"]) for row in rows] == [5, 5, 2]
    assert rows[0]["object"]["writing"]["create_path"] == "Things"


def test_notes_may_stand_apart_from_the_set() -> None:
    apart = f'<Annotations Target="N.C/Things">{NO}</Annotations>'

    assert not read(service(prop("Id", "Edm.Guid"), types=apart))["lists"][0]["offer"]


def test_a_property_that_the_service_needs_is_needed() -> None:
    needs = INSERTS.format(
        '<PropertyValue Property="Insertable" Bool="true"/><PropertyValue Property="RequiredProperties"><Collection>'
        "<PropertyPath>Code</PropertyPath></Collection></PropertyValue>"
    )
    found = thing(
        prop("Code"),
        prop("Name", more=' Nullable="false"'),
        prop("State", more=' Nullable="false" DefaultValue="new"'),
        noted=needs,
    )

    assert [one["name"] for one in found["fields"] if one.get("required")] == ["Code", "Name"]


FILTERS = f'<Annotation Term="{CAPABLE}FilterRestrictions"><Record>{{}}</Record></Annotation>'


@pytest.mark.parametrize(
    ("properties", "noted", "change_read"),
    [
        pytest.param([prop("LastModified", "Edm.DateTimeOffset")], "", "modified_since", id="a time of change"),
        pytest.param([prop("CreatedAt", "Edm.DateTimeOffset")], "", "full", id="no time of change"),
        pytest.param([prop("LastModified")], "", "full", id="a text that is named like one"),
        pytest.param(
            [prop("LastModified", "Edm.DateTimeOffset")],
            FILTERS.format('<PropertyValue Property="Filterable" Bool="false"/>'),
            "full",
            id="a set that cannot be filtered",
        ),
        pytest.param(
            [prop("LastModified", "Edm.DateTimeOffset")],
            FILTERS.format(
                '<PropertyValue Property="NonFilterableProperties"><Collection><PropertyPath>LastModified</PropertyPath>'
                "</Collection></PropertyValue>"
            ),
            "full",
            id="a time that cannot be filtered",
        ),
    ],
)
def test_changes_are_asked_for_only_where_the_service_can_be_asked(
    properties: list[str], noted: str, change_read: str
) -> None:
    assert thing(*properties, noted=noted)["reading"]["change_read"] == change_read


def test_a_list_that_cannot_be_sorted_is_not_asked_to_be() -> None:
    sorts = f'<Annotation Term="{CAPABLE}SortRestrictions"><Record><PropertyValue Property="Sortable" Bool="false"/></Record></Annotation>'

    reading = thing(prop("LastModified", "Edm.DateTimeOffset"), noted=sorts)["reading"]
    assert "parameters" not in reading
    assert "since_sorted" not in reading


def test_values_that_may_be_set_together_are_no_choice() -> None:
    flags = '<EnumType Name="Days" IsFlags="true"><Member Name="Mon"/><Member Name="Tue"/></EnumType>'

    assert {"name": "On", "kind": "text"} in thing(prop("On", "N.Days"), types=flags)["fields"]


def test_types_that_hold_one_another_end() -> None:
    circle = f'<ComplexType Name="A">{prop("Again", "N.A")}{prop("Word")}</ComplexType>'

    names = [one["name"] for one in thing(prop("In", "N.A"), types=circle)["fields"]]
    assert names == ["Id", "In", "In.Again", "In.Word", "In.Again.Again", "In.Again.Word"]


def test_types_that_hold_one_another_many_times_are_not_unfolded_without_end() -> None:
    inner = "".join(prop(f"Ünnamed{number}", "N.A") for number in range(500))
    found = thing(prop("In", "N.A"), types=f'<ComplexType Name="A">{inner}</ComplexType>')

    assert [one["name"] for one in found["fields"]] == ["Id", "In"]


def test_a_large_service_is_cut_to_what_fits_and_what_is_known_comes_first() -> None:
    sets = "".join(f'<EntitySet Name="Strange{number}" EntityType="N.Thing"/>' for number in range(MOST_LISTS))
    sets += '<EntitySet Name="Projects" EntityType="N.Thing"/>'
    found = read(
        service(
            *(prop(f"F{number}") for number in range(400)),
            prop("Id", "Edm.Int32"),
            prop("ModifiedAt", "Edm.DateTimeOffset"),
            sets=sets,
        )
    )

    assert (len(found["lists"]), found["more_lists"], found["lists"][0]["path"]) == (MOST_LISTS, True, "Projects")
    fields = found["lists"][0]["object"]["fields"]
    assert len(fields) == MOST_FIELDS
    assert {"Id", "ModifiedAt"} <= {one["name"] for one in fields}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b'{"$Version": "4.01"}', "as JSON: download it as XML", id="as JSON"),
        pytest.param(HEAD.encode(), "cannot be read: ", id="cut off"),
        pytest.param(HEAD.encode() + b"</edmx:DataServices></edmx:Edmx>", "there is no schema", id="empty"),
        pytest.param(
            b'<!DOCTYPE e [<!ENTITY a "b">]>' + service(prop("Id", "Edm.Guid")), "cannot be read", id="with entities"
        ),
        pytest.param(
            service(prop("Id", "Edm.Guid")).replace(b'Version="4.0"', b'Version="5.0"'), "OData 5.0", id="too new"
        ),
        pytest.param(
            service(prop("Id", "Edm.Guid"))
            .replace(b'Version="4.0"', b'Version="1.0"')
            .replace(b"<edmx:DataServices>", b'<edmx:DataServices DataServiceVersion="3.0">'),
            "OData 3.0 cannot be read",
            id="version 3",
        ),
        pytest.param(service(prop("A"), prop("B"), key="A,B"), "(Things) has one key", id="no set with one key"),
        pytest.param(
            HEAD.encode() + b'<Schema Namespace="N"/></edmx:DataServices></edmx:Edmx>', "no list", id="no sets"
        ),
        pytest.param(b"<edmx:Edmx>" * 50_000, "cannot be read", id="bottomless"),
    ],
)
def test_a_document_that_cannot_be_used_is_told_why(raw: bytes, words: str) -> None:
    with pytest.raises(DescriptionError) as refused:
        read_description(raw)

    assert words in str(refused.value)


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_a_spoiled_document_is_refused_or_drafted_but_never_breaks(seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(metadata(chance.choice([2, 4])))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(raw))
        raw[at : at + chance.randint(0, 30)] = chance.choice(
            [b"", b'"', b"<", b"Edm.Guid", b"Projects", b"\x00", b"/>"]
        )
    try:
        document = drafted(bytes(raw))
    except DescriptionError:
        return
    assert read_document(document, slug="private-tool").odata is not None


# --- version 2, over the wire -------------------------------------------------------------------------------------------


def _described() -> SystemManifest:
    document = drafted(metadata(2))
    signed = {"auth": {"scheme": "bearer"}, "secrets": [{"name": "token", "label": "Token"}]}
    return read_document({**document, **signed}, slug="private-tool")


def _opened(address: str) -> RestConnector:
    host = address.partition("://")[2]
    opened = registry.open_system(
        _described(),
        base_url=address,
        settings={},
        secrets={"token": OldToolService.bearer},
        allow=(host,),
        budget=NoBudget(),
    )
    assert isinstance(opened, RestConnector)
    return opened


async def test_a_service_of_version_2_is_read_and_written_in_its_own_forms() -> None:
    tool = OldToolService()
    for number in range(1, 9):
        tool.enter("projects", Code=f"P-{number}", Name="Audit", BudgetMoney="12.50", Starts=day("2026-11-02", 2))
        tool.tick()
    tool.enter("time_entries", EmployeeId="E-1", Hours="7.5")
    async with tool.serve() as address, _opened(address) as connector:
        pages = [page async for page in connector.read("projects", None)]
        records = [record for page in pages for record in page.records]
        assert [record.values["Code"] for record in records] == [f"P-{number}" for number in range(1, 9)]
        assert (records[0].values["Starts"], records[0].version) == ("2026-11-02", "2026-11-02T08:00:00.000Z")
        again = [record async for page in connector.read("projects", pages[-1].checkpoint) for record in page.records]
        assert len(again) < len(records) or not again
        sent = {"Code": "O'K", "Name": "Bank", "BudgetMoney": 99.5, "Starts": "2026-12-31"}
        (made,) = await connector.upsert("projects", [Write(0, sent, "Project:ours:1", "key-1")])
        assert made.error is None
        row = tool.row("projects", str(made.target_key))
        assert (row["BudgetMoney"], row["Starts"]) == ("99.5", day("2026-12-31", 2))
        (entry,) = [r async for page in connector.read("time_entries", None, ["100009"]) for r in page.records]
        assert entry.key == "100009"
        assert (await connector.test()).ok
    assert tool.violations == []
    assert datetime.fromisoformat(records[0].version).tzinfo == UTC


async def test_the_service_itself_refuses_what_version_2_does_not_hold() -> None:
    tool = OldToolService()
    async with tool.serve() as address, _opened(address) as connector:
        for condition in (
            "ModifiedAt ge 2026-11-02",
            "ModifiedAt ge datetimeoffset'2026-11-02T00:00:00Z'",
            "Code eq 1",
        ):
            answer = await connector._door.send("GET", "Projects", parameters={"$filter": condition})
            assert answer.status == 400
    assert len(tool.violations) == 3
