"""Addresses of the operator console."""

from django.urls import include, path

from apps.flows.views.intake import webhook_intake

urlpatterns = [
    path("", include("apps.tenants.urls")),
    path("", include("apps.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("in/<str:token>", webhook_intake, name="webhook-intake"),
]
