"""Addresses of the home pages and of the exception cases."""

from django.urls import path

from apps.monitoring.views import (
    bulk,
    case_edit,
    case_queue,
    cases,
    customer_cases,
    customer_home,
    customer_page,
    customer_records,
    customer_updates,
    digest,
    home,
    reports,
    search,
)

_BULK = "exceptions/bulk/<uuid:job_id>"
_ONE = "exceptions/<uuid:case_id>"
_CUSTOMER = "customers/<uuid:customer_id>"

app_name = "monitoring"
urlpatterns = [
    path("search/", search.search_page, name="search"),
    path("", home.home, name="home"),
    path("my/", customer_home.customer_home, name="customer-home"),
    path("my/flows/", customer_home.customer_flows, name="customer-flows"),
    path("my/updates/", customer_updates.customer_updates, name="customer-updates"),
    path("my/updates/<uuid:member_id>/defer/", customer_updates.customer_update_defer, name="customer-update-defer"),
    path("my/updates/<uuid:member_id>/take/", customer_updates.customer_update_take, name="customer-update-take"),
    path("my/needs/", customer_cases.customer_needs, name="customer-needs"),
    path("my/records/", customer_records.customer_records, name="customer-records"),
    path("my/records/<uuid:operation_id>/", customer_records.customer_record, name="customer-record"),
    path(f"{_CUSTOMER}/", customer_page.customer_overview, name="customer-overview"),
    path(f"{_CUSTOMER}/flows/", customer_page.customer_flow_list, name="customer-flow-list"),
    path(f"{_CUSTOMER}/connections/", customer_page.customer_connection_list, name="customer-connection-list"),
    path(f"{_CUSTOMER}/mappings/", customer_page.customer_mapping_list, name="customer-mapping-list"),
    path(f"{_CUSTOMER}/exceptions/", customer_page.customer_case_list, name="customer-case-list"),
    path(f"{_CUSTOMER}/runs/", customer_page.customer_run_list, name="customer-run-list"),
    path(f"{_CUSTOMER}/people/", customer_page.customer_people, name="customer-people"),
    path("digest/<str:token>/", digest.digest_choose, name="digest-choose"),
    path("reports/", reports.reports, name="reports"),
    path("reports/unposted/", reports.report_unposted, name="report-unposted"),
    path("reports/held/", reports.report_held, name="report-held"),
    path("reports/activity/", reports.report_activity, name="report-activity"),
    path("reports/records/", reports.report_records, name="report-records"),
    path("exceptions/", case_queue.case_list, name="case-list"),
    path("exceptions/cause/", case_queue.case_cause, name="case-cause"),
    path("exceptions/news/", case_queue.case_news, name="case-news"),
    path("exceptions/bulk/", bulk.bulk_list, name="bulk-list"),
    path("exceptions/bulk/ask/", bulk.bulk_ask, name="bulk-ask"),
    path(f"{_BULK}/", bulk.bulk_detail, name="bulk-detail"),
    path(f"{_BULK}/start/", bulk.bulk_start, name="bulk-start"),
    path(f"{_BULK}/cancel/", bulk.bulk_cancel, name="bulk-cancel"),
    path(f"{_ONE}/", cases.case_detail, name="case-detail"),
    path(f"{_ONE}/answer/", customer_cases.case_answer, name="case-answer"),
    path(f"{_ONE}/records/<uuid:operation_id>/correct/", customer_cases.case_correct, name="case-correct"),
    path(f"{_ONE}/assign/", cases.case_assign, name="case-assign"),
    path(f"{_ONE}/note/", cases.case_note, name="case-note"),
    path(f"{_ONE}/retry/", cases.case_retry, name="case-retry"),
    path(f"{_ONE}/skip/", cases.case_skip, name="case-skip"),
    path(f"{_ONE}/value/", cases.case_add_value, name="case-add-value"),
    path(f"{_ONE}/close/", cases.case_close, name="case-close"),
    path(f"{_ONE}/records/<uuid:operation_id>/edit/", case_edit.case_edit, name="case-edit"),
]
