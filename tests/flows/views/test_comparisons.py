"""The card about deleted records: what was found, comparing now, believing what was held, and the rule."""

import pytest

from apps.accounts.actions import Role
from apps.flows.models import ComparisonRule, Operation, Run
from apps.monitoring.cases import retry_case
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of

RULE = {"every": "week", "at": "02:30", "most_percent": "10", "most_records": "3"}


def _cases(shown: Shown, error_class: str) -> list[ExceptionCase]:
    with scope.enter(shown.line.partner):
        judge_ledger()
    with scope.work_in(shown.line.partner):
        return list(ExceptionCase.objects.filter(error_class=error_class).select_related("flow"))


def test_a_deletion_is_looked_for_shown_and_worked_as_an_exception(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    assert "Compare now" in page_of(shown.owner.get(f"{here}monitors/"))
    victim = shown.line.operations(state="written")[0]
    shown.line.psa("DELETE", f"time-entries/{victim.source_key}")
    run = shown.owner.post(f"{here}compare/")["Location"]
    assert "is under way" in page_of(shown.owner.get(f"{here}monitors/"))
    assert "is under way" in page_of(shown.owner.post(f"{here}compare/", follow=True))
    shown.line.work()
    assert "Comparison by " in page_of(shown.owner.get(run))
    assert "Comparison by " in page_of(shown.owner.get(f"{here}runs/"))
    page = page_of(shown.owner.get(f"{here}monitors/"))
    assert "1 was missing." in page
    assert "1 was deleted." in page
    [case] = _cases(shown, "source_deleted")
    assert (case.operation_count, case.title) == (1, "Delivered records were deleted at their source")
    told = shown.line.operations(error_class="source_deleted")[0]
    for path in (f"/operations/{told.id}/", f"/exceptions/{case.id}/"):
        assert "no longer has this record" in page_of(shown.owner.get(path)), path
    page = page_of(shown.owner.get(f"/operations/{told.id}/"))
    assert "held it when it was deleted" in page
    assert "Found deleted in PSA" in page
    assert "Correct and retry" not in page, "there is nothing to correct in what is gone"
    skipped = shown.owner.post(f"/exceptions/{case.id}/skip/", {"reason": "meant"})
    assert skipped.status_code < 400
    assert _cases(shown, "source_deleted")[0].state == "closed"


def test_what_was_held_is_one_case_that_a_reading_does_not_close(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    assert (
        shown.owner.post(f"{here}compare/rule/", {**RULE, "most_records": "0", "most_percent": "1"}).status_code == 302
    )
    for victim in shown.line.operations(state="written")[:3]:
        shown.line.psa("DELETE", f"time-entries/{victim.source_key}")
    shown.owner.post(f"{here}compare/")
    shown.line.work()
    page = page_of(shown.owner.get(f"{here}monitors/"))
    assert "Nothing was treated as deleted" in page
    assert "They were really deleted…" in page
    [case] = _cases(shown, "source_shrunk")
    shown.line.run()
    assert _cases(shown, "source_shrunk")[0].state == "open"
    with scope.work_in(shown.line.partner):
        [again] = retry_case(case.id, by=shown.person(Role.OWNER).as_actor())
        assert again.mode == "compare"
    shown.line.work()
    assert _cases(shown, "source_shrunk")[0].state == "open", "nothing has changed"
    shown.owner.post(f"{here}compare/", {"agreed": "yes"})
    shown.line.work()
    assert _cases(shown, "source_shrunk")[0].state == "closed"
    with scope.work_in(shown.line.partner):
        assert Operation.objects.filter(error_class="source_deleted").count() == 3


def test_the_rule_is_kept_and_said(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/"
    assert shown.owner.post(f"{here}compare/rule/", RULE)["Location"] == f"{here}monitors/"
    with scope.work_in(shown.line.partner):
        rule = ComparisonRule.objects.get(flow_id=shown.line.flow.id)
    assert (rule.every, f"{rule.at:%H:%M}", rule.most_percent, rule.most_records) == ("week", "02:30", 10, 3)
    assert rule.next_at is not None
    for name, typed, words in (
        ("at", "31:00", "Write a time of day"),
        ("every", "hourly", "hourly"),
        ("most_percent", "0", "greater than or equal to 1"),
        ("most_percent", "x", "whole number"),
        ("most_records", "-1", "greater than or equal to 0"),
    ):
        refused = shown.owner.post(f"{here}compare/rule/", {**RULE, name: typed})
        assert (refused.status_code, words in page_of(refused)) == (400, True), (name, typed)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.CUSTOMER_OWNER], ids=["support", "a customer"])
def test_only_those_who_run_flows_compare(shown: Shown, role: Role) -> None:
    here = f"/flows/{shown.line.flow.id}/compare/"
    assert shown.as_(role).post(here).status_code in {403, 404}
    assert shown.as_(role).post(f"{here}rule/", RULE).status_code in {403, 404}
    with scope.work_in(shown.line.partner):
        assert not Run.objects.filter(mode="compare").exists()
