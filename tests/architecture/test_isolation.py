"""Two fences around every customer, and a wall around every partner: in the tables that really exist."""

from collections import defaultdict
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, connections, transaction
from psycopg import sql

from apps.tenants import scope
from apps.tenants.backend.base import CUSTOMER_ROLE, OutsideTransactionError
from tests.architecture.house import House

# Tables that exist twice on purpose: the platform's own people and sessions, and a partner's.
IN_BOTH = {"accounts", "auth", "contenttypes", "sessions", "account", "mfa", "usersessions"}
_COLUMNS = "SELECT table_schema, table_name FROM information_schema.columns WHERE column_name = 'customer_id' AND {}"
_FENCES = """
SELECT n.nspname, c.relname, c.relrowsecurity, c.relforcerowsecurity,
       array(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid ORDER BY 1),
       has_table_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'p\\_%%' AND c.relkind IN ('r', 'p')
"""


def _as_owner(statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    owner = connections["owner"]
    owner.set_schema_to_public()
    with owner.cursor() as cursor:
        cursor.execute(statement, values or [])
        return list(cursor.fetchall())


def _tables_of(room_names: list[str]) -> set[str]:
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_config.name in room_names
    }


@pytest.fixture
def schemas(house: House) -> list[str]:
    """The schemas of both partners."""
    return [house.a.schema_name, house.b.schema_name]


def test_every_table_with_a_customer_is_fenced_or_closed_to_customers(schemas: list[str]) -> None:
    owned = set(_as_owner(_COLUMNS.format("table_schema = ANY(%s)"), [schemas]))
    fences = {(row[0], row[1]): row[2:] for row in _as_owner(_FENCES, [CUSTOMER_ROLE])}
    assert len(owned) > 20
    open_ones = []
    for place in sorted(owned):
        secured, forced, policies, customers_may = fences[place]
        fenced = secured and forced and policies == ["customer", "staff"]
        if customers_may and not fenced:
            open_ones.append(f"{place[1]}: row security {secured}, forced {forced}, policies {policies}")
    assert open_ones == [], "add fence('<table>') or staff_only('<table>') to the migration that made the table"


def test_the_customers_table_itself_is_fenced(schemas: list[str]) -> None:
    fences = {(row[0], row[1]): row[2:] for row in _as_owner(_FENCES, [CUSTOMER_ROLE])}
    for schema in schemas:
        assert fences[schema, "customers_customer"][:3] == (True, True, ["customer", "staff"])


def test_a_customers_role_reaches_no_table_that_is_not_its_business(schemas: list[str]) -> None:
    reachable = {row[1] for row in _as_owner(_FENCES, [CUSTOMER_ROLE]) if row[5] and not row[2]}
    # Rows without a customer that a signed-in customer's person needs: the person, the session, the second step.
    assert not {name for name in reachable if name.startswith(("connectors_", "flows_", "monitoring_"))}, reachable


def test_every_partner_has_every_table_and_the_public_schema_none_of_theirs(schemas: list[str]) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for schema, table in _as_owner(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)", [[*schemas, "public"]]
    ):
        found[schema].add(table)
    partners, shared = _tables_of(settings.TENANT_APPS), _tables_of(settings.SHARED_APPS)
    for schema in schemas:
        assert partners <= found[schema], partners - found[schema]
        assert not found[schema] & (shared - partners), "a shared table stands in a partner's schema"
    assert shared <= found["public"]
    assert not found["public"] & (partners - shared), "a partner's table stands in the public schema"
    twice = {
        apps.get_containing_app_config(m.__module__).label
        for m in apps.get_models()
        if m._meta.db_table in partners & shared
    }
    assert twice <= IN_BOTH


def test_the_products_login_owns_nothing_and_reads_no_partner_by_itself(schemas: list[str]) -> None:
    default = settings.DATABASES["default"]
    assert _as_owner("SELECT tablename FROM pg_tables WHERE tableowner = %s", [default["USER"]]) == []
    assert _as_owner(
        "SELECT rolsuper OR rolbypassrls OR rolinherit FROM pg_roles WHERE rolname = %s", [default["USER"]]
    ) == [(False,)]
    with (
        psycopg.connect(
            host=default["HOST"],
            port=default["PORT"],
            user=default["USER"],
            password=default["PASSWORD"],
            dbname=default["NAME"],
        ) as plain,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        plain.execute(sql.SQL("SELECT 1 FROM {}.flows_operation").format(sql.Identifier(schemas[0])))


def test_a_query_of_a_partner_outside_a_transaction_is_refused(house: House) -> None:
    with scope.enter(house.a), pytest.raises(OutsideTransactionError), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM flows_operation")


def _owned_tables() -> list[str]:
    models = [
        model
        for model in apps.get_models()
        if hasattr(model, "customer_id") and model._meta.app_config.name in settings.TENANT_APPS
    ]
    return sorted({model._meta.db_table for model in models if model._meta.app_label != "accounts"})


def test_the_database_itself_shows_a_customer_only_its_own_rows(house: House) -> None:
    mine, other = house.lines["one"].customer.id, house.lines["two"].customer.id
    filled = 0
    for table in _owned_tables():
        counted = sql.SQL("SELECT count(*) FROM {} WHERE customer_id = %s").format(sql.Identifier(table))
        with scope.work_in(house.a), connection.cursor() as cursor:
            cursor.execute(counted, [other])
            there = cursor.fetchone()[0]
        with scope.work_in(house.a, mine), connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(current_user, %s, 'SELECT')", [table])
            if not cursor.fetchone()[0]:
                continue
            cursor.execute(counted, [other])
            assert cursor.fetchone()[0] == 0, f"{table} shows another customer's rows"
        filled += there > 0
    assert filled >= 10, "the house has too few rows to prove anything"


def test_a_customer_cannot_write_a_row_for_another_one(house: House) -> None:
    mine, other = house.lines["one"].customer.id, house.lines["two"].customer.id
    statement = "UPDATE monitoring_exceptioncase SET customer_id = %s"
    with (
        pytest.raises(Exception, match=r"row-level security|permission denied"),
        scope.work_in(house.a, mine),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [other])


def test_one_partners_rows_are_not_there_in_anothers_scope(house: House) -> None:
    run = house.ids["one"]["run_id"]
    with scope.work_in(house.b), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM flows_run WHERE id = %s", [run])
        assert cursor.fetchone() == (0,)


def test_a_partners_scope_reaches_only_what_its_search_path_names(house: House) -> None:
    with scope.work_in(house.a), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path'), current_user, current_setting('app.customer_id')")
        assert cursor.fetchone() == (f'"{house.a.schema_name}", public', "fairlead_staff", "")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path'), current_user")
        path, who = cursor.fetchone()
        assert (house.a.schema_name in path, who) == (False, settings.DATABASES["default"]["USER"])
