"""Tempo: what its worklogs mean, and what they are charged to."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.catalog.tempo.connector import TempoCalls
from apps.connectors.catalog.tempo.manifest import ACCOUNTS, MANIFEST, WORKLOGS
from tests.connectors.catalog.canonical_reading import canonical
from tests.connectors.conftest import door_to

WORKLOG = {
    "tempoWorklogId": 7, "issue": {"id": 10_001}, "timeSpentSeconds": 1200, "billableSeconds": 0,
    "startDate": "2026-11-02", "description": "Workshop", "updatedAt": "2026-11-03T09:00:00Z",
    "author": {"accountId": "557058:f58131cb"},
    "attributes": {"values": [{"key": "_Phase_", "value": "P1"}, {"key": "_Account_", "value": "NW-101"}]},
}  # fmt: skip


def shaped(record: dict[str, Any], **settings: str) -> dict[str, Any]:
    return TempoCalls(MANIFEST, door_to("http://127.0.0.1:1"), settings).shaped(WORKLOGS, record)


def test_a_worklog_is_read_canonically() -> None:
    assert canonical("tempo", "worklogs", shaped(WORKLOG)) == (
        {
            "id": "7", "resource": "557058:f58131cb", "project": "NW-101", "task": "10001",
            "work_date": date(2026, 11, 2), "hours": Decimal("0.3333"), "billable": False, "note": "Workshop",
            "updated_at": datetime(2026, 11, 3, 9, tzinfo=UTC),
        },
        (),
    )  # fmt: skip


ATTRIBUTES = [
    pytest.param(WORKLOG["attributes"], {"account_attribute": " _Phase_ "}, "P1", id="another attribute"),
    pytest.param(WORKLOG["attributes"], {"account_attribute": ""}, "NW-101", id="no attribute named"),
    pytest.param({"values": []}, {}, None, id="charged to nothing"),
    pytest.param({"values": None}, {}, None, id="no attributes"),
    pytest.param(None, {}, None, id="nothing said of attributes"),
    pytest.param({"values": ["odd", {"value": "NW-1"}]}, {}, None, id="attributes of another form"),
]


@pytest.mark.parametrize(("attributes", "settings", "account"), ATTRIBUTES)
def test_the_account_is_found_among_the_attributes(attributes: Any, settings: dict[str, str], account: Any) -> None:
    assert shaped({**WORKLOG, "attributes": attributes}, **settings)["account"] == account


@pytest.mark.parametrize(("status", "state"), [("OPEN", "active"), ("CLOSED", "closed"), ("ARCHIVED", "closed")])
def test_an_account_is_a_project(status: str, state: str) -> None:
    account = {
        "id": 3,
        "key": "NW-101",
        "name": "Audit",
        "status": status,
        "customer": {"key": "N", "name": "Nordwind"},
    }
    read = {"id": "3", "code": "NW-101", "name": "Audit", "client_name": "Nordwind", "state": state}
    assert canonical("tempo", ACCOUNTS.name, account) == (read, ())


def test_a_customer_is_a_client() -> None:
    customer = {"id": 4, "key": "NORD", "name": "Nordwind"}
    assert canonical("tempo", "customers", customer) == ({"id": "4", "number": "NORD", "name": "Nordwind"}, ())
