"""A partner uploads what an OData service says about itself, says how to sign in, tries it, and makes it live."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.actions import Role
from apps.connectors.models import Connection, PrivateSystem, PrivateTrial
from apps.dispatch.models import Queue
from apps.tenants import scope
from tests.connectors.private.odata_service import OldToolService, ToolService, metadata
from tests.flows.views.conftest import Desk
from tests.lines import Line


@contextmanager
def running(service: ToolService) -> Iterator[str]:
    """Serve a tool in a thread of its own, on a free loopback port that may be called."""
    loop, ready, address = asyncio.new_event_loop(), threading.Event(), list[str]()
    stop = asyncio.Event()

    async def serve() -> None:
        async with service.serve() as url:
            address.append(url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait()
    allowed = settings.EGRESS_ALLOW
    settings.EGRESS_ALLOW = (*allowed, address[0].partition("://")[2])
    try:
        yield address[0]
    finally:
        settings.EGRESS_ALLOW = allowed
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def filled(page: Any) -> dict[str, Any]:
    """Return what the form of a page would send if nothing was changed."""
    values = {bound.html_name: bound.value() for bound in page.context["form"]}
    return {name: value for name, value in values.items() if value not in (None, False)}


def describe(owner: Client, version: int) -> str:
    """Upload the metadata, choose both lists and a sign-in; return the system's address."""
    file = SimpleUploadedFile("metadata.xml", metadata(version))
    lists = owner.post("/private-systems/new/", {"name": "Tool", "file": file})["Location"]
    page = str(owner.post(lists, {"seen": 1, "paths": ["Projects", "TimeEntries"]})["Location"])
    basics = owner.get(f"{page}basics/")
    assert owner.post(f"{page}basics/", {**filled(basics), "scheme": "bearer"})["Location"] == page
    assert "What is missing" not in owner.get(page).content.decode()
    return page


@pytest.mark.parametrize(("version", "made"), [(4, ToolService), (2, OldToolService)])
def test_a_service_is_described_tried_and_made_live(
    make_line: Callable[..., Line], version: int, made: type[ToolService]
) -> None:
    line, service = make_line(), made()
    owner = Desk(line.partner, line.customer).as_(Role.OWNER)
    service.enter("projects", Code="P-1", Name="Audit", BudgetMoney=12.5 if version == 4 else "12.5")
    service.enter(
        "time_entries", EmployeeId="E-1", ProjectId="P-1", Hours="7.5", WorkDate="2026-11-02", Comment="Review"
    )
    page = describe(owner, version)

    with running(service) as url, scope.work_in(line.partner):
        slug = PrivateSystem.objects.get().slug
        sent = {"customer": str(line.customer.id), "name": "Tool", "environment": "sandbox", "base_url": url}
        assert owner.post(f"/connections/new/{slug}/", {**sent, "secret_token": service.bearer}).status_code == 302
        owner.post(f"{page}try/", {"connection": str(Connection.objects.get(system=slug).id)})
        line.work(Queue.POLL)
        trial = PrivateTrial.objects.get()

    assert trial.state == "passed", (trial.steps, trial.objects_read)
    project, entry = (one["records"][0]["values"] for one in trial.objects_read)
    assert (project["code"], float(project["budget_money"])) == ("P-1", 12.5)
    assert (float(entry["hours"]), entry["work_date"]) == (7.5, "2026-11-02")
    assert service.violations == []
    revision = owner.get(page).context["version"].revision
    assert owner.post(f"{page}live/", {"seen": revision})["Location"] == page
