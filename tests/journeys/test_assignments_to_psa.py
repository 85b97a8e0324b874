"""What is planned reaches the PSA and the time tool; what is called off leaves both, and comes back when it is on again."""

from collections.abc import Callable
from typing import Any

from apps.accounts.actions import Role
from tests.wiring import Wired

MakeWired = Callable[..., Wired]


def _planning(make_wired: MakeWired) -> Wired:
    return make_wired("assignments-to-psa", source="resource", target="psa", roles={"time": "time"})


def _firm(planning: Wired) -> list[dict[str, Any]]:
    return [one for one in planning.records("resource", "assignments") if one["state"] in {"hard", "done"}]


def test_a_firm_assignment_is_in_both_systems_and_a_change_is_one_update_of_each(make_wired: MakeWired) -> None:
    planning = _planning(make_wired)
    firm, all_of_them = _firm(planning), planning.records("resource", "assignments")
    run = planning.run()
    assert (run.state, run.written, run.skipped) == ("clean", len(firm), len(all_of_them) - len(firm))
    assert 0 < len(firm) < len(all_of_them)
    mails = {person["id"]: person["email"] for person in planning.records("psa", "resources")}
    for one in firm:
        held = planning.record("psa", "assignments", external_id=one["id"])
        assert (held["project_code"], held["person_id"]) == (one["project_code"], one["employee_no"])
        assert (held["starts"], held["ends"]) == (one["starts"], one["ends"])
        assert held["status"] == {"hard": "confirmed", "done": "done"}[one["state"]]
        right = planning.record("time", "project-members", external_id=one["id"])
        assert (right["email"], right["project_code"]) == (mails[one["employee_no"]], one["project_code"])
    assert len(planning.records("psa", "assignments")) == len(planning.records("time", "project-members")) == len(firm)
    before = {system: len(planning.effects(system)) for system in ("psa", "time")}
    planning.change("resource", "assignments", firm[0]["id"], ends="2027-06-30", hours_per_day=7)
    again = planning.run()
    assert (again.written, again.rejected) == (1, 0)
    assert planning.record("psa", "assignments", external_id=firm[0]["id"])["hours_per_day"] == 7
    assert planning.record("time", "project-members", external_id=firm[0]["id"])["ends"] == "2027-06-30"
    assert {system: len(planning.effects(system)) - number for system, number in before.items()} == {
        "psa": 1,
        "time": 1,
    }


def test_what_is_called_off_leaves_both_systems_and_is_planned_anew_when_it_is_on_again(make_wired: MakeWired) -> None:
    planning = _planning(make_wired)
    planning.run()
    gone, *rest = _firm(planning)
    planning.change("resource", "assignments", gone["id"], state="request")
    run = planning.run()
    assert (run.written, run.rejected) == (1, 0)
    assert planning.written("psa")[-1] == ("remove", "assignments")
    assert planning.written("time")[-1] == ("remove", "project-members")
    for system, kind in (("psa", "assignments"), ("time", "project-members")):
        assert {one["external_id"] for one in planning.records(system, kind)} == {one["id"] for one in rest}
    (told,) = planning.operations(source_key=gone["id"], last_run_id=run.id)
    assert (planning.steps(told)["out_of_psa"], planning.steps(told)["in_psa"]) == ("done", "skipped")
    story = planning.browser(Role.OWNER).get(f"/operations/{told.id}/").content.decode()
    assert "Assignment taken out of the PSA" in story
    assert "Taken back." in story

    planning.change("resource", "assignments", gone["id"], note="Still not sure")
    assert planning.run().skipped == 1  # nothing is left to take back
    planning.change("resource", "assignments", gone["id"], state="hard")
    assert planning.run().written == 1
    assert planning.record("psa", "assignments", external_id=gone["id"])["status"] == "confirmed"
    assert planning.record("time", "project-members", external_id=gone["id"])["project_code"] == gone["project_code"]


def test_somebody_whom_the_psa_does_not_know_waits_with_an_owner_and_goes_on_once_known(make_wired: MakeWired) -> None:
    planning = _planning(make_wired)
    planning.add("resource", "people", employee_no="E-0900", name="Robin Vale", active=True)
    project = planning.records("psa", "projects")[0]["code"]
    days = {"starts": "2026-12-01", "ends": "2026-12-31"}
    made = planning.add("resource", "assignments", project_code=project, employee_no="E-0900", state="hard", **days)
    run = planning.run()
    (blocked,) = planning.operations(state="rejected")
    assert (run.state, blocked.source_key, blocked.step) == ("partial", made["id"], "person")
    assert "E-0900" in blocked.error_message
    (case,) = planning.cases()
    assert (case.queue, case.operation_count) == ("master_data", 1)
    assert planning.records("time", "project-members", external_id=made["id"]) == []
    known = planning.records("psa", "resources")[0]
    planning.change("resource", "assignments", made["id"], employee_no=known["id"])
    assert planning.run().written == 1
    assert planning.record("time", "project-members", external_id=made["id"])["email"] == known["email"]
    assert planning.cases() == []
