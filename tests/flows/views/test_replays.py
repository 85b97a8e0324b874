"""The pages of replays: what is chosen, what it would mean, its confirmation, and how far it is."""

import pytest

from apps.accounts.actions import Role
from apps.dispatch.models import DueWork, Queue
from apps.flows.models import ReplayJob, Run
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of


def _work(shown: Shown) -> None:
    for _ in range(3):
        DueWork.objects.filter(kind="flows.replay").update(due_at="2020-01-01T00:00Z")
        shown.line.work(Queue.MAINT)
        shown.line.work(Queue.RUN)


def _jobs(shown: Shown) -> list[ReplayJob]:
    with scope.work_in(shown.line.partner):
        return list(ReplayJob.objects.all())


def test_all_that_match_a_filter_are_tried_again_after_the_consequences_were_seen(shown: Shown) -> None:
    blocked = shown.line.operations(state="rejected")
    listed = page_of(shown.owner.get("/operations/", {"state": "rejected"}))
    assert "Retry all that match…" in listed
    asked = shown.owner.post("/replays/ask/", {"everything": "1", "query": "state=rejected"})
    page = page_of(shown.owner.get(asked["Location"]))
    assert f"Retry {len(blocked)} records" in page
    assert "Live: version 1, of " in page
    assert "From the step where each stopped" in page
    with scope.work_in(shown.line.partner):
        assert not Run.objects.filter(mode="replay").exists()
    started = shown.owner.post(f"{asked['Location']}start/", {"begin": "failed_step", "version": "live"})
    assert started["Location"] == asked["Location"]
    under_way = shown.owner.get(asked["Location"], headers={"HX-Request": "true"})
    assert "hx-trigger" in page_of(under_way)
    assert "<html" not in page_of(under_way)
    _work(shown)
    over = shown.owner.get(asked["Location"], headers={"HX-Request": "true"})
    assert over["HX-Refresh"] == "true"
    page = page_of(shown.owner.get(asked["Location"]))
    assert "What failed again" in page
    assert all(line.label in page for line in blocked)
    assert "Its runs" in page
    assert f"Retry {len(blocked)} records" in page_of(shown.owner.get("/replays/"))
    again = shown.owner.post(f"{asked['Location']}again/")
    assert again["Location"] != asked["Location"]
    assert f"Retry {len(blocked)} records" in page_of(shown.owner.get(again["Location"]))


def test_chosen_records_that_arrived_are_named_as_left_alone(shown: Shown) -> None:
    written, blocked = shown.line.operations(state="written")[:2], shown.line.operations(state="rejected")[0]
    ids = [str(line.id) for line in (*written, blocked)]
    asked = shown.owner.post("/replays/ask/", {"ids": [*ids, "nonsense"], "query": ""})
    page = page_of(shown.owner.get(asked["Location"]))
    assert "Retry 1 record" in page
    assert "2 are left alone:" in page
    assert "a second try could only do harm" in page


def test_one_record_is_tried_with_options_from_its_own_page(shown: Shown) -> None:
    blocked = shown.line.operations(state="rejected")[0]
    assert f"/operations/{blocked.id}/replay/" in page_of(shown.owner.get(f"/operations/{blocked.id}/"))
    asked = shown.owner.post(f"/operations/{blocked.id}/replay/")
    assert "Retry 1 record" in page_of(shown.owner.get(asked["Location"]))
    back = shown.owner.post(f"{asked['Location']}cancel/")
    assert back["Location"] == f"/operations/{blocked.id}/"
    assert _jobs(shown) == []


def test_a_stopped_replay_goes_on(shown: Shown) -> None:
    asked = shown.owner.post("/replays/ask/", {"everything": "1", "query": "state=rejected"})["Location"]
    shown.owner.post(f"{asked}start/")
    page = page_of(shown.owner.post(f"{asked}cancel/", follow=True))
    assert "Stopped: what is done stays done" in page
    assert "Go on" in page
    assert "over already" in page_of(shown.owner.post(f"{asked}cancel/", follow=True))
    shown.owner.post(f"{asked}resume/")
    _work(shown)
    assert _jobs(shown)[0].state == "done"
    assert "Only a replay that was stopped" in page_of(shown.owner.post(f"{asked}resume/", follow=True))


def test_what_somebody_only_thinks_about_is_theirs_and_the_rest_is_the_teams(shown: Shown) -> None:
    asked = shown.owner.post("/replays/ask/", {"everything": "1", "query": "state=rejected"})["Location"]
    support = shown.as_(Role.SUPPORT)
    assert support.get(asked).status_code == 404
    assert support.post(f"{asked}start/").status_code == 404
    shown.owner.post(f"{asked}start/")
    assert support.get(asked).status_code == 200
    assert shown.as_(Role.READ_ONLY).get(asked).status_code == 403
    assert shown.as_(Role.CUSTOMER_OWNER).get(asked).status_code in {403, 404}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        pytest.param({"ids": [], "query": ""}, "Choose at least one record.", id="nothing ticked"),
        pytest.param(
            {"everything": "1", "query": "q=nobody-has-this"}, "Choose at least one record.", id="nothing fits"
        ),
    ],
)
def test_an_empty_choice_is_answered_in_the_list(shown: Shown, sent: dict[str, object], words: str) -> None:
    assert words in page_of(shown.owner.post("/replays/ask/", sent, follow=True))


def test_a_nonsense_option_is_refused_in_place(shown: Shown) -> None:
    asked = shown.owner.post("/replays/ask/", {"everything": "1", "query": "state=rejected"})["Location"]
    answer = shown.owner.post(f"{asked}start/", {"begin": "yesterday"})
    assert answer.status_code == 400
    assert _jobs(shown)[0].state == "asked"


def test_a_replay_is_tried_out_first_without_writing_anything(shown: Shown) -> None:
    blocked = shown.line.operations(state="rejected")
    asked = shown.owner.post("/replays/ask/", {"everything": "1", "query": "state=rejected"})["Location"]
    assert "Dry run first" in page_of(shown.owner.get(asked))
    before = len(shown.line.time_lines())
    assert shown.owner.post(f"{asked}try/", {"version": "live"})["Location"] == f"{asked}#trial"
    under_way = page_of(shown.owner.get(asked, headers={"HX-Request": "true"}))
    assert "hx-trigger" in under_way
    shown.line.work()
    found = page_of(shown.owner.get(asked, headers={"HX-Request": "true"}))
    assert f"{len(blocked)} records were tried, without writing anything." in found
    assert "Would be refused" in found
    assert "hx-trigger" not in found
    assert len(shown.line.time_lines()) == before
    assert [one.state for one in shown.line.operations(state="rejected")] == ["rejected"] * len(blocked)
    shown.owner.post(f"{asked}start/", {"version": "live"})
    late = page_of(shown.owner.post(f"{asked}try/", {"version": "live"}, follow=True))
    assert "nothing left to try out" in late
