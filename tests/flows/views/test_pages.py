"""The pages about flows, runs and records, over a line that really ran."""

from collections.abc import Callable
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
        f"/flows/{flow}/mapping/description/",
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
    page = _page(viewer.get(f"/flows/{shown.line.flow.id}/"))
    assert "Your role does not include running flows." in page
    assert "Edit</a>" not in page
    for path in (f"/flows/{shown.line.flow.id}/run/", f"/runs/{shown.run.id}/cancel/", f"/runs/{shown.run.id}/retry/"):
        assert viewer.post(path).status_code == 403, path
    blocked = shown.line.operations(state="rejected")[0]
    story = _page(viewer.get(f"/operations/{blocked.id}/"))
    assert "your role does not include seeing requests and responses" in story
    assert 'aria-label="Sent"' not in story
    assert 'aria-label="Read"' not in story


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
    for path in (
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
            found = shown.owner.get(f"/runs/{run.id}/?count={count}").context["shown"]
            listed = len(found.lines) + len(found.repeats) + found.untraced
            assert listed == min(getattr(run, count), 50) or found.more_repeats or found.older_before, (
                run.state,
                count,
            )


def test_a_rejected_record_that_was_retried_still_stands_behind_its_first_runs_count(shown: Shown) -> None:
    blocked = shown.line.operations(state="rejected")
    response = shown.owner.post(f"/runs/{shown.run.id}/retry/")
    retry = response["Location"].strip("/").split("/")[-1]
    shown.line.work()
    for run in (shown.run.id, retry):
        page = shown.owner.get(f"/runs/{run}/?count=rejected")
        assert len(page.context["shown"].lines) == len(blocked), run
    assert "by a later run" in _page(shown.owner.get(f"/runs/{shown.run.id}/?count=rejected"))


def test_a_runs_records_are_searched_by_any_id(shown: Shown) -> None:
    line = shown.line.operations(state="rejected")[0]
    found = shown.owner.get(f"/runs/{shown.run.id}/", {"q": line.source_key}).context["shown"].lines
    assert line.id in {one.id for one in found}
    nothing = shown.owner.get(f"/runs/{shown.run.id}/", {"q": "no such\x00 thing"})
    assert "No record of this run fits." in _page(nothing)


def test_a_run_that_is_under_way_asks_for_itself_and_stops_when_it_is_over(shown: Shown) -> None:
    run = shown.line.start()
    page = _page(shown.owner.get(f"/runs/{run.id}/"))
    assert 'hx-trigger="every 2s"' in page
    part = shown.owner.get(f"/runs/{run.id}/", headers={"HX-Request": "true"})
    assert "<html" not in _page(part)
    assert "HX-Refresh" not in part
    shown.line.work()
    over = shown.owner.get(f"/runs/{run.id}/", headers={"HX-Request": "true"})
    assert over["HX-Refresh"] == "true"
    assert "hx-trigger" not in _page(over)


def test_run_now_pause_and_resume(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    started = shown.owner.post(f"{here}/run/")
    assert started["Location"].startswith("/runs/")
    assert "others will ask" in _page(shown.owner.post(f"{here}/pause/", {"reason": " "}, follow=True))
    paused = _page(shown.owner.post(f"{here}/pause/", {"reason": "period end"}, follow=True))
    assert "period end (Owner)" in paused
    assert "It is paused: resume it first." in paused
    assert "set it live before it can run" in _page(shown.owner.post(f"{here}/run/", follow=True))
    assert "is live again" in _page(shown.owner.post(f"{here}/resume/", follow=True))


def test_a_schedule_is_set_said_in_words_and_taken_away(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    assert "Every 15 minutes" in _page(shown.owner.post(f"{here}/schedule/", {"every_seconds": "900"}, follow=True))
    assert "from the list" in _page(shown.owner.post(f"{here}/schedule/", {"every_seconds": "1"}, follow=True))
    shown.owner.post(f"{here}/schedule/", {"every_seconds": "0"})
    with scope.work_in(shown.line.partner):
        assert not Trigger.objects.filter(flow=shown.line.flow, active=True).exists()
        assert Flow.objects.get(id=shown.line.flow.id).expected_every_seconds is None


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
    (row,) = [row for row in shown.owner.get(here).context["page"].mapping.rows if row.target == "description"]
    assert (row.origin, "upper" in row.how) == ("customer", True)
    assert "Capitals on invoices" in _page(shown.owner.get(here))
    assert "Nothing was changed" in _page(shown.owner.post(path, {**wanted, "publish": "1"}, follow=True))
    shown.owner.post(f"{path}reset/")
    (row,) = [row for row in shown.owner.get(here).context["page"].mapping.rows if row.target == "description"]
    assert row.origin != "customer"


def test_a_table_of_values_is_typed_and_added_to(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    table = {"value_from": ["Travel", ""], "value_to": ["T-1", ""], "otherwise": "X"}
    shown.owner.post(f"{here}mapping/description/", {**_line(), **table, "publish": "1"})
    shown.owner.post(f"{here}mapping/description/value/", {"outside_value": "Call", "new_value": "C-1"})
    (values,) = [v for v in shown.owner.get(here).context["page"].mapping.values if v.target == "description"]
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
    for path in ("/flows/", "/runs/", f"/runs/{shown.run.id}/"):
        assert shown.owner.get(path + query).status_code == 200, path


def test_lists_cost_the_same_for_few_and_many(
    shown: Shown, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(3):
        shown.line.run()
    blocked = shown.line.operations(state="rejected")[0]
    ceilings = {
        "/flows/": 24,
        f"/flows/{shown.line.flow.id}/": 24,
        "/runs/": 18,
        f"/runs/{shown.run.id}/": 16,
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
