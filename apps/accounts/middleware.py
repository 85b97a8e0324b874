"""Says who acts in each request, refuses another partner's session, and asks for the second step where it is due."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from apps.accounts import api_keys
from apps.accounts.actions import PLATFORM_ROLES, TWO_STEP_ROLES, Role
from apps.accounts.actor import Actor, acting
from apps.accounts.models import PUBLIC, User, current_schema

Respond = Callable[[HttpRequest], HttpResponse]
SESSION_SCHEMA = "schema"
SESSION_TWO_STEP = "two_step_seen"
SESSION_WANTED = "wanted_page"
API_PATH = "/api/"


class ActorMiddleware:
    """Sets `request.actor`: the signed-in person, the API key of an API call, or None."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the actor known to views, pages and the audit trail."""
        refuse_foreign_session(request)
        actor = _actor_of(request)
        request.actor = actor  # type: ignore[attr-defined]
        with acting(actor):
            response = self.get_response(request)
        _keep_personal(response, actor)
        return response


class TwoStepMiddleware:
    """With REQUIRE_TWO_STEP, owners and operators reach nothing but the set-up of their second step before it is on."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or lead to the set-up page."""
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None or actor.role not in TWO_STEP_ROLES or not settings.REQUIRE_TWO_STEP:
            return self.get_response(request)
        if request.path == reverse("mfa_index") and SESSION_WANTED in request.session and _has_second_step(request):
            return HttpResponseRedirect(request.session.pop(SESSION_WANTED))
        if _is_always_reachable(request.path) or _has_second_step(request):
            return self.get_response(request)
        if request.method == "GET" and not request.headers.get("HX-Request") and request.accepts("text/html"):
            request.session[SESSION_WANTED] = request.get_full_path()  # where to go once the step is set up
        return HttpResponseRedirect(reverse("mfa_activate_totp"))


def refuse_foreign_session(request: HttpRequest) -> None:
    """Drop a session that was started in another schema: its user id means somebody else here."""
    if request.session.get(SESSION_KEY) is None or request.session.get(SESSION_SCHEMA) == current_schema():
        return
    request.session.flush()
    request.user = AnonymousUser()


def _keep_personal(response: HttpResponse, actor: Actor | None) -> None:
    """Let no cache mix up people, or a part of a page with the whole one when somebody goes back to it."""
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return
    patch_vary_headers(response, ["HX-Request"])
    if actor is not None:
        response.headers.setdefault("Cache-Control", "private, no-cache")


def _actor_of(request: HttpRequest) -> Actor | None:
    if request.path.startswith(API_PATH) and api_keys.is_presented(request.headers.get("Authorization", "")):
        return _key_actor(request)
    user = request.user
    return user.as_actor() if isinstance(user, User) and _belongs_here(user) else None


def _key_actor(request: HttpRequest) -> Actor | None:
    try:
        return api_keys.authenticate(request.headers["Authorization"]).as_actor()
    except api_keys.KeyRefusedError as refusal:
        request.key_problem = str(refusal)  # type: ignore[attr-defined]
        return None


def _belongs_here(user: User) -> bool:
    # Operators work on the platform host only, everybody else only at a partner's.
    return (Role(user.role) in PLATFORM_ROLES) == (current_schema() == PUBLIC)


def _is_always_reachable(path: str) -> bool:
    return path.startswith(("/accounts/", "/brand", "/static/", "/settings/language/"))


def _has_second_step(request: HttpRequest) -> bool:
    if request.session.get(SESSION_TWO_STEP):
        return True
    found: bool = request.user.authenticator_set.filter(type="totp").exists()  # type: ignore[union-attr]
    if found:
        request.session[SESSION_TWO_STEP] = True
    return found
