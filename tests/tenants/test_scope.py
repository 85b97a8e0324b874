"""The one door into a partner's schema."""

import threading

import pytest
from django.db import connection, connections, transaction

from apps.accounts.models import User
from apps.customers.models import Customer, LegalEntity
from apps.tenants import scope
from apps.tenants.backend.base import OutsideTransactionError
from apps.tenants.models import CrossPartnerError
from apps.tenants.scope import NoPartnerError, PartnerRef


def _customer(name: str = "Harbour Consulting") -> Customer:
    return Customer.objects.create(name=name, currency="EUR")


def test_a_row_of_one_partner_is_not_seen_by_another(partner_a: PartnerRef, partner_b: PartnerRef) -> None:
    with scope.work_in(partner_a):
        _customer()
    with scope.work_in(partner_b):
        assert not Customer.objects.exists()
    with scope.work_in(partner_a):
        assert Customer.objects.get().name == "Harbour Consulting"


def test_a_query_without_a_partner_raises(partner_a: PartnerRef) -> None:
    with pytest.raises(NoPartnerError):
        Customer.objects.exists()


def test_a_row_loaded_in_one_partner_cannot_be_saved_in_another(partner_a: PartnerRef, partner_b: PartnerRef) -> None:
    with scope.work_in(partner_a):
        customer_id = _customer().id
        loaded = Customer.objects.get(id=customer_id)
    with scope.work_in(partner_b), pytest.raises(CrossPartnerError):
        loaded.save()


def test_leaving_a_scope_restores_the_one_before(partner_a: PartnerRef, partner_b: PartnerRef) -> None:
    with scope.enter(partner_a):
        with scope.enter(partner_b):
            assert scope.require().partner == partner_b
        assert scope.require().partner == partner_a
    assert scope.current() is None


def test_an_error_inside_leaves_the_connection_in_public(partner_a: PartnerRef) -> None:
    with pytest.raises(ZeroDivisionError), scope.work_in(partner_a):
        1 / 0  # noqa: B018
    assert connection.schema_name == "public"


def test_a_customers_people_see_their_own_rows_only_even_in_plain_sql(in_partner_a: PartnerRef) -> None:
    mine, other = _customer("Mine"), _customer("Other")
    for customer in (mine, other):
        LegalEntity.objects.create(customer=customer, code="MAIN", name=customer.name, currency="EUR")
    with scope.narrowed_to(mine.id):
        assert [c.name for c in Customer.objects.all()] == ["Mine"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM customers_legalentity")
            assert cursor.fetchall() == [("Mine",)]
            cursor.execute("UPDATE customers_customer SET name = 'Stolen' WHERE id = %s", [other.id])
            assert cursor.rowcount == 0
    assert Customer.objects.count() == 2


def test_a_customers_people_cannot_write_for_another_customer(in_partner_a: PartnerRef) -> None:
    mine, other = _customer("Mine"), _customer("Other")
    with scope.narrowed_to(mine.id), pytest.raises(Exception, match="row-level security"), transaction.atomic():
        LegalEntity.objects.create(customer=other, code="X", name="X", currency="EUR")


def test_a_customers_people_cannot_read_sealed_secrets(in_partner_a: PartnerRef) -> None:
    mine = _customer("Mine")
    with (
        scope.narrowed_to(mine.id),
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM connectors_credential")


def test_the_products_login_owns_nothing_and_cannot_enter_a_schema_by_itself(partner_a: PartnerRef) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls, rolinherit FROM pg_roles WHERE rolname = session_user")
        assert cursor.fetchone() == (False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = session_user"
        )
        assert cursor.fetchone() == (0,)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{partner_a.schema_name}".customers_customer')


def test_a_partner_query_outside_a_transaction_raises(committed: PartnerRef) -> None:
    with scope.enter(committed), pytest.raises(OutsideTransactionError):
        Customer.objects.exists()


def test_scope_is_gone_after_the_transaction_and_rolled_back_savepoints_restore_it(committed: PartnerRef) -> None:
    with scope.work_in(committed):
        _customer()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Customer.objects.update(name="Never")
            1 / 0  # noqa: B018
        assert Customer.objects.get().name == "Harbour Consulting"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path'), current_user")
        assert cursor.fetchone() == ("public", "fairlead_app")


def test_two_threads_in_two_partners_never_mix(committed: PartnerRef) -> None:
    from apps.tenants.models import Partner

    other = Partner.objects.get(slug="brightforge").as_ref()
    wrong: list[str] = []

    def work(partner: PartnerRef) -> None:
        for number in range(30):
            with scope.work_in(partner):
                _customer(f"{partner.slug} {number}")
                wrong.extend(c.name for c in Customer.objects.all() if not c.name.startswith(partner.slug))
        connections.close_all()

    threads = [threading.Thread(target=work, args=(partner,)) for partner in (committed, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_operators_live_in_public_and_partners_people_in_their_schema(partner_a: PartnerRef) -> None:
    with scope.work_in(partner_a):
        assert User.objects.count() == 0
