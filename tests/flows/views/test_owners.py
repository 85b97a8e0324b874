"""Who owns what, as people see and change it: the register, its entries, and the changes that wait for a decision."""

import pytest

from apps.accounts.actions import Role
from apps.flows.engine.ownership import ConflictRule
from apps.flows.models import FieldOwner, OwnerReview
from apps.flows.services.owner_register import set_owner
from apps.flows.services.publish import change_line
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of

ENTRY = {
    "place": "TimeEntry:note",
    "conflict_rule": "review",
    "business_owner": "Fina Nance",
    "technical_owner": "ERP team",
    "note": "Agreed in the workshop",
}


def _register(shown: Shown) -> str:
    return f"/customers/{shown.line.customer.id}/owners/"


@pytest.fixture
def disputed(shown: Shown) -> Shown:
    """A line on whose text for the invoice both systems differ."""
    line = shown.line
    with scope.work_in(line.partner):
        despite = "samples have no notes"
        change_line(line.flow, target="description", changes={"expression": "r.note"}, made_by="t", despite=despite)
        owned = {"canonical_type": "TimeEntry", "field": "note", "connection": line.target, "changed_by": "t"}
        set_owner(line.customer, conflict_rule=ConflictRule.REVIEW, **owned)
    key = line.operations(state="written")[0].source_key
    change = {"notes": "<b>the new note</b>", "hours": 3.5}
    line.sandbox.do(lambda client: client.change_record("psa", line.company, "time-entries", key, **change))
    line.run()
    return shown


def test_an_empty_register_says_what_holds_and_who_usually_owns_a_field(shown: Shown) -> None:
    page = page_of(shown.owner.get(_register(shown)))
    assert "Nobody has entered an owner yet" in page
    assert "not entered, usually PSA" in page
    assert "PSA → ERP" in page


def test_an_owner_is_entered_changed_exported_and_removed(shown: Shown) -> None:
    here, line = _register(shown), shown.line
    assert 'value="TimeEntry:note" selected' in page_of(shown.owner.get(f"{here}add/?place=TimeEntry:note"))
    added = shown.owner.post(f"{here}add/", {**ENTRY, "connection": line.target.id})
    assert added.status_code == 302
    page = page_of(shown.owner.get(here))
    assert "The owner&#x27;s value stays, and a person is asked" in page
    assert "Fina Nance" in page
    with scope.work_in(line.partner):
        entry = FieldOwner.objects.get()
    edited = shown.owner.post(f"{here}{entry.id}/", {**ENTRY, "connection": "", "conflict_rule": "owner_wins"})
    assert edited.status_code == 302
    exported = page_of(shown.owner.get(f"{here}?format=csv"))
    assert "Fina Nance,ERP team,Agreed in the workshop" in exported
    assert shown.owner.post(f"{here}{entry.id}/remove/").status_code == 302
    with scope.work_in(line.partner):
        assert not FieldOwner.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        pytest.param({"place": "TimeEntry:nothing"}, "nothing is not one of", id="a field that does not exist"),
        pytest.param({"conflict_rule": "loudest"}, "loudest is not one of", id="a rule that does not exist"),
        pytest.param({"note": "x" * 301}, "at most 300 characters", id="a note that is too long"),
    ],
)
def test_a_wrong_entry_is_refused_in_place(shown: Shown, typed: dict[str, str], words: str) -> None:
    answer = shown.owner.post(f"{_register(shown)}add/", {**ENTRY, **typed})
    assert answer.status_code == 400
    assert words in page_of(answer)


def test_a_change_to_decide_shows_both_values_and_is_taken_over(disputed: Shown) -> None:
    page = page_of(disputed.owner.get(_register(disputed)))
    assert "Changes to decide" in page
    assert "&lt;b&gt;the new note&lt;/b&gt;" in page
    with scope.work_in(disputed.line.partner):
        review = OwnerReview.objects.get()
    record = page_of(disputed.owner.get(f"/operations/{review.operation_id}/"))
    assert "The value there was kept until somebody decides" in record
    assert "owned by ERP" in record
    answer = disputed.owner.post(f"/owner-reviews/{review.id}/accept/", follow=True)
    assert "being written to ERP" in page_of(answer)
    disputed.line.work()
    assert "Changes to decide" not in page_of(disputed.owner.get(_register(disputed)))
    again = disputed.owner.post(f"/owner-reviews/{review.id}/refuse/", follow=True)
    assert "decided already" in page_of(again)


def test_a_change_is_kept_out_with_a_note(disputed: Shown) -> None:
    with scope.work_in(disputed.line.partner):
        review = OwnerReview.objects.get()
    too_long = disputed.owner.post(f"/owner-reviews/{review.id}/refuse/", {"note": "x" * 301}, follow=True)
    assert "at most 300 characters" in page_of(too_long)
    kept_out = disputed.owner.post(f"/owner-reviews/{review.id}/refuse/", {"note": "Finance words it"}, follow=True)
    assert "ERP keeps its value." in page_of(kept_out)
    with scope.work_in(disputed.line.partner):
        review.refresh_from_db()
        assert (review.state, review.note) == ("refused", "Finance words it")


def test_whose_role_shows_no_contents_sees_no_values(disputed: Shown) -> None:
    page = page_of(disputed.as_(Role.READ_ONLY).get(_register(disputed)))
    assert "Changes to decide" in page
    assert "the new note" not in page
    assert "Take over" not in page


def test_a_changed_rule_closes_what_waited_under_the_old_one(disputed: Shown) -> None:
    with scope.work_in(disputed.line.partner):
        entry = FieldOwner.objects.get()
    target = disputed.line.target.id
    typed = {**ENTRY, "connection": target, "conflict_rule": "owner_wins"}
    disputed.owner.post(f"{_register(disputed)}{entry.id}/", typed)
    with scope.work_in(disputed.line.partner):
        assert [one.state for one in OwnerReview.objects.all()] == ["closed"]


def test_programs_read_the_register(disputed: Shown) -> None:
    answer = disputed.owner.get(f"/api/v1/field-owners?customer={disputed.line.customer.id}&canonical_type=TimeEntry")
    if answer.status_code == 301:
        answer = disputed.owner.get(answer["Location"])
    (entry,) = answer.json()["results"]
    assert (entry["field"], entry["conflict_rule"]) == ("note", "review")
    assert entry["connection_id"] == str(disputed.line.target.id)
