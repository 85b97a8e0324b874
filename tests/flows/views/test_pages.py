"""The pages about flows, runs and records, over a line that really ran."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.actions import Role
from apps.flows.models import Flow, FlowVersion, Run, Trigger
from apps.flows.services.publish import pause_flow
from apps.tenants import scope
from tests.flows.views.conftest import Shown


def _page(response: Any) -> str:
    return response.content.decode()


def _paths(shown: Shown) -> list[str]:
    flow, run = shown.line.flow.id, shown.run.id
    blocked = shown.line.operations(state="rejected")[0].id
    return [
        "/flows/",
        "/flows/install/",
        f"/flows/install/?customer={shown.line.customer.id}",
        f"/flows/{flow}/",
        *(f"/flows/{flow}/{part}/" for part in ("mapping", "runs", "versions", "monitors", "settings")),
        f"/flows/{flow}/mapping/description/",
        f"/flows/{flow}/?days=30",
        f"/flows/{flow}/versions/?from=1&to=1",
        f"/operations/?flow={flow}&state=rejected",
        "/templates/",
        "/templates/approved-time-to-bill/",
        "/runs/",
        f"/runs/{run}/",
        f"/operations/{blocked}/",
        f"/operations/{blocked}/correct/",
        "/api/v1/docs/",
    ]


def test_every_page_renders_for_an_owner_without_the_products_name(shown: Shown) -> None:
    for path in _paths(shown):
        response = shown.owner.get(path)
        assert response.status_code == 200, path
        assert "fairlead" not in _page(response).lower(), path


def test_a_viewer_looks_but_finds_no_button_that_is_not_theirs(shown: Shown) -> None:
    viewer = shown.as_(Role.READ_ONLY)
    page = _page(viewer.get(f"/flows/{shown.line.flow.id}/")) + _page(
        viewer.get(f"/flows/{shown.line.flow.id}/mapping/")
    )
    assert "Your role does not include running flows." in page
    assert "Edit</a>" not in page
    for path in (f"/flows/{shown.line.flow.id}/run/", f"/runs/{shown.run.id}/cancel/", f"/runs/{shown.run.id}/retry/"):
        assert viewer.post(path).status_code == 403, path
    blocked = shown.line.operations(state="rejected")[0]
    story = _page(viewer.get(f"/operations/{blocked.id}/"))
    assert "your role does not include seeing requests and responses" in story
    for one in viewer.get(f"/operations/{blocked.id}/").context["attempts"]:
        assert not one["address"]
        for document in (one["sent"], one["answered"], one["source"], one["mapped"]):
            assert _leaves(document) <= {"••••••", None}


def _leaves(document: Any) -> set[Any]:
    if isinstance(document, dict):
        return {leaf for value in document.values() for leaf in _leaves(value)}
    if isinstance(document, list):
        return {leaf for value in document for leaf in _leaves(value)}
    return {document}


def test_a_records_way_is_shown_with_the_place_where_it_is_broken(shown: Shown) -> None:
    for line in [*shown.line.operations(state="rejected"), shown.line.operations(state="written")[0]]:
        stops = shown.owner.get(f"/operations/{line.id}/").context["page"].lineage
        broken = [at for at, stop in enumerate(stops) if stop.broken_after]
        assert broken == ([] if line.state == "written" else [0] if line.step == "extract" else [1]), line.step
        assert stops[0].key == line.source_key
        assert stops[2].key == line.target_key


def test_a_new_version_of_a_record_shows_what_changed(shown: Shown) -> None:
    written = shown.line.operations(state="written")[0]
    shown.line.psa("PATCH", f"time-entries/{written.source_key}", {"hours": "3.25"})
    shown.line.run()
    newest = shown.line.operations(business_key=written.business_key)[-1]
    assert newest.id != written.id
    changes = shown.owner.get(f"/operations/{newest.id}/").context["page"].changes
    assert changes.before.id == written.id
    assert "3.25" in {row["right"] for row in changes.rows}
    assert changes.same


def test_a_customers_person_sees_the_own_runs_and_nobody_elses(shown: Shown) -> None:
    mine, stranger = shown.as_(Role.CUSTOMER_VIEWER), shown.as_(Role.CUSTOMER_OWNER, stranger=True)
    record = shown.line.operations(state="rejected")[0].id
    for path in (f"/runs/{shown.run.id}/", f"/operations/{record}/"):
        assert mine.get(path).status_code == 200, path
        assert stranger.get(path).status_code == 404, path
    assert str(shown.run.id) in _page(mine.get("/runs/"))
    assert str(shown.run.id) not in _page(stranger.get("/runs/"))
    assert mine.get("/flows/").status_code == 403
    assert 'aria-label="Sent"' not in _page(mine.get(f"/operations/{record}/"))


def test_ids_that_belong_to_nobody_are_not_found(shown: Shown) -> None:
    assert shown.owner.get("/templates/nonsense/").status_code == 404
    for path in (
        f"/dry-runs/{uuid4()}/",
        f"/flows/{uuid4()}/monitors/",
        f"/flows/{uuid4()}/",
        f"/runs/{uuid4()}/",
        f"/operations/{uuid4()}/",
        f"/flows/install/?customer={uuid4()}",
    ):
        assert shown.owner.get(path).status_code == 404, path
    assert shown.owner.get(f"/flows/{shown.line.flow.id}/mapping/nonsense/").status_code == 404


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
    assert "by a later run" in _page(shown.owner.get(f"/runs/{shown.run.id}/?count=rejected"))


def test_a_runs_records_are_searched_by_any_id(shown: Shown) -> None:
    line = shown.line.operations(state="rejected")[0]
    found = shown.owner.get(f"/runs/{shown.run.id}/", {"q": line.source_key}).context["lines"]
    assert line.id in {one.id for one in found}
    nothing = shown.owner.get(f"/runs/{shown.run.id}/", {"q": "no such\x00 thing"})
    assert "No record of this run fits." in _page(nothing)


def test_a_run_that_is_under_way_asks_for_itself_and_stops_when_it_is_over(shown: Shown) -> None:
    run = shown.line.start()
    page = _page(shown.owner.get(f"/runs/{run.id}/"))
    assert 'hx-trigger="every 2s"' in page
    part = shown.owner.get(f"/runs/{run.id}/live/", headers={"HX-Request": "true"})
    assert "<html" not in _page(part)
    assert "HX-Trigger" not in part
    assert 'data-opens="cancel-run"' in _page(part)
    shown.line.work()
    over = shown.owner.get(f"/runs/{run.id}/live/", headers={"HX-Request": "true"})
    assert over["HX-Trigger"] == "run-over"
    assert 'data-opens="cancel-run"' not in _page(over)
    assert "hx-trigger" not in _page(over)


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
    shown.owner.post(f"/flows/{shown.line.flow.id}/mapping/description/", {**_line(transforms="upper"), "publish": "1"})
    here = f"/runs/{shown.run.id}/"
    assert "Version 1, which this run used" in _page(shown.owner.get(here))
    chosen = {"ids": [str(blocked[0].id), str(written.id), "nonsense"]}
    answer = shown.owner.post(f"{here}retry/", chosen, follow=True)
    assert "1 record is tried again with version 2." in _page(answer)
    assert "1 was not blocked and was left as it is." in _page(answer)
    shown.line.work()
    pinned = shown.owner.post(f"{here}retry/", {"scope": "rejected", "version": "pinned"}, follow=True)
    assert f"{len(blocked)} records are tried again with version 1." in _page(pinned)
    shown.line.work()
    cause = blocked[0].error_class
    fitting = {"scope": "filter", "query": f"count=rejected&cause={cause}"}
    retried = shown.owner.post(f"{here}retry/", fitting)["Location"].strip("/").split("/")[-1]
    with scope.work_in(shown.line.partner):
        asked = Run.objects.get(id=retried).event.payload["operations"]
    assert len(asked) == len([line for line in blocked if line.error_class == cause])
    late = shown.owner.post(f"{here}retry/", {"ids": [str(written.id)]}, follow=True)
    assert "not blocked any more" in _page(late)


def test_run_now_pause_and_resume(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    started = shown.owner.post(f"{here}/run/")
    assert started["Location"].startswith("/runs/")
    assert "others will ask" in _page(shown.owner.post(f"{here}/pause/", {"reason": " "}, follow=True))
    paused = _page(shown.owner.post(f"{here}/pause/", {"reason": "period end"}, follow=True))
    assert "period end (Owner)" in paused
    assert "Resume" in paused
    assert "set it live before it can run" in _page(shown.owner.post(f"{here}/run/", follow=True))
    assert "is live again" in _page(shown.owner.post(f"{here}/resume/", follow=True))


def test_a_schedule_is_set_said_in_words_and_taken_away(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    interval = {"way": "interval", "every_seconds": "900"}
    assert "Every 15 minutes" in _page(shown.owner.post(f"{here}/schedule/", interval, follow=True))
    weekly = {"way": "weekdays", "weekdays": ["0", "1", "2", "3", "4"], "times": "7:00, 13.30", "zone": "Europe/Berlin"}
    page = _page(shown.owner.post(f"{here}/schedule/", weekly, follow=True))
    assert "Every weekday at 07:00 and 13:30, Europe/Berlin" in page
    with scope.work_in(shown.line.partner):
        trigger = Trigger.objects.get(flow=shown.line.flow, active=True)
        assert (trigger.cron, trigger.every_seconds) == ("0 7 * * 1-5; 30 13 * * 1-5", None)
        assert trigger.next_at is not None
    shown.owner.post(f"{here}/schedule/", {"way": "none"})
    with scope.work_in(shown.line.partner):
        assert not Trigger.objects.filter(flow=shown.line.flow, active=True).exists()
        assert Flow.objects.get(id=shown.line.flow.id).expected_every_seconds is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({}, "This field is required", id="nothing chosen"),
        pytest.param({"way": "shout"}, "Select a valid choice", id="an unknown way"),
        pytest.param({"way": "interval", "every_seconds": "1"}, "Select a valid choice", id="an interval of its own"),
        pytest.param({"way": "interval"}, "from the list", id="no interval"),
        pytest.param({"way": "weekdays", "times": "07:00"}, "at least one day", id="no day"),
        pytest.param(
            {"way": "weekdays", "weekdays": ["9"], "times": "07:00"}, "Select a valid choice", id="a ninth day"
        ),
        pytest.param({"way": "weekdays", "weekdays": ["0"], "times": "25:00"}, "no time of day", id="a 25th hour"),
        pytest.param({"way": "weekdays", "weekdays": ["0"], "times": "<script>"}, "&lt;script&gt;", id="a script"),
        pytest.param({"way": "weekdays", "weekdays": ["0"], "times": "1:00 " * 9}, "At most 6", id="too many times"),
        pytest.param({"way": "weekdays", "weekdays": ["0"], "times": "7:00" * 99}, "at most 60", id="oversized"),
        pytest.param({"way": "month", "day": "31", "month_times": "07:00"}, "Select a valid choice", id="the 31st"),
        pytest.param({"way": "month", "day": "1", "month_times": ""}, "at which time", id="no time"),
        pytest.param({"way": "cron", "cron": "0 7 * *"}, "five parts", id="a short rule"),
        pytest.param({"way": "cron", "cron": "0 0 30 2 *"}, "cannot be read", id="a day that never comes"),
        pytest.param({"way": "cron", "cron": "0 7 * * *", "zone": "Europe/Nowhere"}, "no time zone", id="no such zone"),
        pytest.param({"way": "cron", "cron": "0 7 * * *\x00"}, "Null characters", id="a NUL"),
    ],
)
def test_a_schedule_that_cannot_be_is_explained_at_its_field(
    shown: Shown, typed: dict[str, Any], sentence: str
) -> None:
    answer = shown.owner.post(f"/flows/{shown.line.flow.id}/schedule/", typed)
    assert answer.status_code == 400
    assert sentence in _page(answer)
    assert shown.owner.get(f"/flows/{shown.line.flow.id}/schedule/preview/", typed).status_code == 200
    with scope.work_in(shown.line.partner):
        assert not Trigger.objects.filter(flow=shown.line.flow).exists()


def test_a_rule_that_is_typed_is_explained_with_its_next_times(shown: Shown) -> None:
    asked = {"way": "cron", "cron": "0 7 * * 1-5", "zone": "Europe/Berlin"}
    answer = shown.owner.get(f"/flows/{shown.line.flow.id}/schedule/preview/", asked)
    assert "Every weekday at 07:00, Europe/Berlin" in _page(answer)
    assert len(answer.context["next_times"]) == 3


def test_silence_is_watched_as_somebody_says(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    answer = shown.owner.post(f"{here}/expectation/", {"expected_every_seconds": "86400"}, follow=True)
    assert "A run is expected every 1 d" in _page(answer)
    assert shown.owner.post(f"{here}/expectation/", {"expected_every_seconds": "7"}).status_code == 400
    with scope.work_in(shown.line.partner):
        assert Flow.objects.get(id=shown.line.flow.id).expected_every_seconds == 86_400
    assert shown.as_(Role.READ_ONLY).post(f"{here}/expectation/").status_code == 403


def test_versions_are_compared_in_words_and_gone_back_to(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    shown.owner.post(f"{here}/mapping/description/", {**_line(transforms="trim\nupper"), "publish": "1"})
    (line,) = shown.owner.get(f"{here}/versions/?from=1&to=2").context["compared"].lines
    assert "then trim, upper" in line.after
    assert "upper" not in line.before
    assert "Version 3 is live" in _page(shown.owner.post(f"{here}/versions/1/restore/", follow=True))
    same = shown.owner.get(f"{here}/versions/?from=1&to=3")
    assert same.context["compared"].lines == []
    assert "Both versions do exactly the same." in _page(same)
    assert shown.owner.post(f"{here}/versions/99/restore/").status_code == 404
    assert "is live already" in _page(shown.owner.post(f"{here}/versions/3/restore/", follow=True))
    for query in ("from=x&to=\x00", "from=9&to=1", "from=1"):
        assert shown.owner.get(f"{here}/versions/?{query}").status_code == 200


def test_every_figure_of_the_steps_leads_to_its_records(shown: Shown) -> None:
    picture = shown.owner.get(f"/flows/{shown.line.flow.id}/?days=1").context["picture"]
    assert [step.kind for step in picture.steps] == ["extract", "check", "map", "deliver"]
    assert picture.stuck == shown.run.rejected
    for step in picture.steps:
        for figure in [*step.exits, *([step.stuck] if step.stuck else [])]:
            assert shown.owner.get(figure.url).context["list"].total == figure.count, (step.kind, figure.label)


def test_a_dry_run_is_asked_for_watched_and_shown(shown: Shown) -> None:
    asked = shown.owner.post(f"/flows/{shown.line.flow.id}/dry-run/", {"scope": "latest"})
    here = asked["Location"]
    assert 'hx-trigger="every 2s"' in _page(shown.owner.get(here))
    shown.line.work()
    part = shown.owner.get(here, headers={"HX-Request": "true"})
    assert part["HX-Refresh"] == "true"
    page = shown.owner.get(here)
    assert "would be refused" in _page(page)
    assert page.context["rows"]
    for name in ("creates", "updates", "unchanged", "skipped", "rejected"):
        found = shown.owner.get(f"{here}?outcome={name}")
        assert len(found.context["rows"]) == min(getattr(page.context["dry_run"], name), 50), name
    hidden = shown.as_(Role.READ_ONLY).get(here)
    assert "Values are hidden" in _page(hidden)
    assert all(value in {"", "••••••"} for row in hidden.context["rows"] for _label, value in row.fields)
    assert shown.as_(Role.CUSTOMER_OWNER).get(here).status_code == 403
    assert shown.as_(Role.READ_ONLY).post(f"/flows/{shown.line.flow.id}/dry-run/").status_code == 403


def test_a_webhook_address_is_shown_once(shown: Shown) -> None:
    response = shown.owner.post(f"/flows/{shown.line.flow.id}/webhook/")
    page = _page(response)
    assert "/in/" in page
    assert "whsec_" in page
    assert "no-store" in response["Cache-Control"]
    assert "whsec_" not in _page(shown.owner.get(f"/flows/{shown.line.flow.id}/"))


def _line(**changes: Any) -> dict[str, Any]:
    return {"source": "note", "expression": "", "transforms": "", "default": "", "write_mode": "overwrite", **changes}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"expression": "hours *"}, "Keep one"),
        ({"source": "", "expression": "r.hours *"}, "field-error"),
        ({"source": "", "expression": "r.nonsense + 1"}, "the source has no field"),
        ({"transforms": "shout"}, "shout"),
        ({"source": ""}, "the field would stay empty"),
        ({"source": "king"}, "Select a valid choice"),
        ({"value_from": ["a", "a"], "value_to": ["1", "2"]}, "the same value twice"),
        ({"value_from": ["a"], "value_to": [""]}, "half filled"),
        ({"write_mode": "shout"}, "Select a valid choice"),
    ],
    ids=[
        "two origins",
        "an expression that ends too soon",
        "an unknown field in an expression",
        "an unknown step",
        "no origin at all",
        "an unknown source",
        "a value twice in the table",
        "half a row",
        "an unknown write mode",
    ],
)
def test_a_wrong_line_is_explained_in_place_and_publishes_nothing(
    shown: Shown, changes: dict[str, Any], sentence: str
) -> None:
    path = f"/flows/{shown.line.flow.id}/mapping/description/"
    for button in ("publish", "preview"):
        response = shown.owner.post(path, {**_line(**changes), button: "1"})
        assert response.status_code == 400, _page(response)[:400]
        assert sentence in _page(response)
    with scope.work_in(shown.line.partner):
        assert FlowVersion.objects.filter(flow=shown.line.flow).count() == 1


def test_a_line_is_tried_published_shown_and_reset(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    path = f"{here}mapping/description/"
    wanted = _line(transforms="trim\nupper", note="Capitals on invoices")
    tried = shown.owner.post(path, {**wanted, "preview": "1"})
    assert tried.status_code == 200
    assert tried.context["tried"].value.isupper()
    assert "Version 2 is live" in _page(shown.owner.post(path, {**wanted, "publish": "1"}, follow=True))
    (row,) = [row for row in shown.owner.get(f"{here}mapping/").context["mapping"].rows if row.target == "description"]
    assert (row.origin, "upper" in row.how) == ("customer", True)
    assert "Capitals on invoices" in _page(shown.owner.get(f"{here}versions/"))
    assert "Nothing was changed" in _page(shown.owner.post(path, {**wanted, "publish": "1"}, follow=True))
    shown.owner.post(f"{path}reset/")
    (row,) = [row for row in shown.owner.get(f"{here}mapping/").context["mapping"].rows if row.target == "description"]
    assert row.origin != "customer"


def test_a_table_of_values_is_typed_and_added_to(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    table = {"value_from": ["Travel", ""], "value_to": ["T-1", ""], "otherwise": "X"}
    shown.owner.post(f"{here}mapping/description/", {**_line(), **table, "publish": "1"})
    shown.owner.post(f"{here}mapping/description/value/", {"outside_value": "Call", "new_value": "C-1"})
    (values,) = [v for v in shown.owner.get(f"{here}mapping/").context["mapping"].values if v.target == "description"]
    assert (values.pairs, values.otherwise) == ([("Call", "C-1"), ("Travel", "T-1")], "X")
    half = shown.owner.post(f"{here}mapping/description/value/", {"outside_value": "Call"}, follow=True)
    assert "Fill in both" in _page(half)


def test_a_record_tells_its_story_and_its_evidence(shown: Shown) -> None:
    written = shown.line.operations(state="written")[0]
    page = _page(shown.owner.get(f"/operations/{written.id}/"))
    assert f"ERP holds this record as {written.target_key}." in page
    assert 'aria-label="Sent"' in page
    blocked = next(op for op in shown.line.operations(state="rejected") if "25" in op.error_message)
    page = _page(shown.owner.get(f"/operations/{blocked.id}/"))
    assert "Correct and retry" in page
    assert "It can never arrive twice." in page


def test_a_record_is_corrected_and_retried(shown: Shown) -> None:
    blocked = next(op for op in shown.line.operations(state="rejected") if "25" in op.error_message)
    path = f"/operations/{blocked.id}/correct/"
    wrong = shown.owner.post(path, {"field": "hours", "new_value": "seven", "reason": "typo"})
    assert wrong.status_code == 400
    assert "Hours" in _page(wrong)
    assert "the correction is kept as evidence" in _page(shown.owner.post(path, {"field": "hours", "new_value": "7"}))
    answer = shown.owner.post(path, {"field": "hours", "new_value": "7.5", "reason": "typo"})
    assert answer["Location"].startswith("/runs/")
    shown.line.work()
    (line,) = shown.line.operations(id=blocked.id)
    assert line.state == "written"
    page = _page(shown.owner.get(f"/operations/{blocked.id}/"))
    assert "was 25" in page
    assert "typo" in page
    late = shown.owner.post(path, {"field": "hours", "new_value": "8", "reason": "again"})
    assert "not blocked any more" in _page(late)


def test_a_record_that_is_not_blocked_cannot_be_retried(shown: Shown) -> None:
    written = shown.line.operations(state="written")[0]
    answer = shown.owner.post(f"/operations/{written.id}/retry/", follow=True)
    assert "not blocked any more" in _page(answer)


def test_installing_validates_in_place_and_goes_live(shown: Shown) -> None:
    line = shown.line
    path = f"/flows/install/?customer={line.customer.id}"
    form = {
        "template": "approved-time-to-bill",
        "name": line.flow.name,
        "source": line.source.id,
        "target": line.target.id,
    }
    assert "already has a flow called" in _page(shown.owner.post(path, form))
    swapped = shown.owner.post(path, {**form, "name": "Other", "source": line.target.id})
    assert swapped.status_code == 400
    done = shown.owner.post(path, {**form, "name": "Second flow"}, follow=True)
    assert "Second flow is installed and live" in _page(done)


@pytest.mark.parametrize("query", ["?state=%00&customer=x&page=99999999", "?page=-1", "?q=%00", "?customer=nobody"])
def test_a_nonsense_filter_breaks_nothing(shown: Shown, query: str) -> None:
    for path in ("/flows/", "/runs/", "/operations/", f"/runs/{shown.run.id}/"):
        assert shown.owner.get(path + query).status_code == 200, path


def test_lists_cost_the_same_for_few_and_many(
    shown: Shown, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(3):
        shown.line.run()
    blocked = shown.line.operations(state="rejected")[0]
    ceilings = {
        "/flows/": 24,
        f"/flows/{shown.line.flow.id}/": 26,
        f"/flows/{shown.line.flow.id}/monitors/": 18,
        f"/flows/{shown.line.flow.id}/runs/": 18,
        "/operations/": 16,
        "/runs/": 18,
        f"/runs/{shown.run.id}/": 20,
        f"/operations/{blocked.id}/": 20,
    }
    owner = shown.owner
    for path, ceiling in ceilings.items():
        with django_assert_max_num_queries(ceiling):
            assert owner.get(path).status_code == 200


def test_a_paused_flow_says_why_in_the_list_of_an_operations_person(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        pause_flow(Flow.objects.get(id=shown.line.flow.id), reason="audit", made_by="Fina")
    page = _page(shown.as_(Role.OPERATIONS).get("/flows/?state=paused"))
    assert "Paused" in page
    with scope.work_in(shown.line.partner):
        assert Run.objects.count() == 1
