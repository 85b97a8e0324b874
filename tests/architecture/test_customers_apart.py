"""Whatever a customer's person asks for, in whatever words, nothing of another customer is in the answer."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse

from tests.architecture.addresses import PARTNER_URLS, Address, all_addresses
from tests.architecture.house import House
from tests.architecture.noted_words import ANY, noting_words

pytestmark = pytest.mark.timeout(600)  # many requests, on however busy a machine

# Whoever asks, and the customers whose rows they must never meet.
APART = [
    pytest.param("customer_owner", ["two", "three"], id="a customer's owner"),
    pytest.param("finance_approver", ["two", "three"], id="a customer's approver"),
    pytest.param("other_customer_owner", ["one", "three"], id="the other customer's owner"),
    pytest.param("owner", ["three"], id="the partner's owner, of another partner"),
]
_ROWS = (
    "customer_id",
    "entity_id",
    "connection_id",
    "flow_id",
    "run_id",
    "operation_id",
    "case_id",
    "invite_id",
    "dry_run_id",
    "what_if_id",
    "sample_id",
)
_SIGNS_OUT = {"account_logout"}


def _said(response: HttpResponse) -> str:
    return b"".join(response).decode(errors="replace")


def _traces(house: House, others: list[str]) -> list[str]:
    """Return the words that would give the others away: their names and the ids of their rows."""
    names = [house.lines[other].customer.name for other in others]
    return names + [str(house.ids[other][row]) for other in others for row in _ROWS]


def _own(house: House, label: str) -> str:
    return house.visitors[label].customer or "one"


def _addresses(house: House, label: str) -> Iterator[tuple[Address, str]]:
    """Return every address that may be read, with the visitor's own rows in it."""
    for address in all_addresses():
        if address.urlconf == PARTNER_URLS and address.name not in _SIGNS_OUT and "get" in address.methods():
            yield address, address.path(house.ids[_own(house, label)])


def _further(house: House, address: Address, others: list[str], read: frozenset[str]) -> list[dict[str, Any]]:
    """Return the words to ask further with: as a table, and for the others' rows in so many words.

    Of these only what the plain page looked for: whatever else is in its address, it answers the same.
    """
    prying = [words for other in others for words in _prying(house, other)]
    wanted = [{"format": "csv"}, *(prying if not address.names and not address.is_api else [])]
    return [words for words in wanted if read & {ANY, *words}]


def _prying(house: House, other: str) -> list[dict[str, Any]]:
    ids, begun = house.ids[other], house.lines[other].customer.name[:6]
    return [
        {"customer": ids["customer_id"], "flow": ids["flow_id"], "connection": ids["connection_id"]},
        {"q": begun, "run": ids["run_id"]},
        {"q": str(ids["operation_id"])[:-4]},
    ]


@pytest.mark.parametrize(("label", "others"), APART)
def test_no_answer_holds_a_trace_of_another_customer(house: House, label: str, others: list[str]) -> None:
    client, found, seen = house.visitors[label].client(), [], 0
    traces = _traces(house, others)

    def look_at(question: str) -> frozenset[str]:
        nonlocal seen
        with house.undone(), noting_words() as read:
            response = client.get(question)
            said = _said(response)
        seen += response.status_code == 200
        # The address asked for is given back in links and fields: that is the visitor's own knowledge.
        found.extend(
            f"{question} ({response.status_code}): {trace}"
            for trace in traces
            if trace in said and trace not in question
        )
        return frozenset(read)

    for address, path in _addresses(house, label):
        for words in _further(house, address, others, look_at(path)):
            look_at(f"{path}?{urlencode(words)}")
    assert found == []
    assert seen > 10
