"""A run's page: every count leads to its records, they are searched and retried, and it keeps itself up to date."""

from itertools import pairwise

from django.db import transaction

from apps.dispatch.models import DueWork, Queue
from apps.flows.models import FlowVersion, Operation, OperationStep, Run
from apps.flows.services.evidence import attempts_of
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of, typed_line


def test_every_count_of_a_run_leads_to_exactly_as_many_records(shown: Shown) -> None:
    again = shown.line.run()
    for run in (shown.run, again):
        for count in ("written", "unchanged", "skipped", "rejected", "waiting"):
            page = shown.owner.get(f"/runs/{run.id}/?count={count}").context
            repeats, total = page["repeats"], page["list"].total
            assert total + repeats.untraced == getattr(run, count) or repeats.more_from, (run.state, count)


def test_a_rejected_record_that_was_retried_still_stands_behind_its_first_runs_count(shown: Shown) -> None:
    blocked = shown.line.operations(state="rejected")
    shown.owner.post(f"/runs/{shown.run.id}/retry/")
    shown.line.work(Queue.MAINT, Queue.RUN)
    with scope.work_in(shown.line.partner):
        retry = Run.objects.get(mode="replay")
    for run in (shown.run.id, retry.id):
        page = shown.owner.get(f"/runs/{run}/?count=rejected")
        assert len(page.context["lines"]) == len(blocked), run
    assert "by a later run" in page_of(shown.owner.get(f"/runs/{shown.run.id}/?count=rejected"))


def test_a_runs_records_are_searched_by_any_id(shown: Shown) -> None:
    line = shown.line.operations(state="rejected")[0]
    found = shown.owner.get(f"/runs/{shown.run.id}/", {"q": line.source_key}).context["lines"]
    assert line.id in {one.id for one in found}
    nothing = shown.owner.get(f"/runs/{shown.run.id}/", {"q": "no such\x00 thing"})
    assert "No record of this run fits." in page_of(nothing)


def test_a_run_that_is_under_way_asks_for_itself_and_stops_when_it_is_over(shown: Shown) -> None:
    run = shown.line.start()
    page = page_of(shown.owner.get(f"/runs/{run.id}/"))
    assert 'hx-trigger="every 2s"' in page
    part = shown.owner.get(f"/runs/{run.id}/live/", headers={"HX-Request": "true"})
    assert "<html" not in page_of(part)
    assert "HX-Trigger" not in part
    assert 'data-opens="cancel-run"' in page_of(part)
    shown.line.work()
    over = shown.owner.get(f"/runs/{run.id}/live/", headers={"HX-Request": "true"})
    assert over["HX-Trigger"] == "run-over"
    assert 'data-opens="cancel-run"' not in page_of(over)
    assert "hx-trigger" not in page_of(over)


def test_the_steps_of_a_run_add_up(shown: Shown) -> None:
    live = shown.owner.get(f"/runs/{shown.run.id}/").context["live"]
    assert [step.title for step in live.steps] == ["Read", "Check", "Map", "Deliver"]
    assert live.steps[0].entered == shown.run.read
    for step, following in pairwise(live.steps):
        went_on = next((share.count for share in step.shares if share.name == "passed"), 0)
        assert sum(share.count for share in step.shares) == step.entered
        assert following.entered == went_on


def _replayed(shown: Shown) -> list[Run]:
    """Let the replays that were asked for be done; returns their runs, oldest first."""
    for _ in range(2):
        with transaction.atomic():
            DueWork.objects.filter(kind="flows.replay").update(due_at="2020-01-01T00:00Z")
        shown.line.work(Queue.MAINT, Queue.RUN)
    with scope.work_in(shown.line.partner):
        return list(Run.objects.filter(mode="replay").select_related("event", "version").order_by("id"))


def test_records_of_a_run_are_retried_with_the_version_that_is_chosen(shown: Shown) -> None:
    blocked = shown.line.operations(state="rejected")
    written = shown.line.operations(state="written")[0]
    shown.owner.post(
        f"/flows/{shown.line.flow.id}/mapping/description/", {**typed_line(transforms="upper"), "publish": "1"}
    )
    here = f"/runs/{shown.run.id}/"
    assert "The version each ran with: 1 in this run" in page_of(shown.owner.get(here))
    pinned = shown.owner.post(f"{here}retry/", {"scope": "rejected", "version": "pinned"}, follow=True)
    assert f"Retry {len(blocked)} records" in page_of(pinned)
    assert [run.version.number for run in _replayed(shown)] == [1]
    cause = blocked[0].error_class
    shown.owner.post(f"{here}retry/", {"scope": "filter", "query": f"count=rejected&cause={cause}"})
    latest = _replayed(shown)[-1]
    assert latest.version.number == 2
    assert len(latest.event.payload["operations"]) == len([one for one in blocked if one.error_class == cause])
    late = shown.owner.post(f"{here}retry/", {"scope": "filter", "query": "count=written"}, follow=True)
    assert "Nothing of it can be tried again" in page_of(late)
    chosen = {"ids": [str(blocked[0].id), str(written.id), "nonsense"]}
    looked = page_of(shown.owner.post(f"{here}retry/", chosen, follow=True))
    assert "Retry 1 record" in looked
    assert "1 is left alone:" in looked
    assert "As they ran: version 1" in looked or "As they ran: version 2" in looked or "It is the one" in looked
    first = page_of(shown.owner.post(f"{here}retry/", {"look": "1"}, follow=True))
    assert "What it means" in first
    assert len(_replayed(shown)) == 2, "what is only looked at does nothing"


def test_the_picture_of_a_run_leads_to_the_records_of_each_step(shown: Shown) -> None:
    for step in shown.owner.get(f"/runs/{shown.run.id}/").context["live"].steps:
        for share in step.shares:
            if share.url and share.name not in {"known", "passed"}:
                listed = shown.owner.get(share.url.split("#")[0]).context["list"].total
                assert listed == share.count, (step.title, share.name)


def test_a_run_of_walking_records_shows_its_own_steps(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        version = FlowVersion.objects.get(id=shown.run.version_id)
        walk = [
            {"kind": "wait", "name": "pause", "title": "Let it rest", "hours": 1},
            {"kind": "wait", "name": "signed", "event": "contract.signed", "about": "r.project"},
        ]
        steps = [*version.definition["steps"][:2], *walk]
        FlowVersion.objects.filter(id=version.id).update(definition={**version.definition, "steps": steps})
        lines = list(Operation.objects.filter(run_id=shown.run.id, state="written").order_by("id"))
        now = lines[0].created_at
        for line in lines:
            common = {"customer_id": line.customer_id, "flow_id": line.flow_id, "started_at": now, "changed_at": now}
            OperationStep.objects.create(
                operation=line,
                name="pause",
                kind="wait",
                position=1,
                state="done",
                result={"token": "s3cret"},
                **common,
            )
        OperationStep.objects.create(
            operation=lines[0], name="signed", kind="wait", position=2, state="waiting", note="Waits.", **common
        )
        Operation.objects.filter(id__in=[line.id for line in lines[1:]]).update(state="rejected", step="pause")
        Operation.objects.filter(id=lines[0].id).update(state="waiting", step="signed")
    response = shown.owner.get(f"/runs/{shown.run.id}/")
    put, wait = response.context["live"].steps[2:]
    assert (put.title, put.entered) == ("Let it rest", len(lines))
    assert {share.name: share.count for share in put.shares} == {"passed": 1, "rejected": len(lines) - 1}
    assert (wait.title, wait.entered, [share.name for share in wait.shares]) == ("Wait", 1, ["waiting"])
    waiting = shown.owner.get(wait.shares[0].url.split("#")[0]).context["lines"]
    assert [line.id for line in waiting] == [lines[0].id]
    story = page_of(shown.owner.get(f"/operations/{lines[0].id}/"))
    assert "Let it rest" in story
    assert "Waits." in story
    assert "s3cret" not in story, "secrets are taken out of what steps keep"
    assert shown.owner.get(f"/flows/{shown.line.flow.id}/").status_code == 200


def test_a_runs_records_are_found_by_amount_and_by_idempotency_key(shown: Shown) -> None:
    line = shown.line.operations(state="written")[0]
    with scope.work_in(shown.line.partner):
        key = attempts_of(Operation.objects.get(id=line.id))[0].idempotency_key
    for address in (f"/runs/{shown.run.id}/", "/operations/"):
        found = shown.owner.get(address, {"q": key}).context["list"].rows
        assert len(found) == 1, address
        assert not shown.owner.get(address, {"q": "0" * 32}).context["list"].rows
    none = shown.owner.get("/operations/", {"amount": "unknown"}).context["list"].rows
    assert all(row.amount is None for row in none)
    large = shown.owner.get("/operations/", {"amount": "1000"}).context["list"].rows
    assert all(row.amount >= 1000 for row in large)
    assert len(large) == len([one for one in shown.line.operations() if one.amount and one.amount >= 1000])
