"""What accounts does when somebody signs in or out, or changes how they do: stamp the session, leave a trace."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.accounts.middleware import SESSION_SCHEMA, SESSION_TWO_STEP
from apps.accounts.models import User, current_schema


def connect() -> None:
    """Listen to Django's and allauth's signals."""
    user_logged_in.connect(_on_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_on_signed_out, dispatch_uid="accounts.signed_out")
    for signal in (account_signals.password_changed, account_signals.password_reset, account_signals.password_set):
        signal.connect(_on_password_changed, dispatch_uid="accounts.password_changed")
    for signal in (mfa_signals.authenticator_added, mfa_signals.authenticator_removed, mfa_signals.authenticator_reset):
        signal.connect(_on_two_step_changed, dispatch_uid="accounts.two_step_changed")


def _on_signed_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    # Compared in each request: the same session id in another schema would be another person's.
    request.session[SESSION_SCHEMA] = current_schema()
    _record(AuditAction.SIGNED_IN, user)


def _on_signed_out(*, user: User | None, **_: Any) -> None:
    if isinstance(user, User):
        _record(AuditAction.SIGNED_OUT, user)


def _on_password_changed(*, user: User, **_: Any) -> None:
    _record(AuditAction.PASSWORD_CHANGED, user)


def _on_two_step_changed(*, request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    request.session.pop(SESSION_TWO_STEP, None)
    _record(AuditAction.TWO_STEP_CHANGED, user, {"kind": authenticator.type})


def _record(action: AuditAction, user: User, details: dict[str, Any] | None = None) -> None:
    found = {"email": user.email, **(details or {})}
    audit.record(action, subject="person", subject_id=user.pk, details=found, actor=user.as_actor())
