"""Whatever is sent to a sandbox system, it answers in its own words, and its journal tells exactly what was applied."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.sandbox import tokens
from apps.connectors.sandbox.desk import Desk
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.firm import Wishes, found_firm
from apps.connectors.sandbox.store import Company, Record, Store
from apps.connectors.sandbox.systems import SYSTEMS

FIRM = found_firm(Wishes(people=3, weeks=1, as_of=datetime(2026, 11, 21, 12, 0, tzinfo=UTC)))
DESKS = [pytest.param(desk, id=slug) for slug, desk in SYSTEMS.items()]
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e9, 1e9), st.text(max_size=50))
VALUES = st.one_of(PLAIN, st.lists(PLAIN, max_size=3), st.dictionaries(st.text(max_size=5), PLAIN, max_size=2))


class Room:
    """One company of one system in memory, and what its desk announced."""

    def __init__(self, desk: type[Desk]) -> None:
        self.kind, self.store, self.heard = desk, Store(Path(":memory:")), list[Record]()
        self.company: Company = self.store.found_company(desk.slug, "acme", "the-token", {})
        with self.store.change():
            desk.fill(self.store, self.company, FIRM)

    @property
    def desk(self) -> Desk:
        """A desk as a new request meets it."""
        return self.kind(self.store, self.company, Faults({}), self.heard.append)

    def ids(self, kind: str) -> list[str]:
        return [record["id"] for record in self.store.every(self.company, kind)]


def fields_of(room: Room, kind: str) -> list[str]:
    """The fields the filled records have, and two that no record has."""
    known = {name for record in room.store.every(room.company, kind) for name in record}
    return sorted({*known, "external_id", "project", "name", "members", "status", "hat"})


@pytest.mark.parametrize("desk", DESKS)
@settings(max_examples=60)
@given(chosen=st.data())
def test_any_values_are_taken_or_refused_and_the_journal_agrees(desk: type[Desk], chosen: st.DataObject) -> None:
    room = Room(desk)
    for _ in range(4):
        kind = chosen.draw(st.sampled_from(sorted(desk.kinds)))
        values = chosen.draw(st.dictionaries(st.sampled_from(fields_of(room, kind)), VALUES, max_size=6))
        before, effects = room.ids(kind), len(room.store.effects(room.company))
        act = chosen.draw(st.sampled_from(["create", "change", "remove"]))
        answer = _do(room, act, kind, chosen.draw(st.sampled_from([*before, "none"])), values)
        assert answer.status in {200, 201, 404, 409, 422}
        applied = room.store.effects(room.company)[effects:]
        assert [e["action"] for e in applied] == ([act] if answer.status < 400 else [])
        growth = {"create": 1, "remove": -1}.get(act, 0) if answer.status < 400 else 0
        assert len(room.ids(kind)) == len(before) + growth


def _do(room: Room, act: str, kind: str, key: str, values: Record) -> Any:
    if act == "remove":
        return room.desk.remove(kind, key)
    body = orjson.dumps(values)
    return room.desk.create(kind, body, "key") if act == "create" else room.desk.change(kind, key, body)


@pytest.mark.parametrize("desk", DESKS)
def test_what_is_filled_in_satisfies_the_systems_own_rules(desk: type[Desk]) -> None:
    room = Room(desk)
    for kind in desk.kinds:
        for key in room.ids(kind):
            assert room.desk.change(kind, key, b"{}").status == 200, (kind, key)


@pytest.mark.parametrize("number", [False, 0, "x"])
def test_a_number_of_the_callers_belongs_to_one_record_whatever_it_is(number: object) -> None:
    room = Room(SYSTEMS["contract"])
    first, second = room.ids("agreements")[:2]
    body = orjson.dumps({"external_id": number})
    assert room.desk.change("agreements", first, body).status == 200
    assert room.desk.change("agreements", second, body).status == 409


REMOVABLE = [
    pytest.param("erp", "projects", {"code": "PRJ-A", "name": "A", "company": "100"}, id="project of the ERP"),
    pytest.param("workspace", "workspaces", {"project": "PRJ-A", "name": "A"}, id="workspace"),
    pytest.param(
        "payroll",
        "refunds",
        {
            "external_id": "EX-A",
            "employee": "E-0001",
            "day": FIRM.first_day.isoformat(),
            "amount": "1.00",
            "currency": "EUR",
        },
        id="refund of the payroll",
    ),
]


@pytest.mark.parametrize(("system", "kind", "values"), REMOVABLE)
def test_a_number_is_never_given_out_twice_not_even_after_a_removal(system: str, kind: str, values: Record) -> None:
    room, given_out = Room(SYSTEMS[system]), list[str]()
    for _ in range(3):
        before = room.ids(kind)
        assert room.desk.create(kind, orjson.dumps(values)).status == 201
        (made,) = set(room.ids(kind)) - set(before)
        given_out.append(made)
        assert room.desk.remove(kind, made).status == 200
        assert room.ids(kind) == before
    assert len(set(given_out)) == 3


def test_a_token_lasts_as_long_as_it_should_and_belongs_to_its_company() -> None:
    company, other = (Room(SYSTEMS["crm"]).company for _ in range(2))
    other.token = "another-token"
    now = time.time()
    token = tokens.hand_out(company, now)
    assert tokens.holds(company, token, seconds=10, now=now + 9)
    assert not tokens.holds(company, token, seconds=10, now=now + 10.1)
    assert not tokens.holds(other, token, seconds=10, now=now)


@pytest.mark.parametrize("token", ["", "_", "at_1_2_3", "at__", "x" * 200, "at_9999999999999_ab_", "ä"])
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert not tokens.holds(Room(SYSTEMS["crm"]).company, token, seconds=10, now=0)
