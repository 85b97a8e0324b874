"""The product's database backend: partner, role and customer are set inside each transaction, or nothing runs.

A session-level search_path survives on a pooled connection and has been seen to hand one tenant's rows to another.
Here the scope is one `set_config(..., true)` statement that the end of the transaction undoes.
"""

from typing import Any

import psycopg
from django.db.utils import InternalError
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsWrapper

PUBLIC = "public"
STAFF_ROLE = "fairlead_staff"
CUSTOMER_ROLE = "fairlead_customer"

_SET_SCOPE = (
    "SELECT set_config('search_path', %s, true), set_config('role', %s, true), set_config('app.customer_id', %s, true)"
)


class OutsideTransactionError(RuntimeError):
    """A query of a partner's schema was tried outside a transaction: open one with `transaction.atomic()`."""


class DatabaseWrapper(TenantsWrapper):
    """Applies (schema, role, customer) once per transaction, and refuses partner queries outside one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._applied: tuple[str, str, str] | None = None
        self.customer_id = ""
        super().__init__(*args, **kwargs)

    def _configure_connection(self, connection: Any) -> bool:
        """Plan what is prepared once for all values: the parameters (ids, keys) never call for another plan."""
        super()._configure_connection(connection)
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")
        return True

    def set_scope(self, tenant: Any, customer_id: str = "") -> None:
        """Choose the partner (and the customer that rows are limited to, "" for the partner's staff)."""
        self.customer_id = customer_id
        if self.tenant is not tenant:
            self.set_tenant(tenant)

    def set_schema_to_public(self) -> None:
        """Step out of every partner."""
        self.customer_id = ""
        super().set_schema_to_public()

    def _wanted(self) -> tuple[str, str, str]:
        if self.schema_name == PUBLIC:
            return PUBLIC, "none", ""
        role = CUSTOMER_ROLE if self.customer_id else STAFF_ROLE
        return f'"{self.schema_name}", {PUBLIC}', role, self.customer_id

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path:
            return
        wanted = self._wanted()
        if not self.in_atomic_block:
            if wanted[0] != PUBLIC:
                raise OutsideTransactionError(
                    f"A query of schema {self.schema_name} was tried outside a transaction: "
                    "wrap it in transaction.atomic()."
                )
            return  # outside a transaction the session's own state holds: public, the login's own role
        if wanted != self._applied:
            self._apply(wanted, cursor)

    def _apply(self, wanted: tuple[str, str, str], cursor: Any) -> None:
        self._setting_search_path = True
        try:
            if cursor is None:
                with self.connection.cursor() as own:
                    own.execute(_SET_SCOPE, wanted)
            else:
                cursor.execute(_SET_SCOPE, wanted)
            self._applied = wanted
        except (psycopg.errors.InFailedSqlTransaction, InternalError):
            self._applied = None  # the transaction is already lost; only a rollback may follow
        finally:
            self._setting_search_path = False

    def close(self) -> None:
        """Close; the next connection starts without a scope."""
        self._applied = None
        super().close()

    def _close(self) -> Any:
        self._applied = None
        return super()._close()

    def _commit(self) -> Any:
        self._applied = None
        return super()._commit()

    def _rollback(self) -> Any:
        self._applied = None
        return super()._rollback()

    def savepoint_rollback(self, sid: str) -> None:
        """Roll back to a savepoint, which takes a scope set after it along."""
        try:
            super().savepoint_rollback(sid)
        finally:
            self._applied = None
