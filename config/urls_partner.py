"""Addresses of a partner's portal."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.tenants.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.customers.urls")),
    path("", include("apps.connectors.urls")),
    path("", include("apps.flows.urls")),
    path("", include("apps.monitoring.urls")),
    path("api/v1/", include("config.api")),
    path("accounts/", include("allauth.urls")),
]
handler400 = "apps.tenants.views.bad_request"
handler403 = "apps.tenants.views.permission_denied"
handler404 = "apps.tenants.views.page_not_found"
handler500 = "apps.tenants.views.server_error"
