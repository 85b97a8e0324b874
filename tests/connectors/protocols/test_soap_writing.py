"""Writing envelopes: the order of the schema, the form of each kind, and every text as it was."""

from decimal import Decimal
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.protocols.soap_tree import build_tree
from apps.connectors.protocols.soap_writing import (
    NoPlaceError,
    UnwritableError,
    headers_for,
    write_envelope,
)
from apps.connectors.soap_spec import SoapKind, SoapMessage, SoapPart, SoapPlace, SoapVersion

K, P = SoapKind, SoapPlace
SPACES = {"a": "urn:a", "b": "urn:b&c"}
MESSAGE = SoapMessage(
    "Create",
    "a",
    (
        SoapPart("filter", K.GROUP, "a", required=True),
        SoapPart("filter.since", K.INSTANT, "a"),
        SoapPart("entry", K.GROUP, "a"),
        SoapPart("entry.kind", place=P.ATTRIBUTE),
        SoapPart("entry.note", K.TEXT, "b", nillable=True),
        SoapPart("entry.hours", K.NUMBER, "b"),
        SoapPart("entry.billable", K.YES_NO, "b"),
        SoapPart("entry.tag", K.TEXT, "b", repeated=True),
        SoapPart("entry.rate", K.GROUP, "b"),
        SoapPart("entry.rate.currency", place=P.ATTRIBUTE, required=True),
        SoapPart("entry.rate.value", K.NUMBER, place=P.CONTENT),
        SoapPart("plain", K.TEXT),
        SoapPart("forced", K.TEXT, "a", required=True, nillable=True),
    ),
)
ROOT = build_tree(MESSAGE)
FORCED = '<a:forced xsi:nil="true"/>'


def body(**values: Any) -> str:
    written = write_envelope(SoapVersion.V1_1, SPACES, ROOT, values).decode()
    return written.partition("<s:Body><a:Create>")[2].removesuffix("</a:Create></s:Body></s:Envelope>")


@pytest.mark.parametrize(
    ("values", "written"),
    [
        pytest.param({}, f"<a:filter></a:filter>{FORCED}", id="needed groups stand there empty"),
        pytest.param({"plain": "x"}, f"<a:filter></a:filter><plain>x</plain>{FORCED}", id="no name space"),
        pytest.param(
            {"entry": {"hours": Decimal("0.10"), "note": "n"}},
            f"<a:filter></a:filter><a:entry><b:note>n</b:note><b:hours>0.10</b:hours></a:entry>{FORCED}",
            id="the order of the schema, not of the values",
        ),
        pytest.param(
            {"entry": {"note": None, "hours": None}},
            f'<a:filter></a:filter><a:entry><b:note xsi:nil="true"/></a:entry>{FORCED}',
            id="nil where that is allowed, nothing elsewhere",
        ),
        pytest.param(
            {"entry": {"tag": ["x", "y"], "billable": False}},
            f"<a:filter></a:filter><a:entry><b:billable>false</b:billable><b:tag>x</b:tag><b:tag>y</b:tag></a:entry>{FORCED}",
            id="lists",
        ),
        pytest.param(
            {"entry": {"kind": '<"&\n', "rate": {"currency": "EUR", "value": "1.50"}}},
            '<a:filter></a:filter><a:entry kind=\'&lt;"&amp;&#10;\'><b:rate currency="EUR">1.50</b:rate></a:entry>'
            + FORCED,
            id="attributes, and text beside them",
        ),
        pytest.param({"plain": 1e-7}, f"<a:filter></a:filter><plain>0.0000001</plain>{FORCED}", id="no exponents"),
        pytest.param({"plain": 2.5}, f"<a:filter></a:filter><plain>2.5</plain>{FORCED}", id="a number of JSON"),
        pytest.param(
            {"filter": {"since": " 2026-11-02T08:00:00Z\n"}},
            f"<a:filter><a:since>2026-11-02T08:00:00Z</a:since></a:filter>{FORCED}",
            id="an instant without space around it",
        ),
    ],
)
def test_values_are_written_in_the_order_and_form_of_the_schema(values: dict[str, Any], written: str) -> None:
    assert body(**values) == written


@pytest.mark.parametrize(
    ("values", "path", "error"),
    [
        pytest.param({"nothing": 1}, "nothing", NoPlaceError, id="no such element"),
        pytest.param({"entry": {"no": 1}}, "entry.no", NoPlaceError, id="no such element in a group"),
        pytest.param({"entry": "x"}, "entry", UnwritableError, id="a text for a group"),
        pytest.param({"plain": {"x": 1}}, "plain", UnwritableError, id="a group for a text"),
        pytest.param({"entry": {"note": "a\x00b"}}, "entry.note", UnwritableError, id="a NUL"),
        pytest.param({"entry": {"tag": ["ok", "\x1b"]}}, "entry.tag", UnwritableError, id="a control sign in a list"),
        pytest.param({"entry": {"hours": float("nan")}}, "entry.hours", UnwritableError, id="no number"),
        pytest.param({"plain": "\ud800"}, "plain", UnwritableError, id="half a pair"),
    ],
)
def test_what_cannot_be_written_is_named(values: dict[str, Any], path: str, error: type[UnwritableError]) -> None:
    with pytest.raises(error) as caught:
        body(**values)

    assert caught.value.path == path
    assert caught.value.reason.endswith(".")


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=40
    )
)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    text = f"{text}\r\n\t{text}"
    written = write_envelope(SoapVersion.V1_2, SPACES, ROOT, {"entry": {"note": text, "kind": text}})
    entry = fromstring(written).find(".//{urn:a}entry")

    assert entry is not None
    assert (entry.findtext("{urn:b&c}note"), entry.get("kind")) == (text, text)


@pytest.mark.parametrize(
    ("version", "action", "content_type", "soap_action"),
    [
        pytest.param(SoapVersion.V1_1, "urn:x/Do", "text/xml; charset=utf-8", '"urn:x/Do"', id="1.1"),
        pytest.param(SoapVersion.V1_1, "", "text/xml; charset=utf-8", '""', id="1.1 without action"),
        pytest.param(SoapVersion.V1_2, "urn:x", 'application/soap+xml; charset=utf-8; action="urn:x"', None, id="1.2"),
        pytest.param(SoapVersion.V1_2, "", "application/soap+xml; charset=utf-8", None, id="1.2 without action"),
    ],
)
def test_the_headers_name_the_action(
    version: SoapVersion, action: str, content_type: str, soap_action: str | None
) -> None:
    headers = headers_for(version, action)

    assert (headers["Content-Type"], headers.get("SOAPAction")) == (content_type, soap_action)
