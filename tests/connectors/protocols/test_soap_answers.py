"""What answers mean: a fault has the status that HTTP would have given it, whatever status carried it."""

import pytest

from apps.connectors.contract import Exchange
from apps.connectors.errors import BusinessClass, FailureKind, RemoteError
from apps.connectors.judgement import Answer, is_outage
from apps.connectors.protocols.soap_answers import told_plainly
from apps.connectors.protocols.soap_tree import build_tree
from apps.connectors.soap_spec import SoapKind, SoapMessage, SoapPart

K, B = FailureKind, BusinessClass
EXPECTED = build_tree(SoapMessage("DoResponse", parts=(SoapPart("id", SoapKind.WHOLE, required=True),)))
SPACE = "http://schemas.xmlsoap.org/soap/envelope/"
OWN = {"Gone": 404, "Busy": 429}


def enveloped(inside: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SPACE}"><s:Body>{inside}</s:Body></s:Envelope>'.encode()


def fault(code: str) -> bytes:
    return enveloped(f"<s:Fault><faultcode>{code}</faultcode><faultstring>No.</faultstring></s:Fault>")


def answer(status: int, body: bytes, content_type: str = "text/xml") -> Answer:
    exchange = Exchange("POST", "https://x.example", status, 1)
    return Answer(status, {"Content-Type": content_type}, body, 1, exchange, writes=True)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        pytest.param(500, fault("s:Client"), 422, id="the caller's fault"),
        pytest.param(500, fault("s:Server"), 500, id="the service's own"),
        pytest.param(200, fault("s:Server"), 500, id="a fault that is sent as success"),
        pytest.param(400, fault("s:Client.Gone"), 404, id="a code that the description knows"),
        pytest.param(500, fault("Busy"), 429, id="another one"),
        pytest.param(500, fault("wsse:FailedAuthentication"), 401, id="a sign-in that is refused"),
        pytest.param(403, fault("s:Client"), 403, id="a status that says more"),
        pytest.param(503, fault("s:Server"), 503, id="not now"),
        pytest.param(500, b"<html><body>Oops</body></html>", 500, id="a page"),
        pytest.param(500, b"Internal Server Error", 500, id="words"),
        pytest.param(502, enveloped("<a/>"), 502, id="an envelope without a fault"),
    ],
)
def test_a_fault_has_the_status_that_it_means(status: int, body: bytes, told: int) -> None:
    heard = told_plainly(answer(status, body), EXPECTED, OWN)

    assert heard.status == told
    assert is_outage(heard) is (told >= 500)


def test_a_fault_says_code_and_words_where_refusals_are_looked_for() -> None:
    said = told_plainly(answer(500, fault("s:Client.TooLong")), EXPECTED, {}).json()

    assert (said["code"], said["message"]) == ("TooLong", "No.")


def test_a_good_answer_is_its_values() -> None:
    assert told_plainly(answer(200, enveloped("<DoResponse><id>7</id></DoResponse>")), EXPECTED, {}).json() == {"id": 7}


@pytest.mark.parametrize("body", [pytest.param(b"", id="nothing"), pytest.param(enveloped(""), id="an empty body")])
def test_an_operation_that_answers_nothing_is_answered_by_nothing(body: bytes) -> None:
    assert told_plainly(answer(202, body), None, {}).json() == {}


@pytest.mark.parametrize(
    ("heard", "kind", "business_class", "ambiguous", "words"),
    [
        pytest.param(answer(200, b""), K.RETRYABLE, B.PARSE, True, "cut short", id="nothing where something is due"),
        pytest.param(answer(200, b"<s:Env"), K.RETRYABLE, B.PARSE, True, "not valid XML", id="cut short"),
        pytest.param(answer(200, b"{}", "application/json"), K.RETRYABLE, B.PARSE, True, "not valid XML", id="JSON"),
        pytest.param(answer(200, b"<feed/>"), K.MISCONFIGURED, B.CONNECTION, False, "no SOAP envelope", id="another XML"),
        pytest.param(
            answer(200, enveloped("<Other/>")), K.MISCONFIGURED, B.SCHEMA_DRIFT, True, "format has changed", id="another answer"
        ),
        pytest.param(
            answer(200, b"--x", 'multipart/related; type="application/xop+xml"'),
            K.MISCONFIGURED, B.PARSE, True, "attachments", id="attachments",
        ),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_understood_is_named(
    heard: Answer, kind: FailureKind, business_class: BusinessClass, ambiguous: bool, words: str
) -> None:
    with pytest.raises(RemoteError, match=words) as caught:
        told_plainly(heard, EXPECTED, {})

    assert (caught.value.kind, caught.value.business_class, caught.value.ambiguous) == (kind, business_class, ambiguous)
    assert caught.value.exchange is heard.exchange
