"""Opens the right scope for each request, by host, inside one transaction."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.template.response import TemplateResponse

from apps.tenants import scope
from apps.tenants.domains import partner_for_host

Respond = Callable[[HttpRequest], HttpResponse]


class PartnerMiddleware:
    """Host -> partner -> scope -> transaction. An unknown host is answered before anything of a partner renders."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer inside the scope that the host names."""
        host = split_domain_port(request.META.get("HTTP_HOST", "").lower())[0].rstrip(".")
        if host == settings.PLATFORM_HOST:
            return self._platform(request)
        answer = partner_for_host(host) if host else None
        if answer is None or not answer.active:
            return self._unknown(request)
        request.partner = answer.partner  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(partner=answer.partner.slug)
        with scope.enter(answer.partner):
            return self._in_transaction(request)

    def _platform(self, request: HttpRequest) -> HttpResponse:
        request.partner = None  # type: ignore[attr-defined]
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        return self._in_transaction(request)

    def _in_transaction(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            response = self.get_response(request)
            if isinstance(response, TemplateResponse) and not response.is_rendered:
                response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def _unknown(self, request: HttpRequest) -> HttpResponse:
        request.partner = None  # type: ignore[attr-defined]
        return TemplateResponse(request, "errors/unknown_host.html", status=404, using="django").render()
