"""Pages that belong to no other room: the brand's stylesheet and logo, a refused form."""

import re

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from apps.tenants.brand_drafts import draft_look, may_try_out
from apps.tenants.brand_pictures import as_icon, stored_picture
from apps.tenants.branding import BrandLook, brand_css, icon_svg
from apps.tenants.brands import brand_for, look_of, remembered_look, stored_brand

PUBLIC = "public"  # the action of pages open to everybody; this room is below the one that names the actions
_LONG = "public, max-age=31536000, immutable"  # the address carries the brand's version
_NOT_KEPT = "no-store"
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def _look_asked_for(request: HttpRequest) -> tuple[BrandLook, str]:
    """Return the look whose file is asked for, and how long the answer may be kept."""
    partner, asked = request.partner, request.GET.get("v", "")  # type: ignore[attr-defined]
    if partner is not None and asked.startswith("draft-") and may_try_out(request):
        return draft_look(partner), _NOT_KEPT
    look = brand_for(partner)
    if partner is not None and asked != look.tag:
        # This process may remember the look of a moment ago: kept under the new address it would stay for a year.
        look = look_of(stored_brand(partner))
    return look, _LONG if asked == look.tag else "no-cache"


@require_safe
def brand_stylesheet(request: HttpRequest) -> HttpResponse:
    """Answer the one stylesheet that turns the portal into this brand's."""
    look, keeping = _look_asked_for(request)
    return HttpResponse(brand_css(look), content_type="text/css", headers={"Cache-Control": keeping})


@require_safe
def brand_picture(request: HttpRequest, digest: str) -> HttpResponse:
    """Answer one of the partner's own pictures."""
    partner = request.partner  # type: ignore[attr-defined]
    picture = stored_picture(partner, digest) if partner is not None and _DIGEST.match(digest) else None
    if picture is None:
        raise Http404
    return _picture(bytes(picture.content), picture.media_type, _LONG)


@require_safe
def brand_icon(request: HttpRequest) -> HttpResponse:
    """Answer the picture for the browser's tab: the brand's own, else its logo if that fits a square, else initials."""
    look, keeping = _look_asked_for(request)
    partner = request.partner  # type: ignore[attr-defined]
    for digest in (look.favicon, look.logo):
        picture = stored_picture(partner, digest) if partner is not None and digest else None
        icon = as_icon(bytes(picture.content)) if picture else None
        if icon:
            return _picture(icon, "image/png", keeping)
    return _picture(icon_svg(look).encode(), "image/svg+xml", keeping)


def _picture(content: bytes, media_type: str, keeping: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type, headers={"Cache-Control": keeping})
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component with its states in the current brand."""
    return render(request, "gallery.html")


brand_stylesheet.required_action = PUBLIC  # type: ignore[attr-defined]  # read by the room that guards pages
brand_picture.required_action = PUBLIC  # type: ignore[attr-defined]
brand_icon.required_action = PUBLIC  # type: ignore[attr-defined]
gallery.required_action = PUBLIC  # type: ignore[attr-defined]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django passes it
    """Explain a form that was open too long or sent from elsewhere, and give back what was typed."""
    return render(request, "errors/form_expired.html", {"typed": _typed(request)}, status=403)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the words somebody sent, by the field's name; nothing that may be a secret."""
    try:
        fields = list(request.POST.items())[:_MOST_TYPED]
    except (RawPostDataException, OSError, ValueError):
        return []
    return [
        (name.replace("_", " ").capitalize(), str(value)[:_LONGEST_TYPED])
        for name, value in fields
        if str(value).strip() and not _SECRET_NAME.search(name)
    ]


_MOST_TYPED, _LONGEST_TYPED = 60, 4000
_SECRET_NAME = re.compile(r"pass|secret|token|key|code|credential|csrf|seen|^next$|^do$", re.IGNORECASE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  passed by this name
    """Answer a request that makes no sense."""
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  passed by this name
    """Answer a request that somebody may not make."""
    return render(request, "errors/403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  passed by this name
    """Answer an address that leads nowhere, or to something of somebody else."""
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when something broke, without asking the database: it may be what broke."""
    reference = structlog.contextvars.get_contextvars().get("request_id", "")
    look = remembered_look(getattr(request, "partner", None))
    words = {"reference": reference, "brand": look, "again": request.get_full_path() if request.method == "GET" else ""}
    return HttpResponse(render_to_string("errors/500.html", words), status=500)
