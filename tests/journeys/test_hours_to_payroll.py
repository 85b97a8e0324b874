"""Approved hours reach payroll once; what is rejected again leaves it, and what comes after the cut-off goes to a person."""

from collections.abc import Callable
from typing import Any

from apps.flows.models import Flow
from apps.flows.services.flow_settings import change_settings
from apps.tenants import scope
from tests.wiring import Wired

MakeWired = Callable[..., Wired]


def _pay(make_wired: MakeWired, **wishes: Any) -> Wired:
    return make_wired("hours-to-payroll", source="psa", target="payroll", entries=14, **wishes)


def test_every_approved_hour_is_handed_in_once_and_a_correction_is_one_update(make_wired: MakeWired) -> None:
    pay = _pay(make_wired)
    approved = pay.records("psa", "time-entries", status="approved")
    run = pay.run()
    assert (run.state, run.written) == ("clean", len(approved))
    handed_in = {line["external_id"]: line for line in pay.records("payroll", "hours")}
    assert set(handed_in) == {entry["id"] for entry in approved} != set()
    for entry in approved:
        line = handed_in[entry["id"]]
        assert (line["employee"], line["day"], line["hours"]) == (
            entry["person_id"],
            entry["worked_on"],
            entry["hours"],
        )
        assert (line["earning"], line["project_code"]) == ("regular", entry["project_code"])
    pay.change("psa", "time-entries", approved[0]["id"], hours=1.25, service_item="TRAVEL")
    again = pay.run()
    assert (again.written, again.rejected) == (1, 0)
    corrected = pay.record("payroll", "hours", external_id=approved[0]["id"])
    assert (corrected["hours"], corrected["earning"]) == (1.25, "travel")
    assert len(pay.records("payroll", "hours")) == len(approved)


def test_what_is_rejected_again_is_not_paid_unless_its_period_is_closed(make_wired: MakeWired) -> None:
    pay = _pay(make_wired)
    pay.run()
    first, second, *_rest = pay.records("psa", "time-entries", status="approved")
    before = len(pay.records("payroll", "hours"))
    pay.change("psa", "time-entries", first["id"], status="rejected")
    assert pay.run().written == 1
    assert pay.written("payroll")[-1] == ("remove", "hours")
    assert pay.records("payroll", "hours", external_id=first["id"]) == []
    pay.faults("payroll", closed_period=1)
    pay.change("psa", "time-entries", second["id"], status="rejected")
    run = pay.run()
    (blocked,) = pay.operations(state="rejected")
    assert (run.state, blocked.source_key, blocked.step) == ("partial", second["id"], "out_of_payroll")
    assert blocked.error_class == "closed_period"
    assert len(pay.records("payroll", "hours")) == before - 1
    (case,) = pay.cases()
    assert case.queue == "finance"
    pay.faults("payroll")
    pay.change("psa", "time-entries", second["id"], notes="Payroll has opened the month again")
    assert pay.run().written == 1
    assert len(pay.records("payroll", "hours")) == before - 2
    assert pay.cases() == []


def test_hours_of_a_settled_day_are_not_sent_and_wait_with_their_reason(make_wired: MakeWired) -> None:
    pay = _pay(make_wired)
    days = sorted({entry["worked_on"] for entry in pay.records("psa", "time-entries", status="approved")})
    late = pay.records("psa", "time-entries", status="approved", worked_on=days[0])
    with scope.work_in(pay.partner):
        change_settings(Flow.objects.get(id=pay.flow.id), settings={"closed_until": days[0]}, changed_by="Fina")
    run = pay.run()
    blocked = pay.operations(state="rejected")
    assert (run.state, {line.source_key for line in blocked}) == ("partial", {entry["id"] for entry in late})
    assert {(line.step, line.error_class) for line in blocked} == {("check", "closed_period")}
    assert "Payroll for this day is settled" in blocked[0].error_message
    assert {line["day"] for line in pay.records("payroll", "hours")} == set(days[1:])
    assert [case.queue for case in pay.cases()] == ["finance"]
