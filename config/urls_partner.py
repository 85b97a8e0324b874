"""Addresses of a partner's portal."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.tenants.urls")),
]
