"""The pages and the API of monitors: all of a flow's, one with its settings, and those of all flows."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key
from apps.monitoring.models import Monitor, MonitorFigures
from apps.monitoring.monitor_kinds import MonitorKind
from apps.monitoring.monitors.learning import Sample
from apps.tenants import scope
from tests.flows.views.conftest import page_of
from tests.monitoring.conftest import Blocked


def _key(blocked: Blocked, *rights: Action) -> Client:
    with scope.work_in(blocked.line.partner), acting(blocked.person(Role.OWNER).as_actor()):
        _, text = create_api_key(name="Program", scopes=list(rights), customer_id=None)
    return Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})


def test_each_monitor_of_a_flow_is_shown_and_changed(blocked: Blocked) -> None:
    here = f"/flows/{blocked.line.flow.id}/monitors/"
    rows = {row.name: row for row in blocked.owner.get(here).context["watch"].rows}
    assert list(rows) == list(MonitorKind)
    assert rows["slow"].note == "It still learns: 0 of 20 runs seen."
    refused = blocked.owner.post(f"{here}slow/", {"own_limit": "0"})
    assert refused.status_code == 400
    assert set(refused.context["form"].errors) == {"reason", "own_limit"}
    typed = {"is_on": "on", "own_limit": "10", "severity": "high"}
    with scope.work_in(blocked.line.partner):
        seen = [Sample(timezone.now() - timedelta(hours=n), 60.0 if n else 900.0, 5).to_json() for n in range(30)]
        MonitorFigures.objects.create(
            flow=blocked.line.flow, customer=blocked.line.customer, kind="slow", samples=seen, seen_until=timezone.now()
        )
    looked = blocked.owner.post(f"{here}slow/", {**typed, "step": "look"})
    assert [one.worst for one in looked.context["preview"].told] == ["15 min"]
    with scope.work_in(blocked.line.partner):
        assert not Monitor.objects.exists()
    assert "Saved: “Slow runs”" in page_of(blocked.owner.post(f"{here}slow/", typed, follow=True))
    with scope.work_in(blocked.line.partner):
        kept = Monitor.objects.get()
        assert (kept.kind, kept.own_limit, kept.severity, kept.changed_by) == ("slow", 600.0, "high", "Owner")
    assert "tells beyond 10 min (own limit)" in page_of(blocked.owner.get(here))
    blocked.owner.post(f"{here}slow/", {"is_on": "on"})
    with scope.work_in(blocked.line.partner):
        assert not Monitor.objects.exists()
    assert blocked.owner.get(f"{here}cut-off/").status_code == 200
    assert blocked.owner.get(f"{here}weather/").status_code == 404
    assert blocked.as_(Role.READ_ONLY).get(f"{here}slow/").status_code == 403


def test_the_overview_says_what_is_off_by_whom_and_why(blocked: Blocked) -> None:
    here = f"/flows/{blocked.line.flow.id}/monitors/"
    assert blocked.owner.get("/monitors/?show=off").context["list"].rows == []
    blocked.owner.post(f"{here}empty/", {"reason": "Between two projects."})
    (row,) = blocked.owner.get("/monitors/?show=off").context["list"].rows
    assert "Owner on" in row.off[0].words
    assert row.off[0].words.endswith("Between two projects.")
    page = page_of(blocked.as_(Role.READ_ONLY).get("/monitors/"))
    assert "Between two projects." in page
    sent = b"".join(blocked.owner.get("/monitors/?format=csv").streaming_content).decode()
    assert "Empty runs: Owner on" in sent


def test_programs_read_and_change_monitors(blocked: Blocked) -> None:
    reads, here = _key(blocked, Action.VIEW_FLOWS), f"/api/v1/monitors/{blocked.line.flow.id}/"
    answer = reads.get(here).json()
    assert [one["name"] for one in answer["monitors"]] == list(MonitorKind)
    wanted = {"kind": "backlog", "is_on": False}
    assert reads.post(f"{here}set/", wanted, content_type="application/json").status_code == 403
    edits = _key(blocked, Action.VIEW_FLOWS, Action.EDIT_FLOWS)
    refused = edits.post(f"{here}set/", wanted, content_type="application/json")
    assert refused.status_code == 400
    assert "reason" in refused.content.decode()
    changed = edits.post(f"{here}set/", {**wanted, "reason": "Known."}, content_type="application/json").json()
    assert next(one for one in changed["monitors"] if one["name"] == "backlog")["state"] == "inactive"
    (row,) = edits.get("/api/v1/monitors/").json()["results"]
    assert (row["kind"], row["is_on"], row["reason"]) == ("backlog", False, "Known.")
