"""An uploaded file is known by its content, read by its kind, and refused in words that say what can be read."""

import orjson
import pytest

from apps.connectors.private.descriptions import KINDS, read_description
from apps.connectors.private.readings import DescriptionError
from tests.connectors.private.odata_service import metadata
from tests.connectors.private.samples import openapi
from tests.connectors.private.timeworks_stand_in import WSDL


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        pytest.param(orjson.dumps(openapi()), "openapi", id="OpenAPI as JSON"),
        pytest.param(metadata(4), "odata", id="metadata of OData 4"),
        pytest.param(metadata(2), "odata", id="metadata of OData 2"),
        pytest.param(WSDL.read_bytes(), "wsdl", id="WSDL"),
    ],
)
def test_the_content_tells_the_kind(raw: bytes, kind: str) -> None:
    reading = read_description(raw)

    assert reading.kind == kind
    assert reading.lists


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00", id="a picture"),
        pytest.param(b"just words", id="a text"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"[1]", id="a list"),
        pytest.param(b"<html><body>Please sign in</body></html>", id="a page"),
    ],
)
def test_what_no_kind_knows_is_refused_with_all_that_can_be_read(raw: bytes) -> None:
    with pytest.raises(DescriptionError) as refused:
        read_description(raw)

    assert all(kind.label in str(refused.value) for kind in KINDS)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"{" + b" " * (10 * 1024 * 1024), "larger than 10 MB", id="a large file"),
        pytest.param(b'{"openapi": "3.0.0", "paths": {"/a": {}}}', "no list of records", id="no lists"),
    ],
)
def test_a_file_of_a_known_kind_is_told_why_it_cannot_be_used(raw: bytes, words: str) -> None:
    with pytest.raises(DescriptionError, match=words):
        read_description(raw)
