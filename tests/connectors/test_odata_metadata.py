"""The metadata document of OData services, as fields."""

import pytest

from apps.connectors.manifest import ValueKind
from apps.connectors.odata_metadata import KeyPart, Metadata, MetadataError

K = ValueKind
V4 = """<?xml version="1.0"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Demo.Store" Alias="Self" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EnumType Name="state"><Member Name="_x0020_" Value="0"/><Member Name="Blocked" Value="1"/></EnumType>
<ComplexType Name="address"><Property Name="city" Type="Edm.String"/></ComplexType>
<EntityType Name="party"><Property Name="id" Type="Edm.Guid" Nullable="false"/></EntityType>
<EntityType Name="customer" BaseType="Demo.Store.party">
<Property Name="name" Type="Edm.String" MaxLength="100"/><Property Name="state" Type="Self.state"/>
<Property Name="limit" Type="Edm.Decimal" Scale="2"/><Property Name="since" Type="Edm.Date"/>
<Property Name="changed" Type="Edm.DateTimeOffset"><Annotation Term="Org.OData.Core.V1.Computed" Bool="true"/></Property>
<Property Name="tax" Type="Edm.Boolean"/><Property Name="days" Type="Edm.Int16"/><Property Name="place" Type="Self.address"/>
<Property Name="tags" Type="Collection(Edm.String)"/><Property Name="free" Type="Edm.String" MaxLength="max"/>
<NavigationProperty Name="orders" Type="Collection(Demo.Store.order)"/></EntityType>
<EntityContainer Name="Box"><EntitySet Name="customers" EntityType="Demo.Store.customer"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""
V2 = """<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"
 xmlns:sap="http://www.sap.com/Protocols/SAPData"><edmx:DataServices>
<Schema Namespace="API" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
<EntityType Name="Partner"><Property Name="Id" Type="Edm.String" MaxLength="10" sap:label="Business partner"/>
<Property Name="Changed" Type="Edm.DateTime" sap:creatable="false" sap:updatable="false"/>
<Property Name="Kind" Type="Edm.String" sap:updatable="false"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="A_Partner" EntityType="API.Partner"/></EntityContainer></Schema>
</edmx:DataServices></edmx:Edmx>"""


def test_properties_are_read_with_their_kinds_choices_and_lengths_those_of_the_base_type_first() -> None:
    fields = Metadata(V4.encode()).fields_of("customers")
    assert fields is not None
    assert [(field.name, field.kind) for field in fields] == [
        ("id", K.TEXT),
        ("name", K.TEXT),
        ("state", K.CHOICE),
        ("limit", K.DECIMAL),
        ("since", K.DATE),
        ("changed", K.INSTANT),
        ("tax", K.YES_NO),
        ("days", K.WHOLE),
        ("place", K.NESTED),
        ("tags", K.NESTED),
        ("free", K.TEXT),
        ("orders", K.NESTED),
        ("place.city", K.TEXT),
    ]
    named = {field.name: field for field in fields}
    assert named["state"].choices == ("_x0020_", "Blocked")
    assert (named["name"].max_length, named["free"].max_length) == (100, None)
    assert [field.name for field in fields if field.read_only] == ["changed"]
    assert not any(field.required for field in fields)


def test_a_service_of_version_2_tells_the_same_in_its_own_name_space() -> None:
    fields = Metadata(V2.encode()).fields_of("A_Partner")
    assert fields is not None
    assert [(f.name, f.kind, f.label, f.max_length, f.read_only) for f in fields] == [
        ("Id", K.TEXT, "Business partner", 10, False),
        ("Changed", K.INSTANT, "", None, True),
        ("Kind", K.TEXT, "", None, False),
    ]


def test_a_set_that_the_service_does_not_name_is_none() -> None:
    assert Metadata(V4.encode()).fields_of("vendors") is None


BOMB = '<!DOCTYPE b [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + V4.partition("?>")[2].replace("customers", "&b;")


@pytest.mark.parametrize(
    "document",
    ["", "{}", "<html><body/></html>", V4[:300], BOMB],
    ids=["empty", "JSON", "a page", "cut short", "a bomb"],
)
def test_what_is_no_metadata_is_refused(document: str) -> None:
    with pytest.raises(MetadataError):
        Metadata(document.encode())


def test_the_key_of_a_type_is_that_of_the_type_it_builds_on_with_its_types() -> None:
    raw = V4.replace('<EntityType Name="party">', '<EntityType Name="party"><Key><PropertyRef Name="id"/></Key>')
    metadata = Metadata(raw.encode())

    assert metadata.key_of("Demo.Store.customer") == (KeyPart("id", "Edm.Guid"),)
    assert metadata.key_of("Self.address") == ()
    assert metadata.key_of("Demo.Store.nobody") == ()
    assert [one.name for one in metadata.entity_sets()] == ["customers"]


@pytest.mark.parametrize(("document", "versions"), [(V4, ("4.0",)), (V2, ())])
def test_a_document_says_its_version(document: str, versions: tuple[str, ...]) -> None:
    assert Metadata(document.encode()).versions == versions
