"""Pages about API keys: which there are, a new one (shown once), and the end of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import queries, services
from apps.accounts.access import requires
from apps.accounts.account_lists import KEYS, fitting_keys
from apps.accounts.actions import ACTION_LABELS, Action
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.forms import KeyForm
from apps.accounts.listing import csv_of, page_of, read_list
from apps.accounts.models import ApiKey
from apps.accounts.once import once
from apps.accounts.refusals import refusals_on


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key of the list; `state` is "active", "expired" or "revoked"."""

    key: ApiKey
    state: str
    rights: list[str]
    customer_name: str

    @property
    def dialog(self) -> str:
        """Return the id of the dialog that revokes it."""
        return f"revoke-{self.key.id}"


@requires(Action.EDIT_API_KEYS)
@require_safe
def api_keys(request: HttpRequest) -> HttpResponseBase:
    """List the keys."""
    names, now = list_customer_names(), timezone.now()
    state = read_list(request, KEYS)
    fitting = fitting_keys(state, now)

    def build(shown: Sequence[ApiKey]) -> list[KeyRow]:
        return [_row(key, names, now) for key in shown]

    if state.wants_csv:
        return csv_of(state, fitting, build)
    return render(request, "accounts/api_keys.html", {"list": page_of(request, state, fitting, build)})


@requires(Action.EDIT_API_KEYS)
@once
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_create(request: HttpRequest) -> HttpResponse:
    """Make a key and show its text this once."""
    form = KeyForm(request.POST or None, actor=request.actor, customers=list_customer_names())  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            key, text = services.create_api_key(**form.cleaned_data)
            return render(request, "accounts/api_key_created.html", {"key": key, "text": text})
    return render(request, "accounts/api_key_create.html", {"form": form}, status=400 if form.errors else 200)


@requires(Action.EDIT_API_KEYS)
@require_POST
def api_key_revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Make a key useless."""
    key = queries.get_api_key(key_id)
    services.revoke_api_key(key)
    messages.success(request, _("The key %(name)s no longer works.") % {"name": key.name})
    return redirect("accounts:api-keys")


def _row(key: ApiKey, names: dict[UUID, str], now: datetime) -> KeyRow:
    rights = [str(ACTION_LABELS[Action(word)]) for word in key.scopes if word in set(Action)]
    customer = names.get(key.customer_id, _("a customer that is gone")) if key.customer_id else ""
    return KeyRow(key, key.state(now), rights, customer)
