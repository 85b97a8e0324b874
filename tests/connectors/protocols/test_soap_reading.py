"""Reading envelopes: exact values, lists as lists, faults of both versions, and XML that nobody should read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.protocols.soap_reading import (
    DEEPEST,
    Fault,
    NoEnvelopeError,
    UnreadableAnswerError,
    plain_values,
    read_envelope,
    undeclared,
)
from apps.connectors.protocols.soap_tree import build_tree
from apps.connectors.protocols.soap_writing import SPACES
from apps.connectors.soap_spec import SoapKind, SoapMessage, SoapPart, SoapPlace, SoapVersion

K, P = SoapKind, SoapPlace
ROOT = build_tree(
    SoapMessage(
        "ListResponse",
        parts=(
            SoapPart("entries", K.GROUP),
            SoapPart("entries.entry", K.GROUP, repeated=True),
            SoapPart("entries.entry.no", K.WHOLE, place=P.ATTRIBUTE),
            SoapPart("entries.entry.hours", K.NUMBER, required=True),
            SoapPart("entries.entry.day", K.DAY),
            SoapPart("entries.entry.open", K.YES_NO),
            SoapPart("entries.entry.note", K.TEXT, nillable=True),
            SoapPart("entries.entry.tag", K.TEXT, repeated=True),
            SoapPart("entries.entry.rate", K.GROUP),
            SoapPart("entries.entry.rate.currency", place=P.ATTRIBUTE),
            SoapPart("entries.entry.rate.value", K.NUMBER, place=P.CONTENT),
            SoapPart("total", K.WHOLE),
        ),
    )
)
EMPTY = {"day": None, "open": None, "note": None, "tag": [], "rate": None, "no": None}


def enveloped(inside: str, version: SoapVersion = SoapVersion.V1_1) -> bytes:
    return f'<e:Envelope xmlns:e="{SPACES[version]}"><e:Header/><e:Body>{inside}</e:Body></e:Envelope>'.encode()


def told(inside: str) -> dict[str, Any]:
    element = read_envelope(enveloped(f"<x:ListResponse xmlns:x='urn:x'>{inside}</x:ListResponse>"))
    assert element is not None
    assert not isinstance(element, Fault)
    return plain_values(element, ROOT)


def entry(inside: str, attributes: str = "") -> dict[str, Any]:
    (found,) = told(f"<entries><entry {attributes}>{inside}</entry></entries>")["entries"]["entry"]
    assert isinstance(found, dict)
    return {name: value for name, value in found.items() if EMPTY.get(name, ...) != value}


@pytest.mark.parametrize(
    ("inside", "values"),
    [
        pytest.param("<hours> 7.50 </hours>", {"hours": "7.50"}, id="a decimal keeps its digits"),
        pytest.param("<hours>12345678901234567890.123</hours>", {"hours": "12345678901234567890.123"}, id="a long one"),
        pytest.param("<day>2026-11-21+01:00</day>", {"day": "2026-11-21"}, id="a day with a zone is that day"),
        pytest.param("<day>31.02.2026</day>", {"day": "31.02.2026"}, id="what is no day stays as it is"),
        pytest.param("<open>1</open>", {"open": True}, id="yes as 1"),
        pytest.param("<open>false</open>", {"open": False}, id="no"),
        pytest.param("<open>maybe</open>", {"open": "maybe"}, id="neither"),
        pytest.param("<note>  a &lt;b&gt; </note>", {"note": "  a <b> "}, id="a text keeps its spaces"),
        pytest.param("<note><![CDATA[<b>&]]></note>", {"note": "<b>&"}, id="a text in CDATA"),
        pytest.param("<note></note>", {"note": ""}, id="an empty text is not nil"),
        pytest.param(
            '<note xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>', {}, id="nil"
        ),
        pytest.param("<tag>x</tag>", {"tag": ["x"]}, id="a list of one"),
        pytest.param("<tag>x</tag><note>n</note><tag>y</tag>", {"tag": ["x", "y"], "note": "n"}, id="a list of two"),
        pytest.param('<rate currency="EUR">1.50</rate>', {"rate": {"currency": "EUR", "value": "1.50"}}, id="beside attributes"),
        pytest.param("<new>1</new><new>2</new>", {"new": ["1", "2"]}, id="what nobody declared"),
        pytest.param("<new><a>1</a></new>", {"new": {"a": "1"}}, id="a group that nobody declared"),
    ],
)  # fmt: skip
def test_values_come_out_exactly(inside: str, values: dict[str, Any]) -> None:
    assert entry(inside) == values


def test_attributes_have_their_kind_and_what_is_left_out_says_so() -> None:
    (found,) = told("<entries><entry no='7'/></entries>")["entries"]["entry"]

    assert found == {**EMPTY, "no": 7}
    assert "hours" not in found  # it was needed: that it is missing must be seen


def test_an_empty_list_is_told_from_one_under_another_name() -> None:
    assert told("<total>0</total>") == {"entries": None, "total": 0}
    assert not undeclared(told("<total>0</total>"), ROOT, "entries.entry")
    assert not undeclared(told("<entries/>"), ROOT, "entries.entry")
    assert undeclared(told("<entries><item/></entries>"), ROOT, "entries.entry")
    assert undeclared(told("<records><entry/></records>"), ROOT, "entries.entry")


@pytest.mark.parametrize(
    ("inside", "version", "codes", "ours"),
    [
        pytest.param(
            "<e:Fault><faultcode>e:Client.Duplicate</faultcode><faultstring>There  already</faultstring></e:Fault>",
            SoapVersion.V1_1, ("Duplicate", "Client.Duplicate", "Client"), True, id="1.1, the caller's",
        ),
        pytest.param(
            "<e:Fault><faultcode>e:Server</faultcode><faultstring>There already</faultstring></e:Fault>",
            SoapVersion.V1_1, ("Server",), False, id="1.1, the service's",
        ),
        pytest.param(
            "<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>m:Duplicate</e:Value></e:Subcode></e:Code>"
            "<e:Reason><e:Text xml:lang='de'>Schon da</e:Text><e:Text xml:lang='en'>There already</e:Text></e:Reason></e:Fault>",
            SoapVersion.V1_2, ("Duplicate", "Sender"), True, id="1.2, the caller's",
        ),
        pytest.param(
            "<e:Fault><e:Code><e:Value>e:Receiver</e:Value></e:Code><e:Reason><e:Text>There already</e:Text></e:Reason></e:Fault>",
            SoapVersion.V1_2, ("Receiver",), False, id="1.2, the service's",
        ),
        pytest.param("<e:Fault/>", SoapVersion.V1_1, ("",), False, id="one that says nothing"),
    ],
)  # fmt: skip
def test_faults_are_read(inside: str, version: SoapVersion, codes: tuple[str, ...], ours: bool) -> None:
    fault = read_envelope(enveloped(inside, version))

    assert isinstance(fault, Fault)
    assert (fault.codes, fault.is_ours) == (codes, ours)
    assert fault.text in {"There already", ""}


def test_the_detail_of_a_fault_is_read_whatever_it_holds() -> None:
    fault = read_envelope(
        enveloped(
            "<e:Fault><faultcode>Client</faultcode><detail><x:F xmlns:x='u'><x:field>hours</x:field></x:F></detail></e:Fault>"
        )
    )

    assert isinstance(fault, Fault)
    assert fault.detail == {"F": {"field": "hours"}}


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(enveloped("<a>")[:-20], id="cut short"),
        pytest.param(b"", id="nothing"),
        pytest.param(enveloped("<a>\x00</a>"), id="a NUL"),
        pytest.param(enveloped("<a>&#0;</a>"), id="an escaped NUL"),
        pytest.param(b'<!DOCTYPE d SYSTEM "http://10.0.0.1/x.dtd">' + enveloped(""), id="a document type"),
        pytest.param(f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]><d>&l11;</d>'.encode(), id="a billion laughs"),
        pytest.param(b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><d>&f;</d>', id="a file of ours"),
        pytest.param(enveloped("<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1)), id="parts within parts"),
        pytest.param(b'<?xml version="1.0" encoding="x-unknown"?><a/>', id="an unknown alphabet"),
        pytest.param(b'{"results": []}', id="JSON"),
    ],
)
def test_xml_that_nobody_should_read_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        read_envelope(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<feed><entry/></feed>", id="another kind of XML"),
        pytest.param(b"<Envelope><Body><a/></Body></Envelope>", id="an envelope of no name space"),
        pytest.param(f'<e:Envelope xmlns:e="{SPACES[SoapVersion.V1_1]}"/>'.encode(), id="no body"),
    ],
)
def test_xml_that_is_no_envelope_is_told_apart(content: bytes) -> None:
    with pytest.raises(NoEnvelopeError):
        read_envelope(content)


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    for tried in (content, enveloped("").replace(b"<e:Body>", b"<e:Body>" + content)):
        try:
            read_envelope(tried)
        except (UnreadableAnswerError, NoEnvelopeError):
            continue
