"""The one decorator that lets a request through to a view, and the way to ask which action a view demands."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from apps.accounts import queries
from apps.accounts.actions import ACTION_LABELS, Action
from apps.accounts.actor import Actor, acting, current_actor

__all__ = [
    "Actor",
    "acting",
    "current_actor",
    "open_to_all",
    "page_to_return_to",
    "refuse",
    "required_action_of",
    "requires",
    "sign_in_redirect",
]

View = TypeVar("View", bound=Callable[..., Any])

# Views that cannot use the decorator. Those of packages guard themselves: the sign-in pages are open, the rest asks for a
# signed-in person. Those of the room below this one dress the sign-in page, so they are open.
_UNDECORATED: tuple[tuple[str, Action], ...] = (
    ("allauth.account.views.LoginView", Action.PUBLIC),
    ("allauth.account.views.SignupView", Action.PUBLIC),
    ("allauth.account.views.LogoutView", Action.PUBLIC),
    ("allauth.account.views.PasswordReset", Action.PUBLIC),
    ("allauth.account.views.ConfirmEmailView", Action.PUBLIC),
    ("allauth.account.views.EmailVerificationSentView", Action.PUBLIC),
    ("allauth.account.views.email_verification_sent", Action.PUBLIC),
    ("allauth.account.views.AccountInactiveView", Action.PUBLIC),
    ("allauth.account.views.RequestLoginCodeView", Action.PUBLIC),
    ("allauth.account.views.ConfirmLoginCodeView", Action.PUBLIC),
    ("allauth.account.views.CompletePasswordResetView", Action.PUBLIC),
    ("allauth.account.views.ConfirmPasswordResetCodeView", Action.PUBLIC),
    ("allauth.mfa.base.views.AuthenticateView", Action.PUBLIC),
    ("apps.tenants.views.brand_stylesheet", Action.PUBLIC),
    ("apps.tenants.views.brand_picture", Action.PUBLIC),
    ("apps.tenants.views.brand_icon", Action.PUBLIC),
    ("allauth.account.", Action.OWN_PROFILE),
    ("allauth.mfa.", Action.OWN_PROFILE),
    ("allauth.usersessions.", Action.OWN_PROFILE),
)


def requires(action: Action) -> Callable[[View], View]:
    """Let only those through who may do `action`; decorates a view function or a class-based view.

    Nobody signed in: to the sign-in page, or 401 where no page was asked for. Signed in without the right: 403.
    """

    def decorate(view: View) -> View:
        if isinstance(view, type):
            view.required_action = action  # type: ignore[attr-defined]
            return method_decorator(requires(action), name="dispatch")(view)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor: Actor | None = getattr(request, "actor", None)
            if actor is None:
                return sign_in_redirect(request)
            if not actor.can(action):
                return refuse(request, action)
            return view(request, *args, **kwargs)  # type: ignore[no-any-return]

        guarded.required_action = action  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def open_to_all(view: View) -> View:
    """Mark a view as deliberately open to everybody."""
    view.required_action = Action.PUBLIC  # type: ignore[attr-defined]
    return view


def required_action_of(callback: Callable[..., Any]) -> Action | None:
    """Return the action a URL's callback demands, None when it names none (a fault that a test finds).

    An API view with one action per method answers with the first of them.
    """
    named = getattr(callback, "required_action", None)
    if named is not None:
        return Action(named)
    view_class = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if view_class is not None:
        several = getattr(view_class, "required_actions", None)
        named = getattr(view_class, "required_action", None) or (next(iter(several.values())) if several else None)
        if named is not None:
            return Action(named)
    return _undecorated_action(view_class or callback)


def sign_in_redirect(request: HttpRequest) -> HttpResponse:
    """Send a person to the sign-in page and back afterwards; answer 401 to a program or to a part of a page."""
    wanted = page_to_return_to(request)
    target = f"{settings.LOGIN_URL}?next={quote(wanted, safe='/')}" if wanted != "/" else settings.LOGIN_URL
    if request.headers.get("HX-Request"):
        # A fragment would show the sign-in form inside the page: let the browser go there as a whole.
        return HttpResponse(_("Sign in to go on."), status=401, headers={"HX-Redirect": target})
    if not request.accepts("text/html"):
        return HttpResponse(_("Sign in to go on."), status=401, content_type="text/plain")
    return HttpResponseRedirect(target)


def page_to_return_to(request: HttpRequest) -> str:
    """Return the path of the page a person was on: for a form or a part of a page, the page it was sent from."""
    is_part = bool(request.headers.get("HX-Request"))
    if request.method in ("GET", "HEAD") and not is_part:
        return request.get_full_path()
    page = urlsplit(request.headers.get("HX-Current-URL", "") if is_part else request.headers.get("Referer", ""))
    if page.netloc != request.get_host() or not page.path.startswith("/"):
        return "/"
    return f"{page.path}?{page.query}" if page.query else page.path


def refuse(request: HttpRequest, action: Action) -> HttpResponse:
    """Answer 403 with a sentence that says which right is missing and who can give it."""
    actor: Actor | None = getattr(request, "actor", None)
    missing = _("This page needs the right to %(right)s.") % {"right": _(ACTION_LABELS[action])}
    has_role = actor is not None and actor.role is not None
    role = (
        _("Your role (%(role)s) does not include it.") % {"role": _(actor.role_label)}
        if actor is not None and has_role
        else _("Your account does not include it.")
    )
    sentence = f"{missing} {role} {_who_can_grant(actor)}"
    return TemplateResponse(request, "errors/403.html", {"sentence": sentence, "message": sentence}, status=403)


def _who_can_grant(actor: Actor | None) -> str:
    # A customer's people know the portal's contact, not its staff.
    names = queries.list_granting_names() if actor is not None and not actor.is_customer else []
    if not names:
        return _("Ask an owner of this portal to change your role.")
    return _("%(names)s can change your role: ask there.") % {"names": get_text_list(names, _("or"))}


def _undecorated_action(view: Any) -> Action | None:
    name = f"{getattr(view, '__module__', '')}.{getattr(view, '__qualname__', '')}"
    return next((action for prefix, action in _UNDECORATED if name.startswith(prefix)), None)
