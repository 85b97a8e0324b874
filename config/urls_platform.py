"""Addresses of the operator console."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.tenants.urls")),
    path("", include("apps.accounts.urls")),
    path("accounts/", include("allauth.urls")),
]
