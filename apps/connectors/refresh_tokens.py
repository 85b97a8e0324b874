"""Keeps a connection's refresh token in the vault for all workers: one at a time has it in hand, a new one is stored first.

A connector touches no database; this is what it is handed instead. `access_tokens.RenewingSource` calls it in a thread of
its own, so that the loop goes on, and each call here enters the partner's scope and opens one short transaction on that
thread's own database connection: none is held while the system is asked. The hold is a time in the row, by the database's
clock, so it works across machines and ends by itself when its worker dies.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.connectors import breaker, vault
from apps.connectors.access_tokens import Borrowed
from apps.connectors.auth import REFRESH_TOKEN
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import AuthExpiredError, BusinessClass
from apps.connectors.models import Credential
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

# Longer than an exchange can take: waiting for the budget, and the door's own deadline.
HOLD = timedelta(seconds=90)
_PAUSES = (0.2, 1.0, 3.0)  # a new token must not be lost to a database that is away for a moment


class StoredRefreshToken:
    """The refresh token of one connection of one partner: a RefreshKeeper."""

    def __init__(self, connection_id: UUID, partner: PartnerRef) -> None:
        self._connection_id, self._partner = connection_id, partner

    def borrow(self) -> Borrowed | None:
        """Return the token to exchange, None while another worker has it.

        Raises:
            AuthExpiredError: there is none any more, or it does not open.

        """
        with self._transaction():
            is_free = Q(borrowed_until=None) | Q(borrowed_until__lt=Now())
            taken = self._rows().filter(is_free).update(borrowed_until=Now() + HOLD)
            held = self._rows().first()
            try:
                token = vault.value_of(held) if held is not None else ""
            except UnsealError:
                token = ""
            if held is None or not token:
                raise AuthExpiredError(
                    "The stored sign-in is gone or cannot be opened: sign in again on the connection's page.",
                    business_class=BusinessClass.PERMISSION,
                )
            return Borrowed(token, held.generation) if taken else None

    def keep(self, borrowed: Borrowed, new_token: str) -> None:
        """Store what it was exchanged for and end the hold; "" when the old one stays good.

        Nothing is stored where somebody signed in anew meanwhile: theirs is the one that counts.
        """
        for pause in _PAUSES:
            try:
                self._keep(borrowed, new_token)
            except (OperationalError, InterfaceError):
                time.sleep(pause)
            else:
                return
        self._keep(borrowed, new_token)

    def give_back(self, borrowed: Borrowed) -> None:
        """End the hold: it was not exchanged."""
        with self._transaction():
            self._rows().filter(generation=borrowed.generation).update(borrowed_until=None)

    def note_refused(self, borrowed: Borrowed, reason: str) -> None:
        """End the hold, and let the connection wait for a person unless somebody signed in anew meanwhile."""
        with self._transaction():
            if self._rows().filter(generation=borrowed.generation).update(borrowed_until=None):
                breaker.note_refusal(self._connection_id, reason)

    def _keep(self, borrowed: Borrowed, new_token: str) -> None:
        with self._transaction():
            held = self._rows().select_for_update(no_key=True).filter(generation=borrowed.generation).first()
            if held is None:
                return
            if new_token and new_token != borrowed.token:
                vault.replace_value(held, new_token)
            else:
                self._rows().update(borrowed_until=None)

    def _rows(self) -> QuerySet[Credential]:
        return Credential.objects.filter(connection_id=self._connection_id, name=REFRESH_TOKEN)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with scope.work_in(self._partner):
                yield
        finally:
            connection.close()  # the thread's own: nobody else would give it back
