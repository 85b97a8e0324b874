"""VIES: numbers as people write them, verdicts with their proof, and what is no verdict."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from apps.connectors.catalog.vies.connector import CONNECTOR
from apps.connectors.catalog.vies.manifest import MANIFEST, NUMBERS, RULES
from apps.connectors.catalog.vies.numbers import TaxNumber, read_number
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RemoteError
from apps.connectors.protocols.rest import RestConnector
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.connectors.catalog.vies_stand_in import OWN, ViesStandIn
from tests.connectors.conftest import door_to

NUMBER = "DE136695976"
WRITTEN = {
    "as it is": ("DE136695976", TaxNumber("DE", "136695976")),
    "with blanks and dots": ("de 136.695-976", TaxNumber("DE", "136695976")),
    "of Greece, as all call it": ("GR094259216", TaxNumber("EL", "094259216")),
    "of Northern Ireland": ("XI 110 305 878", TaxNumber("XI", "110305878")),
    "with a letter": ("ATU12345678", TaxNumber("AT", "U12345678")),
    "of Great Britain": ("GB110305878", None),
    "without a country": ("136695976", None),
    "of no length": ("DE1", None),
    "a path": ("DE../../x", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("written", "meant"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_number_is_read_however_it_is_written(written: str, meant: TaxNumber | None) -> None:
    assert read_number(written) == meant


@asynccontextmanager
async def asking(own_number: str = OWN) -> AsyncIterator[tuple[ViesStandIn, RestConnector]]:
    system = ViesStandIn()
    system.enter("numbers", number=NUMBER, name="---", address="---")
    system.enter("numbers", number="EL094259216", name="ΕΤΑΙΡΕΙΑ  ΠΕΤΡΕΛΑΙΩΝ", address="ΧΑΛΚΙΔΟΣ 1\nΑΘΗΝΑ")
    async with system.serve() as url, CONNECTOR(MANIFEST, door_to(url), {"own_number": own_number}) as connector:
        yield system, connector
    assert system.violations == []


async def test_a_verdict_comes_with_its_proof_under_the_number_as_it_was_asked_for() -> None:
    async with asking() as (_, connector):
        found = await connector.find("numbers", ["de 136 695 976", "GR094259216", "DE000000000", "no number"])
    assert found.keys() == {"de 136 695 976", "GR094259216", "DE000000000"}
    hidden, greek, invalid = (record.values for record in found.values())
    assert (hidden["status"], hidden["name"], hidden["evidence"]) == ("valid", None, "WAPIAAAAZ9cWmQXG")
    assert (greek["country"], greek["name"], greek["address"]) == ("GR", "ΕΤΑΙΡΕΙΑ ΠΕΤΡΕΛΑΙΩΝ", "ΧΑΛΚΙΔΟΣ 1 ΑΘΗΝΑ")
    assert invalid["status"] == "invalid"
    canonical = read_canonical(NUMBERS, greek)
    assert (canonical["tax_id"], canonical["tax_status"], canonical["legal_name"]) == (
        "GR094259216",
        "valid",
        "ΕΤΑΙΡΕΙΑ ΠΕΤΡΕΛΑΙΩΝ",
    )


async def test_without_an_own_number_there_is_a_verdict_and_no_proof() -> None:
    async with asking(own_number="") as (_, connector):
        found = await connector.find("numbers", [NUMBER])
    assert (found[NUMBER].values["status"], found[NUMBER].values["evidence"]) == ("valid", None)


@pytest.mark.parametrize("form", ["an error", "another word"])
@pytest.mark.parametrize("word", [*(rule.code for rule in RULES), "SOMETHING_NEW", ""])
async def test_what_is_no_verdict_is_never_taken_for_one(word: str, form: str) -> None:
    async with asking() as (system, connector):
        system.words[NUMBER] = word
        if form == "an error":
            system.wrapped.add(NUMBER)
        with pytest.raises(RemoteError) as caught:
            await connector.find("numbers", [NUMBER])
    kind = next((rule.kind for rule in RULES if rule.code == word), FailureKind.RETRYABLE)
    assert caught.value.kind is kind
    assert caught.value.exchange is not None


async def test_a_number_of_a_form_that_nobody_has_is_nobodys() -> None:
    async with asking() as (system, connector):
        system.words[NUMBER] = "INVALID_INPUT"
        assert await connector.find("numbers", [NUMBER]) == {}


async def test_an_own_number_that_is_none_is_told_before_anything_is_asked() -> None:
    async with asking(own_number="CHE-116") as (system, connector):
        with pytest.raises(MisconfiguredError, match="Your own tax number"):
            await connector.find("numbers", [NUMBER])
    assert system.asked == []


async def test_numbers_are_looked_up_and_never_listed() -> None:
    async with asking() as (_, connector):
        with pytest.raises(MisconfiguredError, match="looks them up one by one") as caught:
            await anext(connector.read("numbers", None))
        (page,) = [page async for page in connector.read("numbers", None, [NUMBER, "no number"])]
    assert caught.value.business_class is BusinessClass.VALIDATION
    assert [record.key for record in page.records] == [NUMBER]
