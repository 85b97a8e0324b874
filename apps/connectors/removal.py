"""Removing a connection: what would break, why it may be refused, and the removal itself, which keeps the history."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import breaker
from apps.connectors.call_log import forget_calls
from apps.connectors.models import (
    Connection,
    Credential,
    CredentialLink,
    SignIn,
    WebhookEndpoint,
    WebhookSubscription,
)
from apps.connectors.usage_directory import ConnectionUse, OpenCase, Stake, list_open_cases, list_uses_of, stakes_of
from apps.tenants import scope


@dataclass(frozen=True, slots=True)
class Removal:
    """What removing a connection would mean. `live` flows forbid it; `others` could not run any more.

    `stake` counts the records that wait in those flows, `cases` are their open exceptions, `endpoints` the open webhook
    addresses, `secrets` how many secrets would be destroyed.
    """

    live: list[ConnectionUse]
    others: list[ConnectionUse]
    stake: Stake
    cases: list[OpenCase]
    endpoints: int
    secrets: int

    @property
    def case_ids(self) -> list[UUID]:
        """Return the open exceptions by id."""
        return [case.case_id for case in self.cases]

    @property
    def is_refused(self) -> bool:
        """Return whether records still pass through it."""
        return bool(self.live)


def look_at_removal(connection: Connection) -> Removal:
    """Return what removing a connection would mean."""
    uses = list_uses_of(connection.id)
    return Removal(
        live=[use for use in uses if use.is_live],
        others=[use for use in uses if not use.is_live and use.state != "retired"],
        stake=stakes_of([connection.id]).get(connection.id, Stake()),
        cases=list_open_cases([use.flow_id for use in uses]),
        endpoints=WebhookEndpoint.objects.filter(connection=connection, active=True).count(),
        secrets=Credential.objects.filter(connection=connection).count(),
    )


def remove_connection(connection: Connection, *, typed_name: str) -> None:
    """Remove a connection: its secrets are destroyed and its webhook addresses closed; what it carried stays.

    Raises:
        ValidationError: live flows use it, or the name was not typed as it is.

    """
    if typed_name.strip() != connection.name:
        raise ValidationError({"name": _("Type the connection's name as it is: %(name)s") % {"name": connection.name}})
    with transaction.atomic():
        row = Connection.objects.select_for_update(of=("self",)).filter(id=connection.id).first()
        if row is None:
            return  # somebody else has removed it meanwhile
        live = [use.name for use in list_uses_of(row.id) if use.is_live]
        if live:
            raise ValidationError(_("Live flows use it: %(flows)s. Pause them first.") % {"flows": ", ".join(live)})
        _take_away(row)
    partner = scope.require().partner.id
    transaction.on_commit(partial(forget_calls, partner, connection.id, settings.REDIS_URL), robust=True)


def _take_away(row: Connection) -> None:
    secrets, _by_table = Credential.objects.filter(connection=row).delete()
    # Subscriptions at the system end by themselves within days: without the secrets nobody can end them sooner.
    for table in (SignIn, CredentialLink, WebhookSubscription):
        table.objects.filter(connection=row).delete()
    closed = WebhookEndpoint.objects.filter(connection=row, active=True).update(active=False)
    Connection.objects.filter(id=row.id).update(
        state=Connection.State.DISABLED, state_reason="Removed.", removed_at=timezone.now()
    )
    breaker.reset(row.id)  # its row stays: the case about it closes by that
    details = {"name": row.name, "system": row.system, "secrets destroyed": secrets, "webhook addresses closed": closed}
    audit.record(AuditAction.CONNECTION_REMOVED, subject="connection", subject_id=str(row.id), details=details)
