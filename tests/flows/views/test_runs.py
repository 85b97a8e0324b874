"""A run's page: every count leads to its records, they are searched and retried, and it keeps itself up to date."""

from itertools import pairwise

from apps.flows.models import Run
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
    response = shown.owner.post(f"/runs/{shown.run.id}/retry/")
    retry = response["Location"].strip("/").split("/")[-1]
    shown.line.work()
    for run in (shown.run.id, retry):
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


def test_selected_records_are_retried_with_the_version_that_is_chosen(shown: Shown) -> None:
    blocked = shown.line.operations(state="rejected")
    written = shown.line.operations(state="written")[0]
    shown.owner.post(
        f"/flows/{shown.line.flow.id}/mapping/description/", {**typed_line(transforms="upper"), "publish": "1"}
    )
    here = f"/runs/{shown.run.id}/"
    assert "Version 1, which this run used" in page_of(shown.owner.get(here))
    chosen = {"ids": [str(blocked[0].id), str(written.id), "nonsense"]}
    answer = shown.owner.post(f"{here}retry/", chosen, follow=True)
    assert "1 record is tried again with version 2." in page_of(answer)
    assert "1 was not blocked and was left as it is." in page_of(answer)
    shown.line.work()
    pinned = shown.owner.post(f"{here}retry/", {"scope": "rejected", "version": "pinned"}, follow=True)
    assert f"{len(blocked)} records are tried again with version 1." in page_of(pinned)
    shown.line.work()
    cause = blocked[0].error_class
    fitting = {"scope": "filter", "query": f"count=rejected&cause={cause}"}
    retried = shown.owner.post(f"{here}retry/", fitting)["Location"].strip("/").split("/")[-1]
    with scope.work_in(shown.line.partner):
        asked = Run.objects.get(id=retried).event.payload["operations"]
    assert len(asked) == len([line for line in blocked if line.error_class == cause])
    late = shown.owner.post(f"{here}retry/", {"ids": [str(written.id)]}, follow=True)
    assert "not blocked any more" in page_of(late)
