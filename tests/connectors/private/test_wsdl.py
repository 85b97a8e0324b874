"""Out of a WSDL file: what a partner can choose is found and drafted, and what cannot be used is refused in words."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.private import wsdl
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import DocumentError, read_document
from apps.connectors.private.drafting import draft_document
from apps.connectors.private.readings import DescriptionError
from apps.connectors.private.wsdl_messages import DescribedMessage
from apps.connectors.private.wsdl_reading import read
from apps.connectors.private.wsdl_services import ServiceOperation, Verb, singular
from apps.connectors.soap_spec import SoapVersion
from tests.connectors.private.timeworks_stand_in import WSDL

RAW = WSDL.read_bytes()


def changed(*changes: tuple[str, str]) -> bytes:
    text = RAW.decode()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def reading(raw: bytes = RAW) -> dict[str, Any]:
    return read(raw).to_json()


def row(path: str, raw: bytes = RAW) -> dict[str, Any]:
    return next(one for one in reading(raw)["lists"] if one["path"] == path)


def drafted(raw: bytes = RAW) -> dict[str, Any]:
    found = reading(raw)
    return draft_document("Timeworks", found, [one["path"] for one in found["lists"]])


def test_the_service_is_told_with_its_address_and_its_sign_in() -> None:
    found = read(RAW)

    assert (found.kind, found.title, found.address) == (
        "wsdl",
        "Timeworks",
        "https://api.timeworks.example/Timeworks.asmx",
    )
    assert found.auth == {"scheme": "username_digest"}
    assert [one["path"] for one in found.lists] == ["ListTimeEntries", "QueryPeople"]
    assert found.parts["soap"]["spaces"] == {"n1": "urn:timeworks:service", "n2": "urn:timeworks:types"}


def test_a_list_has_what_reads_makes_changes_and_deletes_one() -> None:
    found = row("ListTimeEntries")

    assert [(one["use"], one["path"]) for one in found["operations"]] == [
        ("list", "ListTimeEntries"),
        ("one", "GetTimeEntry/{key}"),
        ("create", "CreateTimeEntry"),
        ("update", "UpdateTimeEntry/{key}"),
        ("delete", "DeleteTimeEntry/{key}"),
    ]
    operations = found["parts"]["soap"]["operations"]
    assert {name: one.get("key", "") for name, one in operations.items()} == {
        "ListTimeEntries": "",
        "GetTimeEntry": "id",
        "CreateTimeEntry": "",
        "UpdateTimeEntry": "entry.id",
        "DeleteTimeEntry": "id",
    }
    assert operations["ListTimeEntries"]["fixed"] == {"companyId": "{companyId}", "pageNumber": "1", "pageSize": "100"}
    assert found["settings"] == ["companyId"]


def test_a_record_kind_is_drafted_with_its_pages_changes_and_names() -> None:
    described = row("ListTimeEntries")["object"]

    assert described["canonical_type"] == "TimeEntry"
    assert (described["key_field"], described["version_field"], described["version_form"]) == (
        "id",
        "lastModified",
        "iso",
    )
    assert described["reading"] == {
        "path": "ListTimeEntries",
        "records_path": "entries.entry",
        "change_read": "modified_since",
        "since_parameter": "filter.modifiedSince",
        "one_path": "GetTimeEntry/{key}",
        "one_record_path": "entry",
        "paging": {
            "style": "page",
            "position_parameter": "pageNumber",
            "size_parameter": "pageSize",
            "size": 100,
            "total_path": "totalCount",
        },
    }
    assert (described["natural_key"], described["find_parameter"], described["find_at_once"]) == (
        "externalId",
        "filter.externalId",
        50,
    )
    assert described["writing"]["record_path"] == "entry"
    assert row("ListTimeEntries")["offer"]["writing"] == described["writing"]
    assert described["writing"]["own_key_parameter"] == "filter.externalId"
    fields = {one["name"]: one for one in described["fields"]}
    assert fields["status"] == {"name": "status", "kind": "choice", "choices": ["draft", "submitted", "approved"]}
    assert fields["projectCode"] == {"name": "projectCode", "kind": "text", "required": True, "max_length": 40}
    assert fields["tags.tag"]["kind"] == "nested"


def test_tokens_page_people_who_refer_to_people_without_end() -> None:
    described = row("QueryPeople")["object"]

    assert described["reading"]["paging"] == {
        "style": "token",
        "position_parameter": "pageToken",
        "next_path": "nextPageToken",
        "size_parameter": "maxResults",
        "size": 100,
    }
    assert [one["name"] for one in described["fields"]][-2:] == ["rate.currency", "rate.value"]
    assert "writing" not in described


def test_a_draft_is_a_document_that_holds_and_comes_back_as_it_was() -> None:
    document = drafted()
    lines = [{**line, "reference": ""} for line in document["objects"][0]["writing_lines"]]
    document["objects"][0]["writing_lines"] = lines
    manifest = read_document(document, slug="private-x")

    assert list_problems(manifest) == []
    assert manifest.soap is not None
    assert manifest.soap.version is SoapVersion.V1_1
    assert {one.name for one in manifest.secrets} == {"username", "password"}
    assert set(manifest.soap.operations) == {
        *("ListTimeEntries", "GetTimeEntry", "CreateTimeEntry", "UpdateTimeEntry", "DeleteTimeEntry"),
        *("QueryPeople", "GetPerson"),
    }


def test_only_the_operations_of_what_is_chosen_are_taken_over() -> None:
    document = draft_document("Timeworks", reading(), ["QueryPeople"])

    assert set(document["soap"]["operations"]) == {"QueryPeople", "GetPerson"}
    assert document["settings"] == []


def test_soap_1_2_and_a_password_as_text_are_told() -> None:
    raw = changed(("<soap:", "<soap12:"), ("<sp:HashPassword/>", ""))
    found = read(raw)

    assert found.parts["soap"]["version"] == "1.2"
    assert found.auth == {"scheme": "username_token"}


def test_elements_without_a_name_space_stay_without() -> None:
    raw = changed(
        (
            'targetNamespace="urn:timeworks:types" elementFormDefault="qualified"',
            'targetNamespace="urn:timeworks:types"',
        )
    )
    parts = row("QueryPeople", raw)["parts"]["soap"]["operations"]["QueryPeople"]["answer"]["parts"]

    assert {one["path"]: one.get("space", "") for one in parts}["person.email"] == ""
    assert {one["path"]: one.get("space", "") for one in parts}["person"] != ""


def test_a_creation_that_does_not_tell_the_new_number_is_not_offered() -> None:
    told = '<xs:element name="CreateTimeEntryResponse">\n        <xs:complexType><xs:sequence><xs:element name="id" type="xs:long"/></xs:sequence></xs:complexType>'
    raw = changed((told, '<xs:element name="CreateTimeEntryResponse"><xs:complexType/>'))

    assert "writing" not in row("ListTimeEntries", raw)["object"]


def test_a_record_that_is_changed_elsewhere_than_it_is_made_is_only_made() -> None:
    whole = '<xs:element name="UpdateTimeEntry">\n        <xs:complexType><xs:sequence><xs:element name="companyId" type="xs:string"/><xs:element name="entry"'
    raw = changed((whole, whole.replace('name="entry"', 'name="changed"')))

    writing = row("ListTimeEntries", raw)["object"]["writing"]
    assert "update_path" not in writing
    assert writing["create_path"] == "CreateTimeEntry"


def test_operations_of_another_style_are_left_out_by_name() -> None:
    one = (
        '<soap:operation soapAction="urn:timeworks:service/QueryPeople"/>\n      <wsdl:input><soap:body use="literal"/>'
    )
    found = read(changed((one, one.replace('"literal"', '"encoded"'))))

    assert [one["path"] for one in found.lists] == ["ListTimeEntries"]
    assert found.left_out == {"another_style": ["QueryPeople"]}


HEADER = '<soap:header message="tns:PingIn" part="parameters" use="literal"/>'


def test_operations_that_want_a_header_of_their_own_are_left_out_by_name() -> None:
    one = '<soap:operation soapAction="urn:timeworks:service/QueryPeople"/>\n      <wsdl:input>'
    found = read(changed((one, f"{one}{HEADER}")))

    assert [one["path"] for one in found.lists] == ["ListTimeEntries"]
    assert found.left_out == {"soap_headers": ["QueryPeople"]}


def test_hundreds_of_operations_are_read() -> None:
    text = RAW.decode()
    more = {"messages": "", "port": "", "binding": ""}
    for number in range(400):
        name = f"ListThings{number}"
        more["messages"] += (
            f'<wsdl:message name="{name}In"><wsdl:part name="p" element="tns:QueryPeople"/></wsdl:message>'
            f'<wsdl:message name="{name}Out"><wsdl:part name="p" element="tns:QueryPeopleResponse"/></wsdl:message>'
        )
        more["port"] += (
            f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}In"/>'
            f'<wsdl:output message="tns:{name}Out"/></wsdl:operation>'
        )
        more["binding"] += (
            f'<wsdl:operation name="{name}"><soap:operation soapAction="{name}"/>'
            '<wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>'
            "</wsdl:operation>"
        )
    text = text.replace("  <wsdl:portType", f"{more['messages']}<wsdl:portType").replace(
        "</wsdl:portType>", more["port"] + "</wsdl:portType>"
    )
    found = read(text.replace("</wsdl:binding>", more["binding"] + "</wsdl:binding>").encode())

    assert (len(found.lists), found.more_lists) == (300, True)


IMPORT = '<xs:import namespace="urn:timeworks:types"/>'


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(changed(('style="document"', 'style="rpc"')), "rpc or encoded", id="rpc"),
        pytest.param(changed(('use="literal"', 'use="encoded"')), "rpc or encoded", id="encoded"),
        pytest.param(changed(("<wsdl:input><soap", f"<wsdl:input>{HEADER}<soap")), "want SOAP headers", id="headers"),
        pytest.param(
            changed((IMPORT, f'{IMPORT}<xs:import namespace="urn:y" schemaLocation="http://10.0.0.1/types.xsd"/>')),
            r"needs others that nobody fetches: http://10\.0\.0\.1/types\.xsd", id="an import",
        ),
        pytest.param(
            changed((IMPORT, f'{IMPORT}<xs:include schemaLocation="more.xsd"/>')), r"more\.xsd.*singleWsdl", id="an include"
        ),
        pytest.param(
            changed(("<wsdl:types>", '<wsdl:import namespace="urn:z" location="file:///etc/passwd"/><wsdl:types>')),
            "/etc/passwd", id="an imported WSDL",
        ),
        pytest.param(b"<!DOCTYPE definitions><definitions/>", "document type", id="a document type"),
        pytest.param(b'<?xml version="1.0"?><definitions>', "begins like XML but is not", id="cut short"),
        pytest.param(b"<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'/>", "no SOAP service", id="no service"),
        pytest.param(b"<description xmlns='http://www.w3.org/ns/wsdl'/>", "WSDL 2.0", id="WSDL 2.0"),
        pytest.param(changed(('type="t:TimeEntry"', 'type="t:Nowhere"')), "fits together", id="a type that is not there"),
        pytest.param(changed(('binding="tns:TimeworksSoap"', 'binding="tns:No"')), "no SOAP service|fits together", id="no binding"),
        pytest.param(b"<definitions>" + b"<a/>" * (wsdl.MOST_ELEMENTS + 1) + b"</definitions>", "elements", id="many elements"),
        pytest.param(b"<definitions>" + b" " * wsdl.MOST_BYTES + b"</definitions>", "may have 4 MB", id="a large file"),
        pytest.param(b"<definitions>" + b"<a>" * 5_000, "begins like XML", id="bottomless"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_told_why(raw: bytes, words: str) -> None:
    with pytest.raises(DescriptionError, match=re.compile(words, re.DOTALL)):
        wsdl.open_file(raw)


def test_an_import_that_the_file_itself_holds_is_no_reason_to_refuse_it() -> None:
    raw = changed((IMPORT, '<xs:import namespace="urn:timeworks:types" schemaLocation="http://x.example/?xsd=0"/>'))

    assert [one["path"] for one in reading(raw)["lists"]] == ["ListTimeEntries", "QueryPeople"]


@pytest.mark.parametrize(
    ("name", "verb", "noun"),
    [
        pytest.param("GetTimeEntries", Verb.ONE, "timeentry", id="a verb in front"),
        pytest.param("time_entry_create", Verb.CREATE, "timeentry", id="a verb behind"),
        pytest.param("ReadMultiple", Verb.ONE, "", id="no noun"),
        pytest.param("QueryPeople", Verb.LIST, "person", id="people"),
        pytest.param("XMLImport", Verb.OTHER, "xmlimport", id="another verb"),
    ],
)
def test_names_of_operations_say_what_they_do(name: str, verb: Verb, noun: str) -> None:
    told = ServiceOperation(name, "", DescribedMessage("x", "", ()), None)

    assert (told.verb, told.noun) == (verb, noun)
    assert singular("Statuses") == "statuse"


CHUNKS = re.split(rb"(?<=>)", RAW)


@settings(max_examples=60)
@given(st.data())
def test_whatever_stands_in_a_file_is_read_or_refused_and_never_crashes(data: st.DataObject) -> None:
    chunks = list(CHUNKS)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(20, len(chunks) - 2))
        chunks[place] = data.draw(
            st.sampled_from([b"", chunks[place] * 2, b"<x/>", chunks[data.draw(st.integers(20, len(chunks) - 2))]])
        )
    try:
        found = read(b"".join(chunks)).to_json()
        document = draft_document("T", found, [one["path"] for one in found["lists"]])
        assert isinstance(list_problems(read_document(document, slug="private-x")), list)
    except (DescriptionError, DocumentError):
        return


def spoiled(path: str, value: Any) -> dict[str, Any]:
    document: Any = drafted()
    place, *_ = [document]
    *outer, last = path.split("/")
    for step in outer:
        place = place[int(step)] if step.isdigit() else place[step]
    place[int(last) if last.isdigit() else last] = value
    return dict(document)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        pytest.param("soap/spaces/n1", "", "soap.spaces.n1", id="an empty name space"),
        pytest.param("soap/spaces", {"xsi": "urn:x"}, "soap.spaces.xsi", id="a prefix of ours"),
        pytest.param("soap/path", "https://other.example", "soap.path", id="another host"),
        pytest.param("test_path", "Nothing", "test_path", id="nothing to test with"),
        pytest.param("describe", {"path": "x/{object}"}, "describe", id="a description at run time"),
        pytest.param("soap/statuses", {"Gone": 200}, "soap.statuses", id="a status that is none"),
        pytest.param("soap/operations/GetPerson/action", 'a"\r\nX: y', "soap.operations.GetPerson.action", id="a header"),
        pytest.param("soap/operations/GetPerson/key", "nobody", "soap.operations.GetPerson.key", id="no such element"),
        pytest.param("soap/operations/GetPerson/fixed", {"personId": "{no}"}, "soap.operations.GetPerson.fixed.personId", id="no setting"),
        pytest.param("soap/operations/GetPerson/fixed", {"no": "1"}, "soap.operations.GetPerson.fixed", id="fixed nowhere"),
        pytest.param("soap/operations/GetPerson/request/name", "a><b", "soap.operations.GetPerson.request.name", id="no name of XML"),
        pytest.param("soap/operations/GetPerson/request/space", "n9", "soap.operations.GetPerson.request.space", id="no name space"),
        pytest.param("soap/operations/GetPerson/request/parts/0/path", "x.y", "soap.operations.GetPerson.request.parts[0].path", id="no group"),
        pytest.param("soap/operations/GetPerson/request/parts/0/path", "p x='1'", "soap.operations.GetPerson.request.parts[0].path", id="an attribute slipped in"),
        pytest.param("soap/operations/GetPerson/request/parts/0/kind", "float", "soap.operations.GetPerson.request.parts[0].kind", id="no kind"),
        pytest.param("objects/1/reading/path", "Nothing", "objects[1].reading.path", id="no operation"),
        pytest.param("objects/1/reading/records_path", "nextPageToken", "objects[1].reading.records_path", id="no list"),
        pytest.param("objects/1/reading/one_path", "Ping/{key}", "objects[1].reading.one_path", id="an operation left out"),
        pytest.param("objects/1/reading/one_path", "QueryPeople/{key}", "objects[1].reading.one_path", id="an operation without a key"),
        pytest.param("objects/1/find_parameter", "mail", "objects[1].find_parameter", id="no parameter"),
        pytest.param("objects/1/reading/paging/style", "link", "objects[1].reading.paging.style", id="links"),
        pytest.param("objects/0/writing/create_path", "Nothing", "objects[0].writing.create_path", id="nothing creates"),
        pytest.param("objects/0/writing/batch_path", "CreateTimeEntry", "objects[0].writing.batch_path", id="batches"),
        pytest.param("objects/0/writing/undo_path", "DeleteTimeEntry", "objects[0].writing.undo_path", id="no place for the key"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_description_is_named_with_its_place(path: str, value: Any, where: str) -> None:
    document = spoiled(path, value)
    try:
        problems = list_problems(read_document(document, slug="private-x"))
    except DocumentError as error:
        problems = list(error.problems)

    assert where in {one.path for one in problems}
    assert all(one.message.endswith((".", "…")) or "(…)" in one.message for one in problems)


def test_a_sign_in_of_envelopes_needs_envelopes() -> None:
    manifest = replace(read_document(drafted(), slug="private-x"), soap=None)

    assert "auth.scheme" in {one.path for one in list_problems(manifest)}
