"""How signing in behaves here: by invitation only, audited, with mails and links in the partner's name."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.accounts.page_frame import keep_theme, start_page_of
from apps.accounts.preferences import preference_of


class AccountAdapter(DefaultAccountAdapter):
    """allauth's hooks."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: people join by an invitation to their address."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return the page a person starts on when none was asked for: the chosen one, else the first of the menu."""
        person = request.user
        return start_page_of(request, person) if isinstance(person, User) else "/"

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **facts: Any) -> HttpResponse:
        """Bring the person's theme to the browser they signed in with."""
        response: HttpResponse = super().post_login(request, user, **facts)
        chosen = preference_of(user.pk).theme
        if chosen:
            keep_theme(response, chosen)
        return response

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the reset link at the partner's own host, so that a forged Host header cannot steer it."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return absolute_url(path.replace("UID-KEY", key))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand allauth's mails to the branded ones: rendered now, sent by a worker."""
        wanted = {key: value for key, value in context.items() if key != "request"}
        send_branded(template_prefix, to=email, context=wanted)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave a trace of a refused sign-in."""
        address = str(credentials.get("email") or credentials.get("username") or "")
        audit.record(AuditAction.SIGN_IN_FAILED, subject="person", details={"email": address[:254]})

    def populate_username(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Do nothing: people have no user name."""
