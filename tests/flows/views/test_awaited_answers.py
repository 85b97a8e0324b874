"""The page of a record that its system has taken and not answered for: since when, when it is asked next, what came of it."""

from collections.abc import Callable

from apps.accounts.actions import Role
from tests.flows.views.conftest import Shown, page_of
from tests.lines import Line
from tests.slow_system import let_time_pass, slowed, walking

MakeLine = Callable[..., Line]


def test_a_record_says_since_when_its_system_has_had_it(make_line: MakeLine) -> None:
    line = make_line(people=1)
    with slowed(line) as system:
        shown = Shown(line, line.run())
        record = line.operations(state="waiting")[0]
        path = f"/operations/{record.id}/"
        page = page_of(shown.owner.get(path))
        assert "ERP took it on " in page
        assert "has not said yet what became of it." in page
        assert "Next question:" in page
        assert "taken, asked again by itself" in page
        assert "It is asked again by itself; nothing has to be done." in page
        assert "ERP took it on " in page_of(shown.as_(Role.CUSTOMER_VIEWER).get(path))
        assert shown.as_(Role.CUSTOMER_VIEWER, stranger=True).get(path).status_code == 404
        answer = shown.owner.get(f"/api/v1{path}").json()
        (awaited,) = answer["awaited"]
        assert (awaited["step"], awaited["connection_id"], awaited["asked"]) == ("deliver", str(line.target.id), 0)
        system.works = True
        let_time_pass(line)
        line.work()
        page = page_of(shown.owner.get(path))
        assert f"ERP holds this record as {line.operations(id=record.id)[0].target_key}." in page
        assert "The system took it, to tell later what became of it." in page
        assert "Next question:" not in page
        assert "is not stored for this customer" not in page
        assert shown.owner.get(f"/api/v1{path}").json()["awaited"] == []


def test_a_record_that_was_never_answered_for_says_so(make_line: MakeLine) -> None:
    line = make_line(people=1)
    with slowed(line):
        shown = Shown(line, line.run())
        let_time_pass(line, hours=25)
        line.work()
        record = line.operations(state="rejected")[0]
        page = page_of(shown.owner.get(f"/operations/{record.id}/"))
        assert "took it and never answered" in page
        assert "has not said within 24 hours what became of it." in page
        assert "Look for the record there: skip this one if it is there, retry it if it is not." in page


def test_a_step_says_what_it_waits_for(make_line: MakeLine) -> None:
    with walking(make_line, {"kind": "deliver"}, people=1) as line, slowed(line) as system:
        shown = Shown(line, line.run())
        record = line.operations(state="waiting")[0]
        path = f"/operations/{record.id}/"
        page = page_of(shown.owner.get(path))
        assert "for the answer of ERP, which took it on " in page
        assert "and is asked next on " in page
        system.works = True
        let_time_pass(line)
        line.work()
        page = page_of(shown.owner.get(path))
        assert "Created, as the system told later." in page
        assert "What was sent and answered (2 calls)" in page
