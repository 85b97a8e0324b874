"""The settings' own pages: one's profile and language; and the figures of the menu, for a page that stays open."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import preferences
from apps.accounts.access import open_to_all, requires
from apps.accounts.actions import Action
from apps.accounts.forms import ProfileForm
from apps.accounts.models import User
from apps.accounts.page_filters import acting_person
from apps.accounts.page_frame import keep_theme, navigation_of, start_pages
from apps.accounts.preferences import Profile
from apps.accounts.queries import get_person
from apps.accounts.refusals import refusals_on

_A_YEAR = 365 * 86400


@requires(Action.OWN_PROFILE)
@require_safe
def settings_start(_request: HttpRequest) -> HttpResponse:
    """Lead to the first part of the settings, which everybody has."""
    return redirect("accounts:profile")


@requires(Action.OWN_PROFILE)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show what a person chose for themselves, and store what they change."""
    person = _person(request)
    form = _profile_form(request, person)
    if request.method == "POST" and form.is_valid():
        wanted = Profile(**form.cleaned_data)
        with refusals_on(form):
            changed = preferences.change_profile(person, wanted)
            with override(wanted.language or get_language()):
                messages.success(request, _("Your profile is saved.") if changed else _("Nothing was changed."))
            response = redirect("accounts:profile")
            keep_theme(response, wanted.theme)
            return response
    context = {"form": form, "zones": preferences.time_zones(), "person": person}
    return render(request, "accounts/settings_profile.html", context, status=400 if form.errors else 200)


@open_to_all
@require_POST
def language_choose(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on: to the signed-in person everywhere, else to this browser."""
    wanted, target = request.POST.get("language", ""), request.POST.get("next", "")
    is_here = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(target if is_here and target.startswith("/") else "/")
    if wanted in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            max_age=_A_YEAR,
            samesite="Lax",
            httponly=True,
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )
        if getattr(request, "actor", None) is not None and isinstance(request.user, User):
            preferences.choose_language(request.user, wanted)
    else:
        messages.error(request, _("This language is not spoken here: choose one of those offered."))
    return response


@requires(Action.OWN_PROFILE)
@never_cache
@require_safe
def navigation_counts(request: HttpRequest) -> HttpResponse:
    """Answer the figures of the menu: {"open-cases": {"number": 3, "mine": 1}, ...}."""
    entries = navigation_of(request, acting_person(request))
    return JsonResponse({entry["badge_name"]: asdict(entry["badge"]) for entry in entries if entry["badge"]})


def _person(request: HttpRequest) -> User:
    return get_person(acting_person(request).user_id or UUID(int=0))


def _profile_form(request: HttpRequest, person: User) -> ProfileForm:
    initial: dict[str, Any] = asdict(preferences.profile_of(person))
    pages = start_pages(request, acting_person(request))
    return ProfileForm(request.POST or None, initial=initial, start_pages=pages)
