"""Whatever a customer's person asks for, in whatever words, nothing of another customer is in the answer."""

from urllib.parse import urlencode

import pytest
from django.http import HttpResponse

from tests.architecture.addresses import PARTNER_URLS, all_addresses
from tests.architecture.house import House

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


def _questions(house: House, label: str, others: list[str]) -> list[str]:
    """Return every address of the visitor's own, plain, as a table, and asking for the others' rows in so many words."""
    asked = []
    for address in all_addresses():
        if address.urlconf != PARTNER_URLS or address.name in _SIGNS_OUT or "get" not in address.methods():
            continue
        path = address.path(house.ids[_own(house, label)])
        asked += [path, f"{path}?format=csv"]
        if not address.names and not address.is_api:
            asked += [f"{path}?{query}" for other in others for query in _prying(house, other)]
    return asked


def _prying(house: House, other: str) -> list[str]:
    ids, begun = house.ids[other], house.lines[other].customer.name[:6]
    return [
        urlencode({"customer": ids["customer_id"], "flow": ids["flow_id"], "connection": ids["connection_id"]}),
        urlencode({"q": begun, "run": ids["run_id"]}),
        urlencode({"q": str(ids["operation_id"])[:-4]}),
    ]


@pytest.mark.parametrize(("label", "others"), APART)
def test_no_answer_holds_a_trace_of_another_customer(house: House, label: str, others: list[str]) -> None:
    client, found, seen = house.visitors[label].client(), [], 0
    traces = _traces(house, others)
    for question in _questions(house, label, others):
        with house.undone():
            response = client.get(question)
            said = _said(response)
        seen += response.status_code == 200
        # The address asked for is given back in links and fields: that is the visitor's own knowledge.
        found += [
            f"{question} ({response.status_code}): {trace}"
            for trace in traces
            if trace in said and trace not in question
        ]
    assert found == []
    assert seen > 10
