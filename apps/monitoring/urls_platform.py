"""Addresses of the operator's pages about partners, and of the sign-up of new ones."""

from django.urls import path

from apps.monitoring.views import fleet, fleet_providers, metrics, search, sign_up

_ONE = "partners/<uuid:partner_id>"

app_name = "monitoring"
urlpatterns = [
    path("search/", search.search_page, name="search"),
    path("", fleet.partner_list, name="partner-list"),
    path("partners/new/", fleet.partner_create, name="partner-create"),
    path(f"{_ONE}/", fleet.partner_detail, name="partner-detail"),
    path(f"{_ONE}/invite/", fleet.partner_invite, name="partner-invite"),
    path(f"{_ONE}/suspend/", fleet.partner_suspend, name="partner-suspend"),
    path(f"{_ONE}/activate/", fleet.partner_activate, name="partner-activate"),
    path(f"{_ONE}/set-up/", fleet.partner_set_up, name="partner-set-up"),
    path("providers/", fleet_providers.fleet_provider_list, name="fleet-provider-list"),
    path("providers/<slug:system>/", fleet_providers.fleet_provider_detail, name="fleet-provider-detail"),
    path("metrics", metrics.platform_metrics, name="platform-metrics"),
    path("sign-up/", sign_up.sign_up, name="sign-up"),
    path("sign-up/<uuid:partner_id>/", sign_up.sign_up_progress, name="sign-up-progress"),
]
