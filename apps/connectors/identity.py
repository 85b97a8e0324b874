"""Whose records a connection shows: remembered from its tests, and asked about before another account's records pass.

A connection that is pointed at another company, by other credentials or another address, would double everything there:
its links and checkpoints are those of the first one.
"""

from uuid import UUID

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import breaker
from apps.connectors.breaker_rule import unconfirmed
from apps.connectors.models import Connection


def let_go_on(connection_id: UUID) -> None:
    """Let work go on after credentials or address were changed; where an account is known, only once a test has told it."""
    if Connection.objects.filter(id=connection_id).exclude(account="").exists():
        breaker.hold(connection_id)
    else:
        breaker.reset(connection_id)


def note_account(connection_id: UUID, told: str) -> bool:
    """Note whose records a test was shown ("" : it was not told); False while a person must confirm another account."""
    row = Connection.objects.select_for_update(no_key=True).filter(id=connection_id).first()
    if row is None or not told:
        return row is None or not row.account_seen
    if row.account and told != row.account:
        breaker.note_other_account(connection_id, row.account, told)
        row.account_seen = told
        if row.state != Connection.State.DISABLED:
            row.state, row.state_reason = Connection.State.ATTENTION, unconfirmed(row.account, told)[:400]
        row.save(update_fields=["account_seen", "state", "state_reason"])
        return False
    Connection.objects.filter(id=connection_id).update(account=told, account_seen="")
    return True


def question_of(connection_id: UUID) -> str:
    """Return what a person has to confirm about a connection, "" when nothing."""
    row = Connection.objects.filter(id=connection_id).exclude(account_seen="").first()
    return unconfirmed(row.account, row.account_seen)[:400] if row is not None else ""


def confirm_account(connection: Connection, *, told: str) -> bool:
    """Take the account that was told for the one that is meant; False when another one was told meanwhile."""
    asked = Connection.objects.filter(id=connection.id, account_seen=told).exclude(account_seen="")
    if not asked.update(account=told, account_seen="", state=Connection.State.UNTESTED, state_reason=""):
        return False
    breaker.reset(connection.id)
    details = {"records of": told, "before": connection.account}
    audit.record(AuditAction.CONNECTION_CHANGED, subject="connection", subject_id=str(connection.id), details=details)
    return True
