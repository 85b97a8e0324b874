"""The one door into a partner's schema: enter, leave, and ask whose data is being worked on.

Entered in three places only: the request middleware (by host), dispatched due work (by its row) and `each_partner`
for commands. Nothing here falls back to public: work without a partner raises.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction


class NoPartnerError(RuntimeError):
    """Code that needs a partner ran without one."""


@dataclass(frozen=True, slots=True)
class PartnerRef:
    """A partner as plain values, safe to cache and to pass between threads."""

    id: UUID
    slug: str
    name: str
    schema_name: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data is open: one partner's, and within it one customer's when `customer_id` is set."""

    partner: PartnerRef
    customer_id: UUID | None = None


_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


def current() -> Scope | None:
    """Return the open scope, None in public."""
    return _current.get()


def require() -> Scope:
    """Return the open scope. Raises NoPartnerError when there is none."""
    scope = _current.get()
    if scope is None:
        raise NoPartnerError("This needs a partner: enter one with apps.tenants.scope.enter(partner).")
    return scope


@contextmanager
def enter(partner: PartnerRef, customer_id: UUID | None = None) -> Iterator[Scope]:
    """Open `partner`'s schema, and only `customer_id`'s rows when given; queries still need a transaction.

    The previous scope is restored on leaving, whatever happened inside.
    """
    previous = _current.get()
    scope = Scope(partner, customer_id)
    token = _current.set(scope)
    _point_connection_at(scope)
    try:
        yield scope
    finally:
        _current.reset(token)
        _point_connection_at(previous)


@contextmanager
def narrowed_to(customer_id: UUID) -> Iterator[Scope]:
    """Stay with the open partner but see one customer's rows only."""
    with enter(require().partner, customer_id) as scope:
        yield scope


@contextmanager
def public() -> Iterator[None]:
    """Step out to the shared tables (partners, domains), then back."""
    previous = _current.get()
    token = _current.set(None)
    _point_connection_at(None)
    try:
        yield
    finally:
        _current.reset(token)
        _point_connection_at(previous)


@contextmanager
def work_in(partner: PartnerRef, customer_id: UUID | None = None) -> Iterator[Scope]:
    """Enter and open one transaction: what commands and tests usually want."""
    with enter(partner, customer_id) as scope, transaction.atomic():
        yield scope


def _point_connection_at(scope: Scope | None) -> None:
    if scope is None:
        connection.set_schema_to_public()  # type: ignore[attr-defined]
    else:
        customer = str(scope.customer_id) if scope.customer_id else ""
        connection.set_scope(scope.partner, customer)  # type: ignore[attr-defined]
