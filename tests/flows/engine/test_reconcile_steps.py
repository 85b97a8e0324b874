"""What steps made, against what is there: each thing under one cause at most, and the whole adds up over records and steps."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.identity import VERSION_LENGTH
from apps.flows.engine.reconcile import (
    Cause,
    Entry,
    Line,
    Money,
    Shown,
    Verdict,
    finding_of,
    finding_version,
    judge,
    mark_of,
    state,
)
from apps.flows.engine.reconcile_steps import StepPart, Unasked, mark_of_step, put_together, thing_entry
from apps.flows.engine.states import OperationState


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


HUNDRED, NINETY, BARE = Shown(1, eur("100.00")), Shown(1, eur("90.00")), Shown(1)


@pytest.mark.parametrize(
    ("made", "held", "facts", "cause", "count", "euros"),
    [
        pytest.param(eur("100"), HUNDRED, {}, None, 0, "0", id="made and there"),
        pytest.param(None, BARE, {}, None, 0, "0", id="made and there, worth nothing"),
        pytest.param(eur("100"), None, {}, Cause.MISSING_IN_TARGET, 1, "100", id="made and gone"),
        pytest.param(None, None, {}, Cause.MISSING_IN_TARGET, 1, "0", id="gone, worth nothing"),
        pytest.param(
            eur("100"), None, {"accepted": True}, Cause.ACCEPTED, 1, "100", id="gone, and left so by a person"
        ),
        pytest.param(eur("100"), None, {"source_gone": True}, None, 0, "0", id="gone in the source as well"),
        pytest.param(eur("100"), HUNDRED, {"source_gone": True}, None, 0, "0", id="there, and gone in the source"),
        pytest.param(eur("100"), NINETY, {}, Cause.AMOUNT_DIFFERS, 0, "10", id="another amount"),
        pytest.param(eur("100"), NINETY, {"accepted": True}, Cause.ACCEPTED, 0, "10", id="another amount, accepted"),
        pytest.param(None, NINETY, {}, None, 0, "0", id="what was sent is not known any more"),
        pytest.param(eur("100"), BARE, {}, None, 0, "0", id="its system says no amount"),
    ],
)
def test_each_thing_has_one_cause(
    made: Money | None, held: Shown | None, facts: dict[str, bool], cause: Cause | None, count: int, euros: str
) -> None:
    given = {"asked": True, "accepted": False, "source_gone": False, **facts}
    judged = judge(thing_entry("k", made=made, held=held, **given))
    assert (judged.cause, judged.count, judged.sums.get("EUR", Decimal(0))) == (cause, count, Decimal(euros))
    assert judged.proven


def test_what_could_not_be_asked_for_is_no_proof_and_no_loss() -> None:
    judged = judge(thing_entry("k", made=eur("100"), held=None, asked=False, accepted=False, source_gone=False))
    assert (judged.cause, judged.proven) == (None, False)
    step = StepPart("project", "Project", "PSA", state([judged]), Unasked.SHOWS_NOTHING)
    whole = put_together(state([]), [step])
    assert (whole.verdict, whole.unproven, whole.source.count) == (Verdict.UNPROVEN, 1, 0)
    assert step.to_json()["unasked"] == "shows_nothing"
    assert step.to_json()["source"]["count"] == 1


_money = st.none() | st.builds(
    lambda cents, currency: Money(Decimal(cents) / 100, currency),
    st.integers(-9_999, 9_999),
    st.sampled_from(["EUR", "USD"]),
)
_held = st.none() | st.builds(Shown, st.just(1), _money)
_things = st.lists(
    st.builds(
        thing_entry,
        st.just("k"),
        made=_money,
        held=_held,
        asked=st.booleans(),
        accepted=st.booleans(),
        source_gone=st.booleans(),
    ),
    max_size=6,
)
_records = st.lists(
    st.builds(
        Entry,
        key=st.just("k"),
        source=_held,
        target=_held,
        lines=st.just(()) | st.just((Line("1", OperationState.WRITTEN),)),
        version=st.just("1"),
    ),
    max_size=6,
)


@given(_records, st.lists(_things, max_size=3))
def test_the_causes_add_up_over_records_and_steps(records: list[Entry], steps: list[list[Entry]]) -> None:
    of_records = state(judge(entry) for entry in records)
    parts = [StepPart(str(at), "", "", state(judge(one) for one in things)) for at, things in enumerate(steps)]
    whole = put_together(of_records, parts)
    sides = [of_records, *(part.statement for part in parts)]
    apart = sum(one.source.count - one.target.count for one in sides)
    assert sum(part.difference.count for part in whole.parts.values()) == apart
    for currency in ("EUR", "USD"):
        explained = sum((part.difference.sums.get(currency, Decimal(0)) for part in whole.parts.values()), Decimal(0))
        money = (one.source.sums.get(currency, Decimal(0)) - one.target.sums.get(currency, Decimal(0)) for one in sides)
        assert explained == sum(money, Decimal(0))
    assert whole.unexplained == sum(one.unexplained for one in sides)
    assert (whole.source, whole.target, whole.agreed) == (of_records.source, of_records.target, of_records.agreed)
    assert whole.to_json()["differing"] == sum(one.to_json()["differing"] for one in sides)


def test_a_finding_says_by_its_version_which_thing_it_is_about() -> None:
    mark = mark_of_step("project_in_psa")
    version = finding_version("0" * 32, Cause.MISSING_IN_TARGET, mark)
    assert (finding_of(version), mark_of(version)) == (Cause.MISSING_IN_TARGET, mark)
    assert len(version) <= VERSION_LENGTH
    assert mark_of(finding_version("0" * 32, Cause.NEVER_READ)) == ""
    assert mark_of("2026-11-20T10:00:00Z") == ""
    assert mark != mark_of_step("workspace_made")
