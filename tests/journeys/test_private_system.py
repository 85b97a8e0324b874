"""A partner describes a system that no catalogue knows, tries it, makes it live, and a flow reads from it as from any other."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.actions import Role
from apps.connectors.models import Connection, PrivateSystem, PrivateTrial
from apps.connectors.private_systems import draft_of
from apps.customers.models import Customer
from apps.customers.retention import set_payload_rule
from apps.dispatch.models import Queue
from apps.flows.models import Flow
from apps.flows.services.install import install_template
from apps.tenants import scope
from tests import harbour
from tests.flows.views.conftest import Desk
from tests.harbour import Harbour
from tests.lines import Line


@pytest.fixture
def tool() -> Iterator[Harbour]:
    """The time tool that nobody has a connector for."""
    with harbour.running() as running:
        yield running


def entries_of(line: Line) -> list[dict[str, Any]]:
    """Return the sandbox PSA's approved entries as the other tool keeps them."""
    return [
        {
            "id": one["id"],
            "person": {"id": one["person_id"], "name": one["person_name"]},
            "project": {"code": one["project_code"], "name": one["project_name"]},
            "date": one["worked_on"],
            "minutes": round(float(one["hours"]) * 60),
            "billable": one["billable"],
            "status": "SIGNED" if one["status"] == "approved" else "OPEN",
            "rate": one["rate"],
            "currencyCode": one["currency"],
            "notes": one["notes"],
            "task": {"name": one["task_name"]},
            "region": one["custom"].get("region"),
            "signedAt": one["approved_at"],
        }
        for one in line.entries()
    ]


def filled(page: Any) -> dict[str, Any]:
    """Return what the forms of a page would send if nothing was changed."""
    forms = [page.context[name] for name in ("form", "reads", "writes") if name in (page.context or {})]
    sent: dict[str, Any] = {}
    for form in filter(None, forms):
        values = {bound.html_name: bound.value() for bound in form}
        sent |= {name: value for name, value in values.items() if value not in (None, False)}
    return sent


def stored(line: Line) -> PrivateSystem:
    with scope.work_in(line.partner):
        return PrivateSystem.objects.get()


def describe(owner: Client, line: Line, tool: Harbour) -> str:
    """Upload the file, choose the list, mend the lines that could not be guessed; return the system's address."""
    file = SimpleUploadedFile("harbour.json", json.dumps(harbour.openapi(tool.url)).encode())
    begun = owner.post("/private-systems/new/", {"name": "", "file": file})
    page = f"/private-systems/{stored(line).id}/"
    assert begun["Location"] == f"{page}lists/"

    offered = owner.get(f"{page}lists/")
    chosen = owner.post(f"{page}lists/", {**filled(offered), "paths": ["time_entries"]})
    assert chosen["Location"] == page
    assert "no line fills it" in owner.get(page).content.decode()  # hours: no name agreed

    lines = owner.get(f"{page}records/time_entries/mapping/")
    numbers = {
        row.target: row.source.html_name.removesuffix("_source")
        for row in (*lines.context["read_rows"], *lines.context["read_more"])
    }
    typed = {
        **filled(lines),
        f"{numbers['hours']}_source": "minutes",
        f"{numbers['hours']}_steps": "minutes_to_hours",
        f"{numbers['resource']}_source": "person.id",
        f"{numbers['project']}_source": "project.code",
        f"{numbers['approval']}_table": "SIGNED = approved\nOPEN = open",
        f"{numbers['bill_rate']}_source": "rate",
        f"{numbers['approved_at']}_source": "signedAt",
    }
    assert owner.post(f"{page}records/time_entries/mapping/", typed)["Location"] == page
    assert "What is missing" not in owner.get(page).content.decode()
    return page


def connect(owner: Client, line: Line, tool: Harbour, **typed: str) -> Any:
    sent = {
        "customer": str(line.customer.id),
        "name": "Harbour",
        "environment": "sandbox",
        "base_url": tool.url,
        "secret_api_key": harbour.KEY,
        **typed,
    }
    return owner.post(f"/connections/new/{stored(line).slug}/", sent)


def connection(line: Line) -> Connection:
    with scope.work_in(line.partner):
        return Connection.objects.get(system=stored(line).slug)


def tried(owner: Client, line: Line, page: str) -> PrivateTrial:
    owner.post(f"{page}try/", {"connection": str(connection(line).id)})
    line.work(Queue.POLL)
    with scope.work_in(line.partner):
        return PrivateTrial.objects.get()


def test_a_partner_describes_a_system_and_a_flow_reads_from_it(make_line: Callable[..., Line], tool: Harbour) -> None:
    line = make_line()
    tool.entries = entries_of(line)
    owner = Desk(line.partner, line.customer).as_(Role.OWNER)
    page = describe(owner, line, tool)

    assert connect(owner, line, tool, environment="production").status_code == 400
    assert connect(owner, line, tool).status_code == 302
    trial = tried(owner, line, page)
    assert (trial.state, trial.steps[0]["ok"]) == ("passed", True)
    (looked,) = trial.objects_read
    assert (looked["read"], looked["bad"]) == (4, 0)
    first = tool.entries[0]
    assert looked["records"][0]["values"]["project"] == first["project"]["code"]
    assert float(looked["records"][0]["values"]["hours"]) * 60 == first["minutes"]
    told = owner.get(page).content.decode()
    assert "Tried against the live address on" in told
    assert "<script>alert(1)" not in told
    assert "<b>Time" not in told

    system = stored(line)
    assert f"/systems/{system.slug}/" not in owner.get("/systems/").content.decode()
    revision = owner.get(page).context["version"].revision
    assert owner.post(f"{page}live/", {"seen": revision, "note": "First"})["Location"] == page
    listed = owner.get("/systems/").content.decode()
    assert f"/systems/{system.slug}/" in listed
    assert owner.get(f"/systems/{system.slug}/").status_code == 200

    with scope.work_in(line.partner):
        flow = install_template(
            template="approved-time-to-bill",
            name="Harbour to bill",
            source=connection(line),
            target=line.target,
            installed_by="t",
        )
        line.flow = Flow.objects.get(id=flow.id)
    run = line.run()
    signed = [one for one in tool.entries if one["status"] == "SIGNED" and one["billable"]]
    assert (run.state, run.read) == ("clean", len(tool.entries))
    written = line.operations(state="written")
    assert {one.source_key for one in written} == {one["id"] for one in signed}
    assert tool.refused == []


def test_a_draft_moves_no_records_and_what_does_not_fit_is_told(make_line: Callable[..., Line], tool: Harbour) -> None:
    line = make_line()
    tool.entries = [{**entries_of(line)[0], "status": "LOST"}, {**entries_of(line)[1], "date": "31.02.2026"}]
    owner = Desk(line.partner, line.customer).as_(Role.OWNER)
    page = describe(owner, line, tool)
    connect(owner, line, tool)
    trial = tried(owner, line, page)

    assert (trial.state, trial.objects_read[0]["bad"]) == ("failed", 2)
    told = owner.get(page).content.decode()
    assert "LOST" in told
    assert "not proven" in told
    with scope.work_in(line.partner):
        system = PrivateSystem.objects.get()
        draft = draft_of(system)
        assert draft is not None
        assert draft.tried_on is None
        with pytest.raises(Exception, match="is a draft"):
            install_template(
                template="approved-time-to-bill",
                name="Too early",
                source=Connection.objects.get(system=system.slug),
                target=line.target,
                installed_by="t",
            )


def test_a_try_keeps_no_contents_where_the_customer_lets_none_be_stored(
    make_line: Callable[..., Line], tool: Harbour
) -> None:
    line = make_line()
    tool.entries = entries_of(line)
    owner = Desk(line.partner, line.customer).as_(Role.OWNER)
    page = describe(owner, line, tool)
    connect(owner, line, tool)
    with scope.work_in(line.partner):
        set_payload_rule(Customer.objects.get(id=line.customer.id), stored=False, keep_days=30)
    trial = tried(owner, line, page)
    assert (trial.state, trial.objects_read[0]["read"], trial.objects_read[0]["records"]) == ("passed", 4, [])

    owner.post(f"{page}try/", {"connection": str(connection(line).id)})
    basics = owner.get(f"{page}basics/")
    assert owner.post(f"{page}basics/", {**filled(basics), "summary": "Changed"}).status_code == 302
    line.work(Queue.POLL)
    with scope.work_in(line.partner):
        late = PrivateTrial.objects.get()
        assert (late.state, late.steps[0]["sentence"]) == (
            "failed",
            "The description was changed meanwhile: try it again.",
        )


def test_a_wrong_key_is_told_by_the_try(make_line: Callable[..., Line], tool: Harbour) -> None:
    line = make_line()
    owner = Desk(line.partner, line.customer).as_(Role.OWNER)
    page = describe(owner, line, tool)
    connect(owner, line, tool, secret_api_key="wrong")
    trial = tried(owner, line, page)

    assert trial.state == "failed"
    assert [step["ok"] for step in trial.steps if step["name"] == "allowed"] == [False]
    assert harbour.KEY not in owner.get(page).content.decode()
