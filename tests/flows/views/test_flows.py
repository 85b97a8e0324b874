"""What is done with one flow: install, run, pause, set when it runs, watch it, try it, go back to a version."""

from typing import Any

import pytest

from apps.accounts.actions import Role
from apps.dispatch.models import DueWork
from apps.flows.models import Flow, Run, Trigger
from apps.flows.services.flow_state import pause_flow
from apps.flows.services.start_run import RUN_KIND
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of, typed_line


def test_run_now_pause_and_resume(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    started = shown.owner.post(f"{here}/run/")
    assert started["Location"].startswith("/runs/")
    assert "others will ask" in page_of(shown.owner.post(f"{here}/pause/", {"reason": " "}, follow=True))
    paused = page_of(shown.owner.post(f"{here}/pause/", {"reason": "period end"}, follow=True))
    assert "period end (Owner)" in paused
    assert "Resume" in paused
    queued = shown.owner.post(f"{here}/run/", follow=True)
    assert "is paused: the run is queued until it is resumed" in page_of(queued)
    (page, _status) = queued.redirect_chain[-1]
    run_id = page.split("/")[2]
    with scope.work_in(shown.line.partner):
        waiting = Run.objects.get(id=run_id)
        assert (waiting.state, waiting.started_by) == ("queued", "Owner")
    assert not _due_works_of(run_id)
    shown.line.work()  # what was asked for before the pause; this run is nobody's work yet
    assert shown.line.reload(waiting).state == "queued"
    assert "is live again" in page_of(shown.owner.post(f"{here}/resume/", follow=True))
    assert _due_works_of(run_id)
    shown.line.work()
    assert shown.line.reload(waiting).state in {"clean", "empty"}


def _due_works_of(run_id: str) -> bool:
    with scope.public():
        return DueWork.objects.filter(kind=RUN_KIND, reference=run_id).exists()


def test_the_overview_says_which_rules_are_judged_before_posting_and_by_whom(shown: Shown) -> None:
    page = page_of(shown.owner.get(f"/flows/{shown.line.flow.id}/"))
    assert "Rules before posting" in page
    assert "The accounting period of the posting is open" in page
    assert "Judged by what Sandbox ERP says." in page
    assert "Before posting, where the systems can tell" in page_of(shown.owner.get("/templates/approved-time-to-bill/"))


def test_a_retired_flow_is_not_run_and_says_so(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    with scope.work_in(shown.line.partner):
        Flow.objects.filter(id=shown.line.flow.id).update(state=Flow.State.RETIRED)
        before = Run.objects.count()
    assert "set it live before it can run" in page_of(shown.owner.post(f"{here}/run/", follow=True))
    with scope.work_in(shown.line.partner):
        assert Run.objects.count() == before


def test_a_schedule_is_set_said_in_words_and_taken_away(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    interval = {"way": "interval", "every_seconds": "900"}
    assert "Every 15 minutes" in page_of(shown.owner.post(f"{here}/schedule/", interval, follow=True))
    weekly = {"way": "weekdays", "weekdays": ["0", "1", "2", "3", "4"], "times": "7:00, 13.30", "zone": "Europe/Berlin"}
    page = page_of(shown.owner.post(f"{here}/schedule/", weekly, follow=True))
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
    assert sentence in page_of(answer)
    assert shown.owner.get(f"/flows/{shown.line.flow.id}/schedule/preview/", typed).status_code == 200
    with scope.work_in(shown.line.partner):
        assert not Trigger.objects.filter(flow=shown.line.flow).exists()


def test_a_rule_that_is_typed_is_explained_with_its_next_times(shown: Shown) -> None:
    asked = {"way": "cron", "cron": "0 7 * * 1-5", "zone": "Europe/Berlin"}
    answer = shown.owner.get(f"/flows/{shown.line.flow.id}/schedule/preview/", asked)
    assert "Every weekday at 07:00, Europe/Berlin" in page_of(answer)
    assert len(answer.context["next_times"]) == 3


def test_silence_is_watched_as_somebody_says(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    answer = shown.owner.post(f"{here}/expectation/", {"expected_every_seconds": "86400"}, follow=True)
    assert "A run is expected every 1 d" in page_of(answer)
    assert shown.owner.post(f"{here}/expectation/", {"expected_every_seconds": "7"}).status_code == 400
    with scope.work_in(shown.line.partner):
        assert Flow.objects.get(id=shown.line.flow.id).expected_every_seconds == 86_400
    assert shown.as_(Role.READ_ONLY).post(f"{here}/expectation/").status_code == 403


def test_versions_are_compared_in_words_and_gone_back_to(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}"
    shown.owner.post(f"{here}/mapping/description/", {**typed_line(transforms="trim\nupper"), "publish": "1"})
    (line,) = shown.owner.get(f"{here}/versions/?from=1&to=2").context["compared"].lines
    assert "then trim, upper" in line.after
    assert "upper" not in line.before
    assert "Version 3 is live" in page_of(shown.owner.post(f"{here}/versions/1/restore/", follow=True))
    same = shown.owner.get(f"{here}/versions/?from=1&to=3")
    assert same.context["compared"].lines == []
    assert "Both versions do exactly the same." in page_of(same)
    assert shown.owner.post(f"{here}/versions/99/restore/").status_code == 404
    assert "is live already" in page_of(shown.owner.post(f"{here}/versions/3/restore/", follow=True))
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
    assert 'hx-trigger="every 2s"' in page_of(shown.owner.get(here))
    shown.line.work()
    part = shown.owner.get(here, headers={"HX-Request": "true"})
    assert part["HX-Refresh"] == "true"
    page = shown.owner.get(here)
    assert "would be refused" in page_of(page)
    assert page.context["rows"]
    for name in ("creates", "updates", "unchanged", "skipped", "rejected"):
        found = shown.owner.get(f"{here}?outcome={name}")
        assert len(found.context["rows"]) == min(getattr(page.context["dry_run"], name), 50), name
    hidden = shown.as_(Role.READ_ONLY).get(here)
    assert "Values are hidden" in page_of(hidden)
    assert all(value in {"", "••••••"} for row in hidden.context["rows"] for _label, value in row.fields)
    assert shown.as_(Role.CUSTOMER_OWNER).get(here).status_code == 403
    assert shown.as_(Role.READ_ONLY).post(f"/flows/{shown.line.flow.id}/dry-run/").status_code == 403


def test_a_webhook_address_is_shown_once(shown: Shown) -> None:
    response = shown.owner.post(f"/flows/{shown.line.flow.id}/webhook/")
    page = page_of(response)
    assert "/in/" in page
    assert "whsec_" in page
    assert "no-store" in response["Cache-Control"]
    assert "whsec_" not in page_of(shown.owner.get(f"/flows/{shown.line.flow.id}/"))


def test_installing_validates_in_place_and_goes_live(shown: Shown) -> None:
    line = shown.line
    path = f"/flows/install/?customer={line.customer.id}"
    form = {
        "template": "approved-time-to-bill",
        "name": line.flow.name,
        "source": line.source.id,
        "target": line.target.id,
    }
    assert "already has a flow called" in page_of(shown.owner.post(path, form))
    swapped = shown.owner.post(path, {**form, "name": "Other", "source": line.target.id})
    assert swapped.status_code == 400
    done = shown.owner.post(path, {**form, "name": "Second flow"}, follow=True)
    assert "Second flow is installed and live" in page_of(done)


def test_a_paused_flow_says_why_in_the_list_of_an_operations_person(shown: Shown) -> None:
    with scope.work_in(shown.line.partner):
        pause_flow(Flow.objects.get(id=shown.line.flow.id), reason="audit", made_by="Fina")
    page = page_of(shown.as_(Role.OPERATIONS).get("/flows/?state=paused"))
    assert "Paused" in page
    with scope.work_in(shown.line.partner):
        assert Run.objects.count() == 1
