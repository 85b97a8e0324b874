"""The brand studio: a draft beside its preview, what it will change, publishing, and the history that can be gone back in."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.brand_changes import keep_draft, publish, restore_version
from apps.accounts.brand_forms import BrandForm, field_label, value_words
from apps.accounts.mail import sender_of
from apps.tenants.brand_drafts import SESSION_DRAFT, Draft, StaleDraftError, discard_draft, draft_look, draft_of
from apps.tenants.branding import FONTS
from apps.tenants.brands import Change, differences, history
from apps.tenants.models import BrandVersion
from apps.tenants.scope import PartnerRef


def _partner(request: HttpRequest) -> PartnerRef:
    """Return whose brand it is. Raises Http404 on the console, which has none of its own."""
    partner: PartnerRef | None = request.partner  # type: ignore[attr-defined]
    if partner is None:
        raise Http404("The operator console has no brand of its own.")
    return partner


def _told(changes: list[Change]) -> list[dict[str, Any]]:
    """Return changes as a page shows them."""
    return [
        {
            "field": change.field,
            "label": field_label(change.field),
            "before": value_words(change.field, change.before),
            "after": value_words(change.field, change.after),
            "is_colour": change.field.endswith("_colour"),
        }
        for change in changes
    ]


@requires(Action.EDIT_BRAND)
@require_http_methods(["GET", "HEAD", "POST"])
def brand_edit(request: HttpRequest) -> HttpResponse:
    """Show the draft beside a preview of it, keep what was changed, and publish it when asked to."""
    partner = _partner(request)
    draft = draft_of(partner)
    if request.method != "POST":
        return _page(request, draft, BrandForm(partner=partner, values=draft.values, seen=draft.values))
    form = BrandForm(request.POST, request.FILES, partner=partner, values=draft.values, seen=draft.values)
    if not form.is_valid():
        return _page(request, draft, form, status=400)
    try:
        draft = keep_draft(partner, form.wanted(), seen=form.seen_values())
        if request.POST.get("do") == "publish":
            return _published(request, publish(partner))
    except StaleDraftError as stale:
        return _stale(request, form, stale.draft)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, draft, form, status=400)
    if draft.revision:
        messages.success(request, _("The draft is saved. Nobody else sees it before you publish."))
    else:
        messages.info(request, _("Nothing differs from what is live."))
    return redirect("accounts:brand-edit")


def _published(request: HttpRequest, changes: list[Change]) -> HttpResponse:
    request.session.pop(SESSION_DRAFT, None)
    words = _("The new look is live. You can go back to the one before under History.")
    messages.success(request, words if changes else _("Nothing was changed."))
    return redirect("accounts:brand-edit")


def _stale(request: HttpRequest, form: BrandForm, draft: Draft) -> HttpResponse:
    """Answer a form that somebody else overtook: their changes and what was typed here, together, nothing stored yet."""
    seen = form.seen_values()
    mine = form.typed(seen)
    theirs = _told(differences(seen, draft.values))
    for row in theirs:
        name = row["field"]
        row["mine"] = value_words(name, mine[name]) if name in mine and mine[name] != draft.values[name] else ""
    both = {**draft.values, **mine}
    merged = BrandForm(partner=_partner(request), values=both, seen=draft.values)
    return _page(request, draft, merged, status=409, theirs=theirs)


def _page(request: HttpRequest, draft: Draft, form: BrandForm, *, status: int = 200, **more: Any) -> HttpResponse:
    look = draft_look(_partner(request))
    context = {
        "form": form,
        "draft": draft,
        "changes": _told(draft.changes),
        "look": look,
        "sender": sender_of(look),
        "fonts": json.dumps(FONTS),
        **more,
    }
    return render(request, "accounts/brand.html", context, status=status)


@requires(Action.EDIT_BRAND)
@require_POST
def brand_publish(request: HttpRequest) -> HttpResponse:
    """Make the draft live as it is stored."""
    try:
        return _published(request, publish(_partner(request)))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("accounts:brand-edit")


@requires(Action.EDIT_BRAND)
@require_POST
def brand_discard(request: HttpRequest) -> HttpResponse:
    """Forget the draft."""
    discard_draft(_partner(request))
    request.session.pop(SESSION_DRAFT, None)
    messages.success(request, _("The draft is gone; what is live stays as it is."))
    return redirect("accounts:brand-edit")


@requires(Action.EDIT_BRAND)
@require_POST
def brand_try(request: HttpRequest) -> HttpResponse:
    """Show the whole portal with the draft, to this person only, until they stop."""
    _partner(request)
    request.session[SESSION_DRAFT] = True
    return redirect("/")


@requires(Action.EDIT_BRAND)
@require_POST
def brand_try_stop(request: HttpRequest) -> HttpResponse:
    """Show the portal as it is live again."""
    request.session.pop(SESSION_DRAFT, None)
    return redirect("accounts:brand-edit")


@requires(Action.EDIT_BRAND)
@require_safe
def brand_history(request: HttpRequest) -> HttpResponse:
    """Show what went live, when and by whom, and what each version changed."""
    partner = _partner(request)
    live = draft_of(partner).version
    versions = [
        {"version": version, "changes": _told(changes), "is_live": version.number == live}
        for version, changes in history(partner)
    ]
    return render(request, "accounts/brand_history.html", {"versions": versions})


@requires(Action.EDIT_BRAND)
@require_POST
def brand_restore(request: HttpRequest, number: int) -> HttpResponse:
    """Publish an earlier version again."""
    try:
        changes = restore_version(_partner(request), number)
    except BrandVersion.DoesNotExist:
        messages.error(request, _("Version %(number)s is not kept any more.") % {"number": number})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        words = _("Version %(number)s is live again.") if changes else _("Version %(number)s is what is live already.")
        messages.success(request, words % {"number": number})
    return redirect("accounts:brand-history")


@requires(Action.EDIT_BRAND)
@require_safe
def brand_sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in page with the draft."""
    return render(request, "accounts/brand_sign_in.html", {"brand": draft_look(_partner(request))})
