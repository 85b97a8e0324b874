"""Outbound messages: the organisation decides, the session goes no further, and no XML does harm."""

import pytest

from apps.connectors.contract import ReceivedEvent, SignatureError
from apps.connectors.webhooks.deliveries import Delivery
from apps.connectors.webhooks.schemes import check_keys, receive
from apps.connectors.webhooks.vendors import SALESFORCE
from tests.connectors.webhooks.senders import NOW, ORGANISATION, outbound_message, system


def _receive(body: bytes, organisation: str = ORGANISATION) -> list[ReceivedEvent]:
    return receive(system(SALESFORCE, "Opportunity"), Delivery({}, body), organisation, NOW)


def test_the_record_and_its_fields_are_read_with_every_letter() -> None:
    (event,) = _receive(outbound_message())
    assert (event.delivery_id, event.object_name, event.key) == (
        "04l24000002nrC5AAI",
        "Opportunity",
        "0062400000AbCdEAAV",
    )
    assert event.payload["fields"] == {"Id": "0062400000AbCdEAAV", "Name": "Überprüfung & Søn 🚀"}


@pytest.mark.parametrize("held", [ORGANISATION, ORGANISATION[:15]])
@pytest.mark.parametrize("told", [ORGANISATION, ORGANISATION[:15]])
def test_an_id_is_the_same_with_and_without_its_check_letters(held: str, told: str) -> None:
    assert len(_receive(outbound_message(told), held)) == 1


@pytest.mark.parametrize(
    "told", ["", "00D24000000aBcE", ORGANISATION.lower(), ORGANISATION[:14], ORGANISATION + "A", "00D24000000aBc/"]
)
def test_another_organisation_is_refused(told: str) -> None:
    with pytest.raises(SignatureError):
        _receive(outbound_message(told))


def test_a_session_of_that_organisation_passes_and_is_kept_nowhere() -> None:
    (event,) = _receive(outbound_message(session=f"{ORGANISATION[:15]}!AQ4AQSecretOfTheSession"))
    assert "SecretOfTheSession" not in repr(event)


@pytest.mark.parametrize("session", ["00D24000000XXXX!AQ4", "AQ4AQ", "!", f"x!{ORGANISATION}", ORGANISATION])
def test_a_session_of_another_organisation_is_refused(session: str) -> None:
    with pytest.raises(SignatureError):
        _receive(outbound_message(session=session))


def test_up_to_a_hundred_notifications_keep_their_own_ids_and_order() -> None:
    one = '<Notification><Id>{0:018d}</Id><sObject xsi:type="sf:Account" xmlns:sf="urn:s"><sf:Id>{0:018d}</sf:Id></sObject></Notification>'
    events = _receive(outbound_message(notifications="".join(one.format(n) for n in range(100))))
    assert [event.delivery_id for event in events] == [f"{n:018d}" for n in range(100)]
    assert {event.object_name for event in events} == {"Account"}


def test_a_notification_without_a_record_names_none() -> None:
    (event,) = _receive(outbound_message(notifications="<Notification><Id>04l1</Id></Notification>"))
    assert (event.delivery_id, event.key) == ("04l1", "")


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<soapenv:Envelope xmlns:soapenv='http://schemas.xmlsoap.org/soap/envelope/'>&b;</soapenv:Envelope>"
)
FILE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'
REFUSED = {
    "an entity that grows": BOMB,
    "a file": FILE,
    "a document type": b"<!DOCTYPE html><html></html>",
    "no XML": b"{}",
    "nothing": b"",
    "half of it": outbound_message()[:-40],
    "another message": b"<a/>",
    "an unknown encoding": b'<?xml version="1.0" encoding="klingon"?><a/>',
    "a NUL": outbound_message().replace(b"Opportunity", b"Opp\x00"),
    "no namespace": outbound_message().replace(b' xmlns="http://soap.sforce.com/2005/09/outbound"', b""),
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_it_refuses(body: bytes) -> None:
    with pytest.raises(SignatureError):
        _receive(body)


def test_a_key_that_is_no_id_of_an_organisation_is_found_out_when_it_is_typed() -> None:
    check_keys(SALESFORCE, [ORGANISATION])
    with pytest.raises(SignatureError):
        check_keys(SALESFORCE, [ORGANISATION, "Our company"])
