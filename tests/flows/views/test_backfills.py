"""The pages of backfills: days are chosen, refused in place, and a stopped one is gone on with."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.flows.models import Run
from apps.flows.services.cancel_run import cancel_run
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of


def _days(shown: Shown, **changes: str) -> dict[str, str]:
    today = timezone.now().date()
    return {"first": (today - timedelta(days=30)).isoformat(), "last": today.isoformat(), **changes}


def test_a_backfill_is_started_from_its_flow_and_says_which_days(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    assert f"{here}backfill/" in page_of(shown.owner.get(here))
    assert "two years at most" in page_of(shown.owner.get(f"{here}backfill/"))
    run = shown.owner.post(f"{here}backfill/", _days(shown))["Location"]
    page = page_of(shown.owner.get(run))
    assert "Backfill of " in page
    assert "Backfill of " in page_of(shown.owner.get(f"{here}runs/"))
    again = shown.owner.post(f"{here}backfill/", _days(shown))
    assert again.status_code == 400
    assert "is under way" in page_of(again)
    with scope.work_in(shown.line.partner):
        cancel_run(Run.objects.get(mode="backfill"), made_by="Suki")
    assert "Go on with the backfill" in page_of(shown.owner.get(run))
    following = shown.owner.post(f"{run}resume/")["Location"]
    assert following != run
    shown.line.work()
    assert "gone on with" in page_of(shown.owner.post(f"{following}resume/", follow=True))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"first": "2999-01-01", "last": "2999-01-02"}, "has not", id="the future"),
        pytest.param({"first": "2020-01-01"}, "two years", id="too many days"),
        pytest.param({"last": "2020-01-01"}, "not before the first", id="the wrong way round"),
        pytest.param({"first": "31.02.2026"}, "valid date", id="no day"),
    ],
)
def test_days_that_cannot_be_are_refused_in_place(shown: Shown, changes: dict[str, str], words: str) -> None:
    answer = shown.owner.post(f"/flows/{shown.line.flow.id}/backfill/", _days(shown, **changes))
    assert answer.status_code == 400
    assert words in page_of(answer)
    with scope.work_in(shown.line.partner):
        assert not Run.objects.filter(mode="backfill").exists()


def test_only_those_who_run_flows_backfill(shown: Shown) -> None:
    assert shown.as_(Role.SUPPORT).post(f"/flows/{shown.line.flow.id}/backfill/", _days(shown)).status_code == 403
