"""Rings: who is in which, and when the next one follows."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.engine.rings import (
    Figures,
    Gates,
    Outcome,
    Proofs,
    Ring,
    Unproven,
    asks_for_proof,
    assign_rings,
    judge,
    why_not_rings,
)

RINGS = (Ring("Pilot", 0.05), Ring("A tenth", 0.1), Ring("All", 1))
GATES = Gates(minutes=60, records=20, longest_minutes=1_000, error_rise=0.05, held=Decimal(5_000))
USUAL = Figures(1_000, 20)


@pytest.mark.parametrize(
    ("now", "minutes", "outcome", "told"),
    [
        pytest.param(Figures(100, 2), 61, Outcome.PASSED, "100 records", id="as usual"),
        pytest.param(Figures(100, 7), 61, Outcome.PASSED, "7.0 %", id="a little more than usual"),
        pytest.param(Figures(100, 8), 2, Outcome.STOPPED, "8.0 % of the records are refused (8 of 100)", id="too many"),
        pytest.param(Figures(100, 2), 59, Outcome.WATCH, "", id="too early"),
        pytest.param(Figures(19, 0), 61, Outcome.WATCH, "", id="too few"),
        pytest.param(Figures(0, 0), 1_000, Outcome.PASSED, "watched for 17 hours", id="nothing ever came"),
        pytest.param(Figures(2, 1), 61, Outcome.WATCH, "", id="one of two says nothing"),
        pytest.param(
            Figures(100, 1, {"EUR": Decimal("5000.01")}), 61, Outcome.STOPPED, "EUR 5,000.01", id="too much money"
        ),
        pytest.param(Figures(100, 1, {"EUR": Decimal(5_000)}), 61, Outcome.PASSED, "", id="money up to the limit"),
        pytest.param(Figures(100, 1, unexplained=1), 2, Outcome.STOPPED, "1 record differs", id="one unexplained"),
    ],
)
def test_a_ring_is_judged_by_what_it_shows(now: Figures, minutes: float, outcome: Outcome, told: str) -> None:
    verdict = judge(GATES, USUAL, now, minutes)
    assert verdict.outcome is outcome
    assert told in verdict.reason


def test_a_flow_that_always_refuses_much_is_held_against_itself() -> None:
    assert judge(GATES, Figures(100, 40), Figures(100, 42), 61).outcome is Outcome.PASSED


def test_gates_are_stored_and_read_back() -> None:
    for gates in (GATES, Gates(held=None, unexplained=None, unproven=Unproven.NAME)):
        assert Gates.from_json(gates.to_json()) == gates
    older = GATES.to_json()
    del older["unexplained"], older["unproven"]
    assert Gates.from_json(older) == GATES, "a rollout that began before reconciliations counted is judged by them too"


def test_unexplained_differences_may_be_no_reason_to_stop() -> None:
    assert judge(Gates(unexplained=None), USUAL, Figures(100, 1, unexplained=9), 61).outcome is Outcome.PASSED


SEEN = Figures(100, 2)
LACKING = Proofs(unproven=("Harbour: ERP shows nothing",))
NAMING = Gates(minutes=60, records=20, longest_minutes=1_000, unproven=Unproven.NAME)


@pytest.mark.parametrize(
    ("gates", "minutes", "proofs", "outcome", "told"),
    [
        pytest.param(GATES, 61, Proofs(("Harbour",)), Outcome.WATCH, "", id="under way"),
        pytest.param(NAMING, 61, Proofs(("Harbour",)), Outcome.WATCH, "", id="under way, and named later"),
        pytest.param(GATES, 61, LACKING, Outcome.HELD, "1 flow is not proven (Harbour: ERP", id="a person decides"),
        pytest.param(
            GATES, 61, replace(LACKING, accepted=True), Outcome.PASSED, "Harbour: ERP", id="a person has decided"
        ),
        pytest.param(NAMING, 61, LACKING, Outcome.PASSED, "1 flow is not proven (Harbour", id="named"),
        pytest.param(GATES, 1_000, Proofs(("Harbour",)), Outcome.HELD, "did not end in time", id="no longer than that"),
        pytest.param(
            NAMING, 1_000, Proofs(("Harbour",)), Outcome.PASSED, "did not end in time", id="named for its time"
        ),
        pytest.param(
            GATES, 61, Proofs((), ("A: x", "B: x", "C: x", "D: x")), Outcome.HELD, "C: x, and 1 more", id="many"
        ),
    ],
)
def test_a_ring_is_judged_by_what_could_be_proven(
    gates: Gates, minutes: float, proofs: Proofs, outcome: Outcome, told: str
) -> None:
    verdict = judge(gates, USUAL, SEEN, minutes, proofs)
    assert verdict.outcome is outcome
    assert told in verdict.reason


@pytest.mark.parametrize(
    ("gates", "now", "minutes", "asked"),
    [
        pytest.param(GATES, SEEN, 61, True, id="it has shown the rest"),
        pytest.param(GATES, SEEN, 59, False, id="too early"),
        pytest.param(GATES, Figures(3), 61, False, id="too few"),
        pytest.param(GATES, Figures(3), 901, True, id="few, and soon over"),
        pytest.param(GATES, Figures(0), 999, False, id="nothing was carried over"),
        pytest.param(Gates(unexplained=None), SEEN, 61, False, id="differences do not count"),
    ],
)
def test_flows_are_reconciled_once_their_ring_has_shown_the_rest(
    gates: Gates, now: Figures, minutes: float, asked: bool
) -> None:
    assert asks_for_proof(gates, now, minutes) is asked


@given(
    read=st.integers(0, 200),
    minutes=st.floats(0, 2_000),
    pending=st.lists(st.just("A"), max_size=3).map(tuple),
    unproven=st.lists(st.just("B: away"), max_size=3).map(tuple),
    accepted=st.booleans(),
    gates=st.sampled_from([GATES, NAMING]),
)
def test_no_ring_passes_in_silence_or_waits_for_ever(
    read: int, minutes: float, pending: tuple[str, ...], unproven: tuple[str, ...], accepted: bool, gates: Gates
) -> None:
    verdict = judge(gates, Figures(), Figures(read), minutes, Proofs(pending, unproven, accepted))
    if minutes >= gates.longest_minutes:
        assert verdict.outcome is not Outcome.WATCH
    if verdict.outcome is Outcome.PASSED and (pending or unproven):
        assert "not proven" in verdict.reason
        assert accepted or gates.unproven is Unproven.NAME


@given(
    flows=st.sets(st.text("abcdef", min_size=1, max_size=6), min_size=1, max_size=80),
    seed=st.text(max_size=4),
    data=st.data(),
)
def test_every_flow_is_in_one_ring_and_shares_are_kept(flows: set[str], seed: str, data: st.DataObject) -> None:
    pilots = data.draw(st.sets(st.sampled_from(sorted(flows)), max_size=3))
    assigned = assign_rings(flows, pilots, RINGS, seed)
    assert assigned.keys() == flows
    assert all(assigned[pilot] == 0 for pilot in pilots)
    assert assigned == assign_rings(sorted(flows, reverse=True), pilots, RINGS, seed)
    if not pilots:
        assert sum(ring == 0 for ring in assigned.values()) == max(1, round(0.05 * len(flows)))
    through_second = sum(ring <= 1 for ring in assigned.values())
    assert through_second <= max(len(pilots), 1, round(0.1 * len(flows)))


@pytest.mark.parametrize(
    ("rings", "told"),
    [
        ((), "at least one"),
        ((Ring("A", 0.5),), "last ring is everybody"),
        ((Ring("A", 0.5), Ring("B", 0.4), Ring("C", 1)), "more customers"),
        ((Ring("A", 0.5), Ring("B", 1.5), Ring("C", 1)), "at most 100 %"),
        (RINGS, ""),
        ((Ring("All", 1),), ""),
    ],
    ids=["none", "not everybody", "shrinking", "too much", "three", "one"],
)
def test_impossible_rings_are_told(rings: tuple[Ring, ...], told: str) -> None:
    assert told in why_not_rings(rings) if told else why_not_rings(rings) == ""
