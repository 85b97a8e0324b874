"""Telling one kind of description from another by how a file begins."""

import pytest

from apps.connectors.private.contents import begins_line, is_json, is_xml, names_key, root_of

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        pytest.param(b'<edmx:Edmx Version="4.0">', "Edmx", id="with a prefix"),
        pytest.param(
            BOM + b' \r\n<?xml version="1.0"?>\n<definitions>', "definitions", id="behind marks and a declaration"
        ),
        pytest.param(b"<!-- <other> --><!-- --><a.b-c/>", "a.b-c", id="behind comments"),
        pytest.param(b"<?xml", "", id="cut off"),
        pytest.param(b"< >", "", id="no name"),
        pytest.param(b'{"a": "<b>"}', "", id="JSON"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_the_root_of_an_xml_document_is_told(raw: bytes, name: str) -> None:
    assert root_of(raw) == name


def test_json_and_xml_are_told_apart_behind_marks() -> None:
    assert is_json(BOM + b"\n [1]")
    assert is_xml(BOM + b"\n <a/>")
    assert not is_json(b"openapi: 3.0.0")
    assert not is_xml(b"openapi: 3.0.0")


@pytest.mark.parametrize(
    ("raw", "known"),
    [
        pytest.param(b'{"info": {}, "openapi" : "3.0.0"}', True, id="late in the document"),
        pytest.param(b'{"openapi": "3.0.0"', True, id="cut off"),
        pytest.param(b'{"name": "openapi"}', False, id="a value"),
        pytest.param(b"'openapi': 3.0.0", False, id="YAML"),
    ],
)
def test_a_key_of_a_json_document_is_found(raw: bytes, known: bool) -> None:
    assert names_key(raw, "openapi", "swagger") is known


@pytest.mark.parametrize(
    ("raw", "known"),
    [
        pytest.param(b"# made by hand\ninfo: {}\nswagger: '2.0'\n", True, id="after other lines"),
        pytest.param(BOM + b'"openapi": 3.1.0', True, id="quoted, behind marks"),
        pytest.param(b"  openapi: 3.1.0", False, id="further in"),
        pytest.param(b"openapis: 3.1.0", False, id="another word"),
        pytest.param(b'{\n"openapi": 3}', False, id="JSON"),
    ],
)
def test_a_line_that_begins_with_a_key_is_found(raw: bytes, known: bool) -> None:
    assert begins_line(raw, "openapi", "swagger") is known
