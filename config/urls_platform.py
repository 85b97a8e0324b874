"""Addresses of the operator console."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.tenants.urls")),
]
