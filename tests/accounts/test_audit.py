"""The audit trail: what it records, and that no change to it goes unseen."""

import os
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts import audit
from apps.accounts.actions import Role
from apps.accounts.actor import acting, actor_for_person
from apps.accounts.audit import AuditAction, chain_head, plain, record, verify_chain
from apps.accounts.models import AuditEntry, User
from apps.tenants import scope
from apps.tenants.scope import PartnerRef


def test_an_entry_names_who_did_it(as_owner_a: User) -> None:
    record(AuditAction.BRAND_CHANGED, subject="brand", details={"primary": ["#000000", "#0f766e"]})
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.actor_id, entry.actor_name) == (as_owner_a.id, "Olivia Owner")
    assert entry.details == {"primary": ["#000000", "#0f766e"]}


def test_an_entry_of_background_work_says_system(in_partner_a: PartnerRef) -> None:
    record("run_started", subject="run", subject_id=uuid4())
    assert AuditEntry.objects.get().actor_name == "system"


def test_an_action_outside_the_closed_list_is_refused(in_partner_a: PartnerRef) -> None:
    with pytest.raises(ValueError, match="coffee_made"):
        record("coffee_made", subject="kitchen")


def test_each_partner_has_a_chain_of_its_own(partner_a: PartnerRef, partner_b: PartnerRef) -> None:
    for partner, times in ((partner_a, 3), (partner_b, 2), (partner_a, 1)):
        with scope.enter(partner):
            for _ in range(times):
                record(AuditAction.RUN_STARTED, subject="run")
    record(AuditAction.PARTNER_CREATED, subject="partner")
    for partner, length in ((partner_a, 4), (partner_b, 2)):
        with scope.enter(partner):
            assert chain_head()[0] == length
            assert verify_chain() == []
    assert chain_head()[0] >= 1


def test_a_customers_person_is_recorded_but_cannot_read_the_trail(in_partner_a: PartnerRef) -> None:
    actor = actor_for_person(user_id=uuid4(), name="Cleo", email="c@x.example", role=Role.CUSTOMER_OWNER)
    with scope.narrowed_to(uuid4()):
        with acting(actor):
            record(AuditAction.CASE_NOTED, subject="case")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            AuditEntry.objects.count()
    assert AuditEntry.objects.get().actor_name == "Cleo"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_auditentry SET subject = 'x'", "DELETE FROM accounts_auditentry", "TRUNCATE accounts_auditentry"],
    ids=["update", "delete", "truncate"],
)
def test_the_product_may_not_change_the_trail(in_partner_a: PartnerRef, statement: str) -> None:
    record(AuditAction.RUN_STARTED, subject="run")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize("statement", ["UPDATE {} SET subject = 'x'", "DELETE FROM {}"], ids=["update", "delete"])
def test_not_even_the_owner_of_the_table_may_change_the_trail(committed: PartnerRef, statement: str) -> None:
    _write(committed, 1)
    with _admin() as admin, pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        admin.execute(statement.format(f"{committed.schema_name}.accounts_auditentry"))


_TAMPERED = {
    "an altered subject": "UPDATE {t} SET subject = 'nothing to see' WHERE position = 3",
    "an altered detail": "UPDATE {t} SET details = jsonb_set(details, '{{n}}', '99') WHERE position = 3",
    "an altered time": "UPDATE {t} SET at = at - interval '1 day' WHERE position = 3",
    "an altered actor": "UPDATE {t} SET actor_name = 'somebody else' WHERE position = 3",
    "a removed entry": "DELETE FROM {t} WHERE position = 3",
    "the newest entry removed": "DELETE FROM {t} WHERE position = 5",
    "the oldest entry removed": "DELETE FROM {t} WHERE position = 1",
    "everything removed": "DELETE FROM {t}",
    "an added entry": (
        "INSERT INTO {t} (id, position, at, actor_name, action, subject, subject_id, details, previous_hash, hash) "
        "SELECT gen_random_uuid(), 6, at, actor_name, action, subject, subject_id, details, hash, hash FROM {t} "
        "WHERE position = 5"
    ),
    "two entries exchanged": (
        "UPDATE {t} SET position = 100 WHERE position = 2; UPDATE {t} SET position = 2 WHERE position = 3; "
        "UPDATE {t} SET position = 3 WHERE position = 100"
    ),
}


@pytest.mark.parametrize("statement", _TAMPERED.values(), ids=_TAMPERED.keys())
def test_tampering_by_a_superuser_is_seen(committed: PartnerRef, statement: str) -> None:
    _write(committed, 5)
    with scope.work_in(committed):
        assert verify_chain() == []
    with _admin() as admin:
        admin.execute("SET session_replication_role = replica")  # a superuser's way past every trigger
        admin.execute(statement.format(t=f"{committed.schema_name}.accounts_auditentry"))
    with scope.work_in(committed):
        assert verify_chain() != []
    with pytest.raises(CommandError, match="do not hold"):
        call_command("verify_audit", partner="alder", stdout=StringIO())


def test_entries_written_at_the_same_time_form_one_chain(committed: PartnerRef) -> None:
    def work() -> None:
        try:
            for _ in range(10):
                _write(committed, 1)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with scope.work_in(committed):
        assert chain_head()[0] == 40
        assert verify_chain() == []


def test_a_rolled_back_change_leaves_no_trace(committed: PartnerRef) -> None:
    _write(committed, 1)
    with scope.work_in(committed):
        record(AuditAction.RUN_STARTED, subject="run")
        transaction.set_rollback(True)
    _write(committed, 1)
    with scope.work_in(committed):
        assert (chain_head()[0], verify_chain()) == (2, [])


def test_the_command_names_every_trail_and_its_length(committed: PartnerRef) -> None:
    _write(committed, 2)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "alder: 2 entries" in out.getvalue()
    assert "brightforge: 0 entries" in out.getvalue()
    assert "platform:" in out.getvalue()
    with pytest.raises(CommandError, match="no partner"):
        call_command("verify_audit", partner="nobody", stdout=out)


_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.decimals()
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.uuids()
)


@pytest.mark.usefixtures("in_partner_a")
class TestWhateverIsRecorded:
    """Details come back from the database exactly as they were hashed."""

    @pytest.mark.parametrize(
        "value",
        [
            1.0,
            1e300,
            float("nan"),
            Decimal("1.10"),
            10**30,
            "a\x00b",
            date(2026, 1, 2),
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            [(1, 2)],
            {1: 2},
            "\ud800",
            {"ä": "ü"},
            True,
            None,
            UUID(int=5),
        ],
        ids=repr,
    )
    def test_it_still_verifies_after_a_round_trip(self, value: object) -> None:
        record(AuditAction.CASE_NOTED, subject="case", details={"value": value})
        assert verify_chain() == []


@given(
    st.recursive(
        _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    )
)
def test_plain_values_are_stable(value: object) -> None:
    assert plain(plain(value)) == plain(value)


def test_every_action_has_words() -> None:
    assert AuditAction.API_KEY_CREATED.label == "API key created"
    assert AuditAction.SIGNED_IN.label == "Signed in"
    assert audit.AuditAction("flow_published").label == "Flow published"


def _write(partner: PartnerRef, times: int) -> None:
    for number in range(times):
        with scope.work_in(partner):
            record(AuditAction.CASE_NOTED, subject="case", details={"n": number})


def _admin() -> psycopg.Connection:
    name = connections["default"].settings_dict["NAME"]
    return psycopg.connect(os.environ["TEST_ADMIN_DATABASE_URL"], dbname=name, autocommit=True)
