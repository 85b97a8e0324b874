"""Addresses of a partner's portal."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.tenants.urls")),
    path("", include("apps.accounts.urls")),
    path("accounts/", include("allauth.urls")),
]
