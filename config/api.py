"""The API under /api/v1/: every room's part joined, its description for programs, and a page about it for people."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.connectors.api_urls import router_entries as connections
from apps.customers.api_urls import router_entries as customers
from apps.flows.api_urls import router_entries as flows
from apps.monitoring.api_urls import router_entries as monitoring

ROOMS = (customers, connections, flows, monitoring)


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it registers itself
    """Tells the description how a key is sent."""

    target_class = "apps.accounts.api_auth.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme: a bearer token."""
        return {"type": "http", "scheme": "bearer"}


class Description(SpectacularJSONAPIView):
    """The OpenAPI document; open to all, because it holds nothing of anybody."""

    required_action = Action.PUBLIC
    authentication_classes: list[Any] = []

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer the document in the reader's language."""
        suffix = self.perform_content_negotiation(request, force=True)[0].format
        name = f"{spectacular_settings.TITLE}.{suffix}"
        return Response(_document(get_language()), headers={"Content-Disposition": f'inline; filename="{name}"'})


@requires(Action.OWN_PROFILE)
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Show every call with what it takes and answers."""
    return render(request, "api/reference.html", {"groups": _groups(get_language())})


@cache
def _document(language: str | None) -> dict[str, Any]:
    """Return what the views say of themselves, in a language: the same for everybody, and a second's work."""
    with override(language):
        document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # untyped package
    return document


@cache
def _groups(language: str | None) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for address, methods in _document(language)["paths"].items():
        for method, call in methods.items():
            name = call["tags"][0] if call.get("tags") else "other"
            groups.setdefault(name, []).append(_call(address, method, call))
    return [{"name": name.capitalize(), "calls": calls} for name, calls in groups.items()]


def _call(address: str, method: str, call: dict[str, Any]) -> dict[str, Any]:
    asked = [parameter["name"] for parameter in call.get("parameters", []) if parameter["in"] == "query"]
    return {
        "method": method.upper(),
        "address": address,
        "summary": call.get("summary", ""),
        "text": call.get("description", ""),
        "asked": asked,
    }


def _router() -> SimpleRouter:
    router = SimpleRouter(use_regex_path=False)
    for entries in ROOMS:
        for prefix, view_set, name in entries:
            router.register(prefix, view_set, basename=name)
    return router


app_name = "api"
urlpatterns = [
    path("schema/", Description.as_view(), name="schema"),
    path("docs/", reference, name="reference"),
    *_router().urls,
]
