"""The flow editor: what is typed is kept, wrong values are told at their field, and two people never lose each other's work."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.flows.engine.content import step_name
from apps.flows.models import FlowDraft
from apps.flows.services.drafts import find_draft
from apps.flows.services.publish import publish
from apps.tenants import scope
from tests.flows.views.conftest import page_of
from tests.lines import Line
from tests.people import Watched
from tests.slow_system import walking

MakeLine = Callable[..., Line]
ASK = {"kind": "approve", "question": "Bill {hours} h?", "role": "finance", "needed": 1}
TELL = {"kind": "notify", "name": "told", "role": "finance", "subject": "Hours", "text": "Look"}
PART = {"x-part": "editor"}


class Editors(Watched):
    """A flow whose records walk, and the people who edit it."""

    @property
    def base(self) -> str:
        return f"/flows/{self.line.flow.id}/edit/"

    def go(self, who: Client, step: str) -> str:
        return page_of(who.get(f"{self.base}?step={step}"))

    def save(self, who: Client, step: str, seen: int = 0, **typed: Any) -> Any:
        sent = {
            "seen": seen,
            "live": 1,
            "draft": self.key if seen else "",
            **{key.replace("__", "."): value for key, value in typed.items()},
        }
        return who.post(f"{self.base}?step={step}", sent, headers=PART)

    def act(self, who: Client, what: str, step: str, seen: int, **more: str) -> Any:
        return who.post(
            f"{self.base}{what}/",
            {"step": step, "seen": seen, "live": 1, "draft": self.key if seen else "", **more},
            follow=True,
        )

    def step(self, name: str) -> dict[str, Any]:
        return next(dict(step) for step in self.steps if step_name(step) == name)

    @property
    def steps(self) -> list[Any]:
        with scope.work_in(self.line.partner):
            opened = find_draft(self.line.flow)
            assert opened is not None
            return opened.content.steps

    @property
    def names(self) -> list[str]:
        return [step_name(step) for step in self.steps]

    @property
    def key(self) -> str:
        with scope.work_in(self.line.partner):
            return str(FlowDraft.objects.get(flow=self.line.flow).id)

    @property
    def seen(self) -> int:
        with scope.work_in(self.line.partner):
            return FlowDraft.objects.get(flow=self.line.flow).standing


@pytest.fixture
def editors(make_line: MakeLine) -> Iterator[Editors]:
    with walking(make_line, ASK, TELL, {"kind": "deliver"}) as line:
        yield Editors(line, line.run)  # type: ignore[arg-type]  # no run is looked at


def asked(**changes: Any) -> dict[str, Any]:
    return {"question": "Bill {hours} h?", "role": "finance", "needed": "1", **changes}


def test_looking_begins_no_draft_and_typing_does(editors: Editors) -> None:
    owner = editors.owner
    assert "As it is live, version 1" in editors.go(owner, "approve")
    with scope.work_in(editors.line.partner):
        assert not FlowDraft.objects.exists()
    answer = page_of(editors.save(owner, "approve", **asked(needed="2", title="Finance agrees")))
    assert "2 changes are not live" in answer
    assert editors.step("approve")["needed"] == 2
    assert "Finance agrees" in editors.go(owner, "approve")


def test_what_is_wrong_is_kept_and_told_at_its_field(editors: Editors) -> None:
    owner = editors.owner
    answer = editors.save(
        owner,
        "approve",
        **asked(needed="many", thresholds__above=["1000", ""], thresholds__role=["", ""], thresholds__needed=["", ""]),
    )
    assert answer.status_code == 200
    assert editors.step("approve")["needed"] == "many"
    page = editors.go(owner, "approve")
    told = re.search(r'id="id_thresholds_error">(.*?)</div>', page, re.S)
    assert told is not None
    assert "Row 1, Who is asked: Fill this in." in unescape(told[1])
    editors.save(
        owner,
        "approve",
        editors.seen,
        **asked(needed="many", thresholds__above=[""], thresholds__role=[""], thresholds__needed=[""]),
    )
    page = editors.go(owner, "approve")
    told = re.search(r'id="id_needed_error">(.*?)</div>', page, re.S)
    assert told is not None
    assert "Write a whole number from 1 to 9." in told[1]
    assert 'value="many"' in page
    assert "1 thing to mend before it can be published" in page


def test_without_a_script_saving_leads_back_to_the_step(editors: Editors) -> None:
    sent = {"seen": 0, "live": 1, **asked(due_hours="24")}
    answer = editors.owner.post(f"{editors.base}?step=approve", sent)
    assert (answer.status_code, answer["Location"]) == (302, f"{editors.base}?step=approve")
    assert editors.step("approve")["due_hours"] == 24


def test_two_people_who_change_different_things_both_keep_theirs(editors: Editors) -> None:
    owner, builder = editors.owner, editors.as_(Role.BUILDER)
    editors.save(owner, "approve", **asked(needed="2"))
    answer = page_of(editors.save(builder, "approve", **asked(due_hours="24")))
    assert (editors.step("approve")["needed"], editors.step("approve")["due_hours"]) == (2, 24)
    assert "is editing this flow as well" not in answer  # the last change is one's own
    assert "Builder is editing this flow as well." in editors.go(owner, "approve")


@pytest.mark.parametrize(("side", "kept"), [("ours", 3), ("theirs", 2)], ids=["keep mine", "take theirs"])
def test_who_changes_the_same_is_shown_both_values_and_chooses(editors: Editors, side: str, kept: int) -> None:
    owner, builder = editors.owner, editors.as_(Role.BUILDER)
    editors.save(owner, "approve", **asked(needed="2"))
    refused = editors.save(builder, "approve", **asked(needed="3", title="Mine"))
    page = unescape(page_of(refused))
    assert refused.status_code == 409
    assert editors.step("approve").get("title") is None
    assert "Owner has changed the same meanwhile" in page
    assert "Keep mine: <strong>3</strong>" in page
    assert "Take theirs: <strong>2</strong>" in page
    assert 'value="Mine"' in page
    assert 'name="seen" value="0"' in page
    choice = re.search(r'name="(choice [^"]*)"', page)
    assert choice is not None
    again = editors.save(builder, "approve", **asked(needed="3", title="Mine", **{choice[1]: side}))
    assert again.status_code == 200
    assert (editors.step("approve")["needed"], editors.step("approve")["title"]) == (kept, "Mine")


def test_what_was_typed_before_somebody_published_is_still_there(editors: Editors) -> None:
    owner, builder = editors.owner, editors.as_(Role.BUILDER)
    editors.save(owner, "approve", **asked(needed="2"))
    owner.post(f"{editors.base}publish/", {"note": ""})
    refused = editors.save(builder, "approve", **asked(title="Not lost"))
    page = page_of(refused)
    assert refused.status_code == 409
    assert "published or begun anew meanwhile" in page
    assert 'value="Not lost"' in page
    assert 'name="live" value="2"' in page


def test_what_was_typed_into_a_draft_that_was_thrown_away_does_not_go_into_the_next(editors: Editors) -> None:
    owner = editors.owner
    editors.save(owner, "approve", **asked(needed="2"))
    old = {"seen": editors.seen, "live": 1, "draft": editors.key}
    owner.post(f"{editors.base}discard/")
    editors.save(owner, "approve", **asked(due_hours="24"))
    refused = owner.post(f"{editors.base}?step=approve", {**old, **asked(title="Old")}, headers=PART)
    assert refused.status_code == 409
    assert editors.step("approve")["due_hours"] == 24
    assert 'value="Old"' in page_of(refused)


def test_steps_are_added_copied_moved_and_removed(editors: Editors) -> None:
    owner = editors.owner
    page = page_of(editors.act(owner, "add", "approve", 0, kind="wait"))
    assert editors.names == ["extract", "check", "approve", "wait", "told", "deliver"]
    assert "Fill in one of the three: an event, a time, or hours." in page
    editors.act(owner, "copy", "told", editors.seen)
    assert editors.names[4:] == ["told", "notify", "deliver"]
    assert {**editors.step("notify"), "name": "told"} == editors.step("told")
    editors.act(owner, "move", "notify", editors.seen, way="up")
    editors.act(owner, "move", "wait", editors.seen, way="down")
    assert editors.names[2:] == ["approve", "notify", "wait", "told", "deliver"]
    page = page_of(editors.act(owner, "remove", "notify", editors.seen))
    assert editors.names[2:] == ["approve", "wait", "told", "deliver"]
    assert "The step was removed." in page
    assert f'action="{editors.base}undo/"' in page


@pytest.mark.parametrize(
    ("what", "step", "more", "said"),
    [
        pytest.param("add", "approve", {"kind": "nonsense"}, "kind is one of", id="no such kind"),
        pytest.param("add", "extract", {"kind": "wait"}, "Reading and checking come first", id="before the check"),
        pytest.param("move", "approve", {"way": "up"}, "Reading and checking come first", id="up before the check"),
        pytest.param("remove", "check", {}, "they stay where they are", id="the check"),
        pytest.param("copy", "gone", {}, "There is no step called", id="a step that is gone"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    editors: Editors, what: str, step: str, more: dict[str, str], said: str
) -> None:
    owner = editors.owner
    editors.save(owner, "approve", **asked(needed="2"))
    page = unescape(page_of(editors.act(owner, what, step, editors.seen, **more)))
    assert said in page
    assert editors.names == ["extract", "check", "approve", "told", "deliver"]


def test_undo_and_redo_outlive_the_page(editors: Editors) -> None:
    owner = editors.owner
    editors.save(owner, "approve", **asked(needed="2"))
    editors.save(owner, "told", editors.seen, role="owner", subject="Hours", text="Look")
    for _ in range(2):
        editors.as_(Role.OWNER).post(f"{editors.base}undo/", {"step": "told"})
    assert (editors.step("approve")["needed"], editors.step("told")["role"]) == (1, "finance")
    assert "Nothing differs from what is live" in editors.go(owner, "told")
    editors.act(owner, "redo", "told", 0)
    assert editors.step("approve")["needed"] == 2
    page = page_of(editors.act(owner, "undo", "told", 0))
    assert "There is no change to take back." in page_of(editors.act(owner, "undo", "told", 0)), page[:200]


def test_which_records_and_how_many_at_once_are_the_flow_s_own(editors: Editors) -> None:
    owner = editors.owner
    page = editors.go(owner, "extract")
    assert 'value="approved"' in page
    assert 'name="on_failure"' in page
    sent: dict[str, Any] = {
        "filter__conditions": ["approved"],
        "filter__expression": "r.hours > 1.0",
        "batch_size": "50",
        "on_failure": "ask",
    }
    editors.save(owner, "extract", **sent)
    with scope.work_in(editors.line.partner):
        opened = find_draft(editors.line.flow)
        assert opened is not None
        definition = opened.content.definition
    assert definition["filter"] == {"conditions": ["approved"], "expression": "r.hours > 1.0"}
    assert (definition["batch_size"], definition["on_failure"]) == (50, "ask")
    editors.act(owner, "undo", "extract", 0)
    assert "Nothing differs from what is live" in editors.go(owner, "extract")


def test_a_flow_of_batches_says_what_can_be_changed_and_why_no_more(shown: Watched) -> None:
    base = f"/flows/{shown.line.flow.id}/edit/"
    page = page_of(shown.owner.get(base))
    assert "always by the same four steps" in page
    assert "Add a step behind" not in page
    assert "in the mapping" in page_of(shown.owner.get(f"{base}?step=map"))
    check = page_of(shown.owner.get(f"{base}?step=check"))
    assert 'name="without"' in check
    assert 'name="rules.expression"' in check
    shown.owner.post(f"{base}?step=check", {"seen": 0, "live": 1, "currencies": "EUR\r\nXXQ"})
    assert "“XXQ” is no currency code" in page_of(shown.owner.get(f"{base}?step=check"))


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.OPERATIONS])
def test_who_may_not_edit_flows_is_refused(editors: Editors, role: Role) -> None:
    who = editors.as_(role)
    assert who.get(editors.base).status_code == 403
    assert editors.save(who, "approve", **asked()).status_code == 403


def test_review_shows_what_changes_asks_first_and_publishes(editors: Editors) -> None:
    owner = editors.owner
    assert owner.get(f"{editors.base}review/").status_code == 302
    editors.save(owner, "approve", **asked(needed="2"))
    page = page_of(owner.get(f"{editors.base}review/"))
    assert "Approve: How many must say yes" in page
    assert "After publishing" in page
    answer = owner.post(f"{editors.base}what-if/", {"note": "two of them"})
    assert answer["Location"].startswith("/what-ifs/")
    assert editors.step("approve")["needed"] == 2  # the draft goes on
    answer = owner.post(f"{editors.base}publish/", {"note": "two of them"}, follow=True)
    assert "is live. Runs from now on use it." in page_of(answer)
    with scope.work_in(editors.line.partner):
        editors.line.flow.refresh_from_db()
        live = editors.line.flow.live_version
        assert live is not None
        assert (live.definition["steps"][2]["needed"], live.note) == (2, "two of them")
        assert not FlowDraft.objects.exists()


def test_what_is_wrong_keeps_a_draft_from_being_published(editors: Editors) -> None:
    owner = editors.owner
    editors.save(owner, "approve", **asked(question="Bill {nothing}?"))
    page = unescape(page_of(owner.get(f"{editors.base}review/")))
    assert "There is no field “nothing”" in page
    assert "Mend what is listed above first." in page
    page = unescape(page_of(owner.post(f"{editors.base}publish/", {"note": ""}, follow=True)))
    assert "has no field 'nothing'" in page or "There is no field “nothing”" in page
    page = page_of(owner.post(f"{editors.base}discard/", follow=True))
    assert "The draft was thrown away." in page


def test_a_version_that_went_live_meanwhile_is_brought_in_with_a_choice(editors: Editors) -> None:
    owner = editors.owner
    editors.save(owner, "approve", **asked(needed="2"))

    with scope.work_in(editors.line.partner):
        live = editors.line.flow.live_version
        assert live is not None
        steps = [{**step, "needed": 3} if step.get("kind") == "approve" else step for step in live.definition["steps"]]
        publish(editors.line.flow, published_by="Bob", definition={**live.definition, "steps": steps})
    page = unescape(page_of(owner.get(f"{editors.base}review/")))
    assert "Another version went live meanwhile" in page
    assert "Keep the draft's: <strong>2</strong>" in page
    choice = re.search(r'name="(choice [^"]*)"', page)
    assert choice is not None
    owner.post(f"{editors.base}refresh/", {choice[1]: "theirs"})
    assert editors.step("approve")["needed"] == 3
