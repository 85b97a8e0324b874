"""Addresses of a partner's portal."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.tenants.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.flows.urls")),
    path("", include("apps.monitoring.urls")),
    path("api/v1/", include("config.api")),
    path("accounts/", include("allauth.urls")),
]
