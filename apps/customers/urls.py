"""Addresses of customers and their companies."""

from django.urls import path

from apps.customers.views import customers

app_name = "customers"
urlpatterns = [
    path("customers/", customers.customer_list, name="customer-list"),
    path("customers/new/", customers.customer_create, name="customer-create"),
    path("customers/<uuid:customer_id>/", customers.customer_detail, name="customer-detail"),
    path("customers/<uuid:customer_id>/edit/", customers.customer_edit, name="customer-edit"),
    path("customers/<uuid:customer_id>/companies/new/", customers.entity_create, name="entity-create"),
    path("customers/<uuid:customer_id>/companies/<uuid:entity_id>/", customers.entity_edit, name="entity-edit"),
]
