"""Who may call which API method: key sign-in, and the action each method demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts.actions import ACTION_LABELS, Action
from apps.accounts.actor import Actor

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module, by its settings


class KeyUser:
    """What `request.user` is when a key calls: signed in, but nobody."""

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, key_id: UUID) -> None:
        self.pk = f"key:{key_id}"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer fl_live_...`; the key itself was proven by ActorMiddleware, before the scope narrowed."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the key's stand-in user, None when no key was presented. Raises AuthenticationFailed."""
        problem = getattr(request._request, "key_problem", None)
        if problem:
            raise AuthenticationFailed(problem, code="invalid_key")
        actor: Actor | None = getattr(request._request, "actor", None)
        if actor is None or actor.api_key_id is None:
            return None
        return KeyUser(actor.api_key_id), actor.api_key_id

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge that makes a refusal a 401."""
        return 'Bearer realm="api"'


class ActionPermission(BasePermission):
    """Lets a call through when the actor may do the view's `required_action`, or its `required_actions[method]`.

    `required_actions` is keyed by the view set's action ("list", "cancel") or by the HTTP method ("get", "post"). A view
    that names nothing is closed.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the call may go on."""
        needed = needed_action(view, request.method or "GET")
        actor: Actor | None = getattr(request._request, "actor", None)
        if needed is Action.PUBLIC:
            return True
        if needed is None or actor is None:
            return False
        self.message = f"This needs the right to {ACTION_LABELS[needed]}."
        return actor.can(needed)


def caller(request: Request) -> Actor:
    """Return who calls; every view but a public one has one."""
    actor: Actor = request._request.actor  # type: ignore[attr-defined]  # set by ActorMiddleware
    return actor


def needed_action(view: APIView, method: str) -> Action | None:
    """Return the action that `method` of `view` demands, None when it names none."""
    several = getattr(view, "required_actions", None)
    if several is None:
        return getattr(view, "required_action", None)
    verb = {"HEAD": "get", "OPTIONS": "get"}.get(method, method.lower())
    return (
        several.get(getattr(view, "action", None) or "") or several.get(verb) or getattr(view, "required_action", None)
    )
