"""The owner register at work: what a flow may not overwrite in its target, and who is asked about it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.models import AuditEntry
from apps.customers.retention import set_payload_rule
from apps.customers.services import create_customer
from apps.dispatch.models import Queue
from apps.dispatch.services import enqueue
from apps.flows.engine.ownership import ConflictRule
from apps.flows.models import FieldOwner, OwnerReview
from apps.flows.services.evidence import attempts_of
from apps.flows.services.ledger_writes import lowest_id_at
from apps.flows.services.owner_decisions import refuse, take_over
from apps.flows.services.owner_register import remove_owner, set_owner
from apps.flows.services.publish import change_line
from apps.flows.services.retention import RETENTION_KIND
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


class Owned:
    """A line whose invoice texts belong to the ERP, and one of its records, delivered and then changed on both sides."""

    def __init__(self, line: Line, rule: ConflictRule) -> None:
        self.line = line
        with scope.work_in(line.partner):
            changes = {"expression": "r.note"}
            change_line(line.flow, target="description", changes=changes, made_by="t", despite="samples have no notes")
            set_owner(
                line.customer,
                canonical_type="TimeEntry",
                field="note",
                connection=line.target,
                conflict_rule=rule,
                changed_by="t",
            )
        line.run()
        self.key = line.operations(state="written")[0].source_key

    def held(self) -> dict[str, Any]:
        return next(entry for entry in self.line.time_lines() if entry["external_id"] == self.key)

    def there(self, **values: Any) -> None:
        self.change("erp", "time-lines", self.held()["id"], values)

    def here(self, **values: Any) -> None:
        self.change("psa", "time-entries", self.key, values)

    def change(self, system: str, kind: str, key: str, values: dict[str, Any]) -> None:
        line = self.line
        line.sandbox.do(lambda client: client.change_record(system, line.company, kind, key, **values))

    def reviews(self) -> list[OwnerReview]:
        with scope.work_in(self.line.partner):
            return list(OwnerReview.objects.order_by("opened_at"))


@pytest.fixture
def make_owned(make_line: MakeLine) -> Callable[..., Owned]:
    return lambda rule=ConflictRule.REVIEW: Owned(make_line(), rule)


@pytest.mark.parametrize(
    ("rule", "held", "reviews"),
    [
        pytest.param(ConflictRule.OWNER_WINS, "Typed by finance", 0, id="the owner's value stays"),
        pytest.param(ConflictRule.REVIEW, "Typed by finance", 1, id="the owner's value stays and a person is asked"),
        pytest.param(ConflictRule.LATEST_WINS, "the new note", 0, id="the later value is written"),
    ],
)
def test_a_change_from_a_system_that_is_not_the_owner_minds_the_rule(
    make_owned: Callable[..., Owned], rule: ConflictRule, held: str, reviews: int
) -> None:
    owned = make_owned(rule)
    owned.there(description="Typed by finance")
    owned.here(notes="the new note", hours=3.5)
    run = owned.line.run()
    assert (run.written, run.read) == (1, 1)
    now = owned.held()
    assert (now["description"], float(now["quantity"])) == (held, 3.5)
    assert len(owned.reviews()) == reviews
    with scope.work_in(owned.line.partner):
        (dispute,) = attempts_of(owned.line.operations(source_key=owned.key)[-1])[0].disputes
        assert (dispute.field, dispute.ours, dispute.theirs) == ("note", "the new note", "Typed by finance")
        assert (dispute.rule, dispute.owner) == (rule, "ERP")


def test_nothing_is_sent_where_all_that_differs_belongs_to_another_system(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned(ConflictRule.OWNER_WINS)
    before = owned.held()
    owned.here(notes="the new note")
    run = owned.line.run()
    assert (run.written, run.unchanged) == (0, 1)
    assert owned.held() == before
    (line,) = owned.line.operations(state="unchanged")
    assert line.error_message == "Nothing was sent: all that differs belongs to ERP."
    assert owned.line.run().read == 0  # and it is not tried again


def test_what_a_person_takes_over_is_written_once(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned()
    owned.here(notes="the new note")
    owned.line.run()
    (review,) = owned.reviews()
    assert (review.ours, review.theirs, review.state) == ("the new note", owned.held()["description"], "open")
    with scope.work_in(owned.line.partner):
        take_over(review.id, decided_by="Ada")
        with pytest.raises(ValidationError, match="decided already"):
            take_over(review.id, decided_by="Bob")
    owned.line.work()
    assert owned.held()["description"] == "the new note"
    (review,) = owned.reviews()
    assert (review.state, review.decided_by, review.problem) == ("accepted", "Ada", "")
    with scope.work_in(owned.line.partner):
        assert AuditEntry.objects.filter(action="owner_review_decided").count() == 1


def test_a_decision_about_a_value_that_changed_meanwhile_is_asked_for_again(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned()
    owned.here(notes="the new note")
    owned.line.run()
    owned.there(description="Typed by finance just now")
    with scope.work_in(owned.line.partner):
        take_over(owned.reviews()[0].id, decided_by="Ada")
    owned.line.work()
    (review,) = owned.reviews()
    assert (review.state, review.theirs) == ("open", "Typed by finance just now")
    assert "meanwhile" in review.problem
    assert owned.held()["description"] == "Typed by finance just now"


def test_what_the_system_refuses_to_take_over_is_open_again_with_the_reason(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned()
    owned.here(notes="the new note")
    owned.line.run()
    owned.line.faults("erp", forbidden=1.0)
    with scope.work_in(owned.line.partner):
        take_over(owned.reviews()[0].id, decided_by="Ada")
    owned.line.work()
    (review,) = owned.reviews()
    assert review.state == "open"
    assert review.problem


def test_a_refused_change_is_not_asked_about_again_until_it_is_another_one(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned()
    owned.here(notes="the new note")
    owned.line.run()
    with scope.work_in(owned.line.partner):
        refuse(owned.reviews()[0].id, decided_by="Ada", note="Finance words it")
    owned.here(hours=3.25)
    assert owned.line.run().written == 1
    assert [review.state for review in owned.reviews()] == ["refused"]
    owned.here(notes="yet another note")
    owned.line.run()
    assert [review.state for review in owned.reviews()] == ["refused", "open"]


def test_a_review_closes_once_both_systems_agree(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned()
    owned.here(notes="the new note")
    owned.line.run()
    owned.there(description="the new note")
    owned.here(hours=3.25)
    owned.line.run()
    assert [review.state for review in owned.reviews()] == ["agreed"]


def test_a_second_change_before_the_decision_is_shown_on_the_same_review(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned()
    for note in ("the new note", "a newer note"):
        owned.here(notes=note)
        owned.line.run()
    assert [(review.ours, review.state) for review in owned.reviews()] == [("a newer note", "open")]


def test_values_of_a_customer_whose_contents_are_not_stored_stay_out_of_the_review(
    make_owned: Callable[..., Owned],
) -> None:
    owned = make_owned()
    with scope.work_in(owned.line.partner):
        set_payload_rule(owned.line.customer, stored=False, keep_days=30)
    owned.here(notes="the new note")
    owned.line.run()
    (review,) = owned.reviews()
    assert (review.is_kept, review.ours, review.theirs) == (False, None, None)
    with scope.work_in(owned.line.partner), pytest.raises(ValidationError, match="not stored"):
        take_over(review.id, decided_by="Ada")


def test_values_of_a_change_go_with_the_other_contents_of_records(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned()
    owned.here(notes="the new note")
    owned.line.run()
    with scope.work_in(owned.line.partner):
        long_ago = lowest_id_at(timezone.now() - timedelta(days=31))
        OwnerReview.objects.update(id=long_ago)
        enqueue(kind=RETENTION_KIND)
    owned.line.work(Queue.MAINT)
    (review,) = owned.reviews()
    assert (review.state, review.is_kept, review.ours, review.theirs) == ("open", False, None, None)


def test_a_field_without_an_entry_is_written_and_nothing_is_read_for_it(make_owned: Callable[..., Owned]) -> None:
    owned = make_owned()
    with scope.work_in(owned.line.partner):
        remove_owner(FieldOwner.objects.get())
    owned.here(notes="the new note")
    assert owned.line.run().written == 1
    assert owned.held()["description"] == "the new note"
    assert owned.reviews() == []


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        pytest.param({"canonical_type": "Nothing"}, "canonical_type", id="an unknown type"),
        pytest.param({"field": "nothing"}, "field", id="an unknown field"),
        pytest.param({"note": "x" * 301}, "note", id="a note that is too long"),
        pytest.param({"business_owner": "x" * 161}, "business_owner", id="a name that is too long"),
    ],
)
def test_a_wrong_entry_is_refused_by_its_field(in_partner_a: Any, entry: dict[str, Any], named: str) -> None:
    customer = create_customer(name="Alder", currency="EUR")
    typed = {"canonical_type": "Customer", "field": "name", "connection": None, **entry}
    with pytest.raises(ValidationError) as refused:
        set_owner(customer, conflict_rule=ConflictRule.REVIEW, changed_by="t", **typed)
    assert named in refused.value.message_dict
    assert not FieldOwner.objects.exists()
