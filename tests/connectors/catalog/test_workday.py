"""Workday: workers as the canonical model has them, and nothing more about a person than is needed."""

from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.catalog.workday.manifest import WORKERS
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog import workday_stand_in as workday
from tests.connectors.catalog.canonical_reading import read_canonical

SECRETS = {"client_id": workday.CLIENT, "subject": workday.USER, "private_key": workday.pem()}
READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a worker": ({}, {
        "name": "Robin Vale 17", "email": "robin17@brightforge.example", "job_title": "Consultant", "department": "Consulting",
    }),
    "one without an e-mail": ({"primaryWorkEmail": ""}, {"email": None, "name": "Robin Vale 17"}),
    "one in no organization": ({"primarySupervisoryOrganization": None}, {"department": None}),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), READ.values(), ids=READ.keys())
@pytest.mark.parametrize("named", [False, True], ids=["in the list", "by id"])
async def test_a_worker_is_read(changes: dict[str, Any], told: dict[str, Any], named: bool) -> None:
    system = workday.WorkdayStandIn()
    row = system.enter("workers", **{**workday.worker(17), **changes})
    # Signed in by an assertion, at the tenant's own address.
    async with system.serve() as url:
        connector = registry.open_system(
            registry.manifest("workday"),
            base_url=url,
            settings={"tenant": workday.TENANT},
            secrets=SECRETS,
            allow=(url.partition("://")[2],),
            budget=NoBudget(),
        )
        async with connector:
            keys = (row["id"],) if named else ()
            pages = [page async for page in connector.read("workers", None, keys)]
    assert system.violations == []
    (record,) = [record for page in pages for record in page.records]
    canonical = read_canonical(WORKERS, dict(record.values))
    assert {name: canonical.get(name) for name in told} == told
    assert not {"dateOfBirth", "yearsOfService"} & set(record.values)
