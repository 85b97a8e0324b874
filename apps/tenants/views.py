"""Pages that belong to no other room: the brand's stylesheet and logo, a refused form."""

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from apps.tenants import scope
from apps.tenants.branding import brand_css
from apps.tenants.brands import brand_for, look_of, stored_brand
from apps.tenants.models import Brand

PUBLIC = "public"  # the action of pages open to everybody; this room is below the one that names the actions
_LONG = "public, max-age=31536000, immutable"  # the address carries the brand's version


@require_safe
def brand_stylesheet(request: HttpRequest) -> HttpResponse:
    """Answer the one stylesheet that turns the portal into this brand's."""
    partner, asked = request.partner, request.GET.get("v", "")  # type: ignore[attr-defined]
    look = brand_for(partner)
    if partner is not None and asked != str(look.version):
        # This process may remember the look of a moment ago: kept under the new address it would stay for a year.
        look = look_of(stored_brand(partner))
    response = HttpResponse(brand_css(look), content_type="text/css")
    response["Cache-Control"] = _LONG if asked == str(look.version) else "no-cache"
    return response


@require_safe
def brand_logo(request: HttpRequest) -> HttpResponse:
    """Answer the brand's logo as PNG."""
    partner = request.partner  # type: ignore[attr-defined]
    if partner is None:
        raise Http404
    with scope.public():
        logo = Brand.objects.values_list("logo_png", flat=True).get(partner_id=partner.id)
    if not logo:
        raise Http404
    response = HttpResponse(bytes(logo), content_type="image/png")
    response["Cache-Control"] = _LONG
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component with its states in the current brand."""
    return render(request, "gallery.html")


brand_stylesheet.required_action = PUBLIC  # type: ignore[attr-defined]  # read by the room that guards pages
brand_logo.required_action = PUBLIC  # type: ignore[attr-defined]
gallery.required_action = PUBLIC  # type: ignore[attr-defined]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django passes it
    """Explain a form that was open too long or sent from elsewhere."""
    return render(request, "errors/403.html", {"stale_form": True}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  passed by this name
    """Answer a request that makes no sense."""
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  passed by this name
    """Answer a request that somebody may not make."""
    return render(request, "errors/403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  passed by this name
    """Answer an address that leads nowhere, or to something of somebody else."""
    return render(request, "errors/404.html", status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Answer when something broke, without asking the database: it may be what broke."""
    reference = structlog.contextvars.get_contextvars().get("request_id", "")
    return HttpResponse(render_to_string("errors/500.html", {"reference": reference}), status=500)
