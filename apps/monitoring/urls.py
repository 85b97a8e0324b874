"""Addresses of the home pages and of the exception cases."""

from django.urls import path

from apps.monitoring.views import cases, customer_home, home

_ONE = "exceptions/<uuid:case_id>"

app_name = "monitoring"
urlpatterns = [
    path("", home.home, name="home"),
    path("my/", customer_home.customer_home, name="customer-home"),
    path("exceptions/", cases.case_list, name="case-list"),
    path(f"{_ONE}/", cases.case_detail, name="case-detail"),
    path(f"{_ONE}/assign/", cases.case_assign, name="case-assign"),
    path(f"{_ONE}/note/", cases.case_note, name="case-note"),
    path(f"{_ONE}/retry/", cases.case_retry, name="case-retry"),
    path(f"{_ONE}/skip/", cases.case_skip, name="case-skip"),
    path(f"{_ONE}/value/", cases.case_add_value, name="case-add-value"),
    path(f"{_ONE}/close/", cases.case_close, name="case-close"),
    path(f"{_ONE}/records/<uuid:operation_id>/edit/", cases.case_edit, name="case-edit"),
]
