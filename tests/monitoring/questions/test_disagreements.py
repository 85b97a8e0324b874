"""Systems that disagree: what one took and another did not, with both values where they are known and may be seen."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.flows.models import Link, OwnerReview, Reconciliation, ReconciliationRow
from apps.monitoring.questions import disagreements
from apps.tenants import scope
from tests.monitoring.questions.conftest import Asked

PAGE = "/questions/disagreements/"


def test_an_update_counts_only_where_another_system_holds_the_record(asked: Asked) -> None:
    with scope.work_in(asked.blocked.line.partner):
        flow = asked.flow("Assignments")
        known = asked.line(flow, "Assignment", "A-1", error_field="start_date", error_class="conflict")
        asked.link(flow, known, "77")
        asked.line(flow, "Assignment", "A-2", error_class="conflict")  # no system but the source has ever held it
    asked.judge()
    response = asked.blocked.owner.get(PAGE)
    (row,) = response.context["list"].rows
    assert (row.label, row.has, row.lacks, row.value_here) == ("Assignment A-1", "PSA", "ERP", "an older version")
    assert f"/exceptions/{row.case_id}/" in response.content.decode()


def test_a_change_to_decide_shows_its_values_to_those_who_may_see_them(asked: Asked) -> None:
    line = asked.blocked.line
    with scope.work_in(line.partner):
        flow, now = asked.flow("Projects"), timezone.now()
        OwnerReview.objects.create(
            customer=line.customer, flow=flow, operation_id=line.flow.id, connection=flow.target, object_name="projects",
            canonical_type="Project", business_key="Project:sandbox_psa:1", label="Project 1", target_key="1",
            field="name", target_field="title", ours="Harbour", theirs="Port", rule="review", owner="ERP",
            opened_at=now, seen_at=now,
        )  # fmt: skip
    seen = {}
    for role in (Role.OWNER, Role.FINANCE, Role.CUSTOMER_OWNER):
        (row,) = asked.blocked.as_(role).get(f"{PAGE}?what=decision").context["list"].rows
        seen[role] = (row.value_there, row.value_here)
    assert seen == {
        Role.OWNER: ("Harbour", "Port"),
        Role.FINANCE: (None, None),
        Role.CUSTOMER_OWNER: ("Harbour", "Port"),
    }


def test_what_changed_after_posting_is_told_until_it_is_delivered_again(asked: Asked) -> None:
    line = asked.blocked.line
    with scope.work_in(line.partner):
        written = line.flow.operations.filter(state="written").order_by("id")[0]
        found = Reconciliation.objects.create(
            customer=line.customer, flow=line.flow, version_number=1, first="2026-11-20", last="2026-11-20", zone="UTC",
            since=timezone.now(), until=timezone.now(), begun_at=timezone.now(), finished_at=timezone.now(),
        )  # fmt: skip
        ReconciliationRow.objects.create(
            customer=line.customer, reconciliation=found, rank=1, cause="changed_after", difference=0,
            business_key=written.business_key, label="An hour", source_amount="90", source_currency="EUR",
            target_amount="80", target_currency="EUR",
        )  # fmt: skip
        asked.line(
            line.flow, "TimeEntry", "X-1", error_class="unreconciled", error_code="missing_in_target",
            source_version="unreconciled:1",
        )  # fmt: skip
    asked.judge()
    rows = {row.kind: row for row in asked.blocked.owner.get(PAGE).context["list"].rows}
    assert (rows["changed"].value_there, rows["changed"].value_here) == ("EUR\xa090.00", "EUR\xa080.00")
    assert rows["unexplained"].reason == "It was delivered, and is not there any more."
    with scope.work_in(line.partner):
        Link.objects.filter(business_key=written.business_key).update(
            delivered_at=timezone.now() + timedelta(minutes=1)
        )
    context = asked.blocked.owner.get(PAGE).context
    assert [row.kind for row in context["list"].rows] == ["unexplained"]
    counted = {tile.name: tile.number for tile in context["tiles"]}
    assert (counted["unexplained"], counted["changed"]) == ("1", "0")


def test_a_stranger_sees_good_news(asked: Asked) -> None:
    stranger = asked.blocked.as_(Role.CUSTOMER_OWNER, stranger=True)
    assert "All systems agree" in stranger.get(PAGE).content.decode()


@pytest.mark.parametrize(("looked_at", "cut_off"), [(1, True), (2, False)])
def test_more_updates_than_are_looked_at_are_said_to_be_cut_off(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, looked_at: int, cut_off: bool
) -> None:
    with scope.work_in(asked.blocked.line.partner):
        flow = asked.flow("Assignments")
        for number in range(2):
            held = asked.line(flow, "Assignment", f"A-{number}", error_class="conflict")
            asked.link(flow, held, str(number))
    asked.judge()
    monkeypatch.setattr(disagreements, "MOST_ROWS", looked_at)
    context = asked.blocked.owner.get(PAGE).context
    assert len(context["list"].rows) == looked_at
    assert bool(context["cut_off_at"]) is cut_off
