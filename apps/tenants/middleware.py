"""Opens the right scope for each request, by host, inside one transaction; says so where no portal can be opened."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import translation

from apps.tenants import scope
from apps.tenants.branding import BrandLook
from apps.tenants.brands import NAMELESS, brand_for, remembered_look
from apps.tenants.domains import HostAnswer, partner_for_host
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef

Respond = Callable[[HttpRequest], HttpResponse]
# What dresses a page that says why there is no portal: answered even then.
_DRESS = "/brand/"
_RETRY_SECONDS = "120"
# These pages are answered before the middleware that sets the policy of all others.
_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"


class PartnerMiddleware:
    """Host -> partner -> scope -> transaction. An unknown host is answered before anything of a partner renders."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer inside the scope that the host names."""
        host = split_domain_port(request.META.get("HTTP_HOST", "").lower())[0].rstrip(".")
        if host == settings.PLATFORM_HOST:
            return self._platform(request)
        try:
            answer = partner_for_host(host) if host else None
        except OperationalError:
            structlog.get_logger(__name__).exception("database_unreachable")
            return _closed(request, "errors/maintenance.html", NAMELESS)
        return self._portal(request, answer) if answer else _unknown(request)

    def _portal(self, request: HttpRequest, answer: HostAnswer) -> HttpResponse:
        request.partner = answer.partner  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(partner=answer.partner.slug)
        if not request.path.startswith(_DRESS):
            if settings.MAINTENANCE:
                return _closed(request, "errors/maintenance.html", _look(answer.partner))
            if answer.state == Partner.State.SUSPENDED:
                return _closed(request, "errors/paused.html", _look(answer.partner))
        if answer.state in {Partner.State.PROVISIONING, Partner.State.FAILED}:
            return _closed(request, "errors/being_set_up.html", NAMELESS)
        with scope.enter(answer.partner):
            return self._in_transaction(request)

    def _platform(self, request: HttpRequest) -> HttpResponse:
        request.partner = None  # type: ignore[attr-defined]
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        if settings.MAINTENANCE and not request.path.startswith(_DRESS):
            return _closed(request, "errors/maintenance.html", NAMELESS)
        return self._in_transaction(request)

    def _in_transaction(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            response = self.get_response(request)
            if isinstance(response, TemplateResponse) and not response.is_rendered:
                response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


def _unknown(request: HttpRequest) -> HttpResponse:
    request.partner = None  # type: ignore[attr-defined]
    return _page(request, "errors/unknown_host.html", NAMELESS, status=404)


def _closed(request: HttpRequest, template: str, look: BrandLook) -> HttpResponse:
    """Answer that the portal is closed for now; who asks by program is told when to ask again."""
    response = _page(request, template, look, status=503)
    response["Retry-After"] = _RETRY_SECONDS
    return response


def _page(request: HttpRequest, template: str, look: BrandLook, *, status: int) -> HttpResponse:
    context: dict[str, Any] = {"brand": look, "request": request}
    if request.method in {"GET", "HEAD"}:
        context["again"] = request.get_full_path()
    with translation.override(translation.get_language_from_request(request)):
        response = HttpResponse(render_to_string(template, context), status=status)
    response["Content-Security-Policy"] = _POLICY
    response["Cache-Control"] = "no-store"
    return response


def _look(partner: PartnerRef) -> BrandLook:
    """Return the brand; what this process last saw of it while the database cannot be asked."""
    try:
        return brand_for(partner)
    except OperationalError:
        return remembered_look(partner)
