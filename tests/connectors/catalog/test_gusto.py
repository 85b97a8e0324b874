"""Gusto: people as the canonical model has them, and nothing of their pay."""

from typing import Any

import pytest

from apps.connectors.auth import build_signer
from apps.connectors.auth_spec import AuthScheme, AuthSpec
from apps.connectors.catalog.gusto.connector import CONNECTOR
from apps.connectors.catalog.gusto.manifest import EMPLOYEES, MANIFEST
from tests.connectors.catalog import gusto_stand_in as gusto
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.connectors.conftest import door_to

LEFT = [{"effective_date": "2026-10-31"}, {"effective_date": "2025-01-31"}]
JOBS = [
    {"title": "Trainee", "hire_date": "2020-01-01"},
    {"title": "Partner", "primary": True, "hire_date": "2022-01-01"},
]
READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "somebody who works there": (
        {},
        {"name": "Robin Vale 17", "email": "robin17@brightforge.example", "job_title": "Consultant",
         "hired": "2024-02-29", "left": None, "active": True},
    ),
    "somebody who left": ({"terminated": True, "terminations": LEFT}, {"active": False, "left": "2026-10-31"}),
    "somebody who came back": ({"terminations": LEFT}, {"active": True, "left": None}),
    "somebody with two jobs": ({"jobs": JOBS}, {"job_title": "Partner", "hired": "2022-01-01"}),
    "somebody without a job": ({"jobs": []}, {"job_title": None, "hired": None}),
    "somebody with one name": ({"first_name": None}, {"name": "Vale 17"}),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("named", [False, True], ids=["in the list", "by id"])
async def test_a_person_is_read(changes: dict[str, Any], told: dict[str, Any], named: bool) -> None:
    system = gusto.GustoStandIn()
    row = system.enter("employees", **{**gusto.entry(17), **changes})
    signer = build_signer(AuthSpec(AuthScheme.BEARER), {"token": gusto.ACCESS_TOKEN})
    async with (
        system.serve() as url,
        CONNECTOR(MANIFEST, door_to(url, auth=signer), {"company": gusto.COMPANY}) as connector,
    ):
        keys = (row["uuid"],) if named else ()
        pages = [page async for page in connector.read("employees", None, keys)]
    assert system.violations == []
    (record,) = [record for page in pages for record in page.records]
    canonical = read_canonical(EMPLOYEES, record.values)
    shown = {name: value if isinstance(value := canonical.get(name), bool | None) else str(value) for name in told}
    assert shown == told
    assert not {"date_of_birth", "has_ssn", "email", "jobs", "terminations"} & set(record.values)
    assert "78000" not in repr(record)
