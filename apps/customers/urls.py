"""Addresses of customers and their companies."""

from django.urls import path

from apps.customers.views import customer_list, customers, cut_offs, retention

app_name = "customers"
urlpatterns = [
    path("customers/", customer_list.customer_list, name="customer-list"),
    path("customers/new/", customers.customer_create, name="customer-create"),
    path("customers/<uuid:customer_id>/settings/", customers.customer_settings, name="customer-settings"),
    path("customers/<uuid:customer_id>/edit/", customers.customer_edit, name="customer-edit"),
    path("customers/<uuid:customer_id>/companies/new/", customers.entity_create, name="entity-create"),
    path("customers/<uuid:customer_id>/companies/<uuid:entity_id>/", customers.entity_edit, name="entity-edit"),
    path("customers/<uuid:customer_id>/cut-offs/new/", cut_offs.cut_off_create, name="cut-off-create"),
    path("customers/<uuid:customer_id>/cut-offs/<uuid:cut_off_id>/", cut_offs.cut_off_edit, name="cut-off-edit"),
    path(
        "customers/<uuid:customer_id>/cut-offs/<uuid:cut_off_id>/remove/",
        cut_offs.cut_off_remove,
        name="cut-off-remove",
    ),
    path("customers/<uuid:customer_id>/contents/", retention.payload_edit, name="payload-edit"),
    path("settings/records/", retention.ledger_edit, name="ledger-edit"),
]
