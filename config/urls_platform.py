"""Addresses of the operator console."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.tenants.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.monitoring.urls_platform")),
    path("accounts/", include("allauth.urls")),
]
handler400 = "apps.tenants.views.bad_request"
handler403 = "apps.tenants.views.permission_denied"
handler404 = "apps.tenants.views.page_not_found"
handler500 = "apps.tenants.views.server_error"
