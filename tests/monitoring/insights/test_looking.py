"""A look over real records: what it finds, what it had to go by, never twice, over when the cause is gone, and kept in a trace."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.customers.models import Customer
from apps.dispatch.models import DueWork, Queue
from apps.dispatch.services import enqueue
from apps.dispatch.worker import drain
from apps.flows.models import Batch, Flow, FlowDay, Operation
from apps.monitoring import sla_settings, tasks
from apps.monitoring.insights import book, moments, words
from apps.monitoring.insights.charts import chart_of
from apps.monitoring.insights.found import Cause, Found
from apps.monitoring.insights.lists import look_lines
from apps.monitoring.insights.looking import look_due
from apps.monitoring.models import BusinessCalendar, Insight, InsightLook
from apps.monitoring.sla.opening import BusinessHours
from apps.tenants import scope
from tests.monitoring.insights.conftest import Looked
from tests.service_levels import Firm


def test_it_finds_what_is_wrong_and_says_what_is_usual(looked: Looked) -> None:
    looked.look()
    assert looked.long is not None
    assert looked.dear is not None
    long, rate = looked.insight("long_day"), looked.insight("rate")
    day = sum(
        Decimal(str(entry["hours"]))
        for entry in looked.line.entries(
            status="approved", person_id=looked.long["person_id"], worked_on=looked.long["worked_on"]
        )
    )
    with scope.work_in(looked.line.partner):
        keys = dict(Operation.objects.values_list("id", "source_key"))
        assert (keys[long.operation_id], keys[rate.operation_id]) == (looked.long["id"], looked.dear["id"])
        assert (long.happened_on.isoformat(), Decimal(long.facts["hours"])) == (looked.long["worked_on"], day)  # type: ignore[union-attr]
        assert words.sentence_of(long).startswith(f"{looked.long['person_name']} booked ")
        assert "Usual are " in words.sentence_of(long)
        assert "by " in words.sentence_of(rate)
        assert (rate.currency, rate.amount_quality) == (looked.dear["currency"], "estimated")
        over = (Decimal(950) - Decimal(rate.facts["middle"])) * Decimal(str(looked.dear["hours"]))
        assert rate.amount == over
        assert {one.cause for one in Insight.objects.all()} <= {"long_day", "rate", "budget_hours", "odd_day"}


def test_work_on_a_day_that_the_customers_calendar_closes_is_told_until_the_calendar_says_otherwise(
    looked: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looked.long is not None
    monkeypatch.setattr(moments, "LEAST_DAYS", 10)
    monkeypatch.setattr(moments, "_OF_A_WORKING_DAY", Decimal(10))  # six people cannot say what is seldom
    closed = date.fromisoformat(looked.long["worked_on"])
    firm = Firm(looked.line.partner, looked.line.customer, looked.line.flow, looked.run)
    with scope.work_in(looked.line.partner):
        week = (((0, 1440),),) * 7
        hours = BusinessHours("UTC", week, own_days={closed: "Founders' Day"})
        firm.promise(hours=hours, since=timezone.now() - timedelta(hours=1))
    looked.look()
    told = looked.insights(cause="holiday")
    assert told
    assert {one.happened_on for one in told} == {closed}
    with scope.work_in(looked.line.partner):
        assert "which is free (Founders' Day)" in words.sentence_of(told[0])
        sla_settings.end_agreement(looked.line.customer)
        BusinessCalendar.objects.all().delete()
        firm.promise(hours=BusinessHours("UTC", week), since=timezone.now())
    looked.look()
    assert {one.state for one in looked.insights(cause="holiday")} == {"gone"}


def test_a_budget_is_read_from_the_system_that_keeps_it(looked: Looked) -> None:
    assert looked.long is not None
    code = looked.long["project_code"]
    (project,) = (
        one
        for one in looked.line.sandbox.do(lambda client: client.records("psa", looked.line.company, "projects"))
        if one["code"] == code
    )
    looked.change("projects", project["id"], budget_hours=20)
    looked.look()
    found = next(
        one for one in looked.insights(cause="budget_hours") if code in one.label or one.facts["budget"] == "20"
    )
    assert (found.urgency, found.facts["counted"], found.facts["least"]) == (3, True, False)
    with scope.work_in(looked.line.partner):
        line = Operation.objects.get(id=found.operation_id)
        assert line.project_ref == code, "its work leads to the project's matter"
        hours = sum(
            Decimal(str(entry["hours"]))
            for entry in looked.line.entries(project_code=code, status="approved")
            if Operation.objects.filter(source_key=entry["id"], state__in=["written", "unchanged"]).exists()
        )
        assert Decimal(found.facts["used"]) == hours
        assert "% of the budget" in words.sentence_of(found)
        assert chart_of(found) is not None


def test_it_is_told_once_and_over_when_the_cause_is_gone_and_open_again_when_it_returns(looked: Looked) -> None:
    assert looked.long is not None
    looked.look()
    again = looked.look()
    assert (again.new, again.over) == (0, 0)
    first = looked.insight("long_day")
    looked.change("time-entries", looked.long["id"], hours=4)
    looked.line.run()
    assert looked.look().over == 1
    gone = looked.insight("long_day")
    assert (gone.id, gone.state, gone.ended, gone.is_open) == (first.id, "gone", "settled", False)
    looked.change("time-entries", looked.long["id"], hours=22)
    looked.line.run()
    assert looked.look().returned == 1
    back = looked.insight("long_day")
    assert (back.id, back.state, back.returned, back.gone_at) == (first.id, "open", 1, None)


def test_what_was_dismissed_stays_so_and_what_was_accepted_is_told_again_only_when_it_returns(looked: Looked) -> None:
    looked.look()
    with scope.work_in(looked.line.partner):
        by = looked.person(Role.OWNER).as_actor()
        long, rate = Insight.objects.get(cause="long_day"), Insight.objects.get(cause="rate")
        book.dismiss(long.id, reason="A release night.", by=by, now=timezone.now())
        book.accept(rate.id, by=by, now=timezone.now())
    looked.look()
    assert (looked.insight("long_day").state, looked.insight("rate").state) == ("dismissed", "accepted")
    with scope.work_in(looked.line.partner):
        customer = Customer.objects.get(id=looked.line.customer.id)
        seen = Found(seen={(Cause(row.cause), row.record_key) for row in (long, rate)})
        book.keep(customer, seen, [], timezone.now())
    assert [one.gone_at is not None for one in (looked.insight("long_day"), looked.insight("rate"))] == [True, True]
    assert looked.look().returned == 1
    assert (looked.insight("long_day").state, looked.insight("rate").state) == ("dismissed", "open")


def test_what_nobody_decided_on_is_over_when_its_record_is_not_seen_any_more(looked: Looked) -> None:
    looked.look()
    with scope.work_in(looked.line.partner):
        customer = Customer.objects.get(id=looked.line.customer.id)
        book.keep(customer, Found(), [], timezone.now() + timedelta(days=59))
        assert Insight.objects.get(cause="rate").state == "open"
        book.keep(customer, Found(), [], timezone.now() + timedelta(days=61))
        found = Insight.objects.get(cause="rate")
    assert (found.state, found.ended) == ("gone", "old")


def test_a_days_volume_is_held_against_the_days_own_figures(looked: Looked) -> None:
    now = timezone.now()
    with scope.work_in(looked.line.partner):
        FlowDay.objects.all().delete()
        for back in range(1, 57):
            number = 900 if back == 2 else 100 + back % 7
            FlowDay.objects.create(
                customer=looked.line.customer, flow=looked.line.flow, day=now.date() - timedelta(days=back),
                currency="EUR", read=number, written=number,
            )  # fmt: skip
    looked.look(now)
    found = looked.insight("volume")
    assert (found.facts["records"], found.flow_id) == (900, looked.line.flow.id)
    assert found.happened_on == now.date() - timedelta(days=2)


def test_a_look_says_what_it_went_by_and_what_nobody_could_tell(looked: Looked) -> None:
    looked.look()
    with scope.work_in(looked.line.partner):
        told = {line.part: line.words for line in look_lines()}
        entries = Operation.objects.filter(state__in=["written", "unchanged", "waiting"]).count()
    assert told["Days of work and rates"] == f"{entries} records"
    assert told["Projects and their budgets"].endswith("records in PSA")
    assert told["Amounts of expenses and invoices"].startswith("Not known: no flow carries such records")
    with scope.work_in(looked.line.partner):
        Batch.objects.update(plan=None, outcome=None, payload_dropped_at=timezone.now())
    looked.look()
    with scope.work_in(looked.line.partner):
        words_now = {line.part: line.words for line in look_lines()}["Days of work and rates"]
    assert words_now == f"{entries} records; the contents of {entries} are not kept"
    assert looked.insight("rate").state == "open", "what could not be looked at is not over"


def test_a_system_that_does_not_answer_ends_nothing(looked: Looked) -> None:
    for project in looked.line.sandbox.do(lambda client: client.records("psa", looked.line.company, "projects")):
        looked.change("projects", project["id"], budget_hours=20)
    looked.look()
    before = {one.id: one.state for one in looked.insights()}
    looked.line.faults("psa", down=1)
    looked.look()
    assert {one.id: one.state for one in looked.insights()} == before
    with scope.work_in(looked.line.partner):
        told = {line.part: line for line in look_lines()}["Projects and their budgets"]
        assert told.is_blind
        assert told.words.startswith("PSA did not answer: ")
        Connection.objects.filter(id=looked.line.source.id).update(state="disabled")
    looked.look()
    with scope.work_in(looked.line.partner):
        told = {line.part: line for line in look_lines()}["Projects and their budgets"]
        assert told.words.startswith("PSA did not answer: The connection PSA is switched off.")


def test_a_worker_looks_once_a_night_at_live_customers_and_leaves_a_trace(looked: Looked) -> None:
    with scope.work_in(looked.line.partner):
        enqueue(kind=tasks.INSIGHTS, unique_key=tasks.INSIGHTS)
    assert drain(Queue.MAINT, worker="test", seconds=30, limit=50)
    with scope.work_in(looked.line.partner):
        assert not DueWork.objects.filter(kind=tasks.INSIGHTS).exclude(last_error="").exists()
        look = InsightLook.objects.get()
        traces = AuditEntry.objects.filter(action="insights_found")
        assert [one.details["found"]["long_day"] for one in traces] == [1]
        assert str(Insight.objects.get(cause="rate").id) in traces[0].details["insights"]
    with scope.enter(looked.line.partner):
        assert look_due(look.looked_at + timedelta(seconds=1), lambda: None)
    with scope.work_in(looked.line.partner):
        assert InsightLook.objects.get().looked_at == look.looked_at, "the same day"
        Customer.objects.update(state=Customer.State.PAUSED)
    with scope.enter(looked.line.partner):
        assert look_due(look.looked_at + timedelta(days=2), lambda: None)
    with scope.work_in(looked.line.partner):
        assert InsightLook.objects.get().looked_at == look.looked_at, "a customer that is not live"


def test_a_request_of_the_planning_is_told_with_who_fits_and_who_has_too_much(looked: Looked) -> None:
    line, wishes = looked.line, {"people": 6, "weeks": 4, "seed": 3, "problems": False}
    token = line.sandbox.do(lambda client: client.found_company("resource", line.company, **wishes))
    with scope.work_in(line.partner):
        planning = create_connection(
            line.customer,
            NewConnection(
                system="sandbox_resource",
                name="Planning",
                base_url=f"{line.sandbox.url}/resource/{line.company}/api/v1",
                secrets={"token": token},
                settings={},
            ),
        )
        version = Flow.objects.get(id=line.flow.id).live_version
        Flow.objects.create(
            customer=line.customer,
            name="Plans",
            source=planning,
            target=line.source,
            state="live",
            live_version=version,
        )
    people = line.sandbox.do(lambda client: client.records("resource", line.company, "people"))
    skill = people[0]["skills"][0]["code"]
    for one in line.sandbox.do(lambda client: client.records("resource", line.company, "assignments")):
        line.sandbox.do(
            lambda client, key=one["id"]: client.remove_record("resource", line.company, "assignments", key)
        )
    today = timezone.now().date()
    days = {"starts": (today + timedelta(days=3)).isoformat(), "ends": (today + timedelta(days=40)).isoformat()}
    busy = people[1]
    for values in (
        {"role": f"{skill} specialist", "hours_per_day": 4, "state": "request", "project_code": "PRJ-0001"},
        {"employee_no": busy["employee_no"], "hours_per_day": 7, "state": "hard", "project_code": "PRJ-0001"},
        {"employee_no": busy["employee_no"], "hours_per_day": 6, "state": "soft", "project_code": "PRJ-0002"},
    ):
        line.sandbox.do(
            lambda client, values=values: client.create_record(
                "resource", line.company, "assignments", **days, **values
            )
        )
    looked.look()
    request, much = looked.insight("open_request"), looked.insight("overbooked")
    able = {one["name"] for one in people if any(known["code"] == skill for known in one["skills"])}
    assert {fit["name"] for fit in request.facts["fits"]} <= able - {busy["name"]}
    assert request.facts["fits"][0]["skills"][0][0] == skill
    assert (much.label, much.facts["hours"]) == (busy["name"], "65")
    with scope.work_in(line.partner):
        assert f"{skill} specialist is looked for on " in words.sentence_of(request)
        assert f"{busy['name']} is planned for 65" in words.sentence_of(much)
        told = {one.part: one.words for one in look_lines()}
    assert told["People and who is planned"] == f"{len(people) + 3} records in Planning"
