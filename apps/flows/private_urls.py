"""Addresses of the systems that a partner describes itself."""

from django.urls import path

from apps.flows.views import private_records, private_systems

_ONE = "<uuid:system_id>"
urlpatterns = [
    path("", private_systems.private_list, name="private-list"),
    path("new/", private_systems.private_create, name="private-create"),
    path(f"{_ONE}/", private_systems.private_detail, name="private-detail"),
    path(f"{_ONE}/lists/", private_records.private_lists, name="private-lists"),
    path(f"{_ONE}/basics/", private_records.private_basics, name="private-basics"),
    path(f"{_ONE}/add/", private_records.private_record_create, name="private-record-create"),
    path(f"{_ONE}/records/<str:record>/", private_records.private_record, name="private-record"),
    path(f"{_ONE}/records/<str:record>/mapping/", private_records.private_mapping, name="private-mapping"),
    path(f"{_ONE}/records/<str:record>/remove/", private_records.private_record_remove, name="private-record-remove"),
    path(f"{_ONE}/document/", private_systems.private_document, name="private-document"),
    path(f"{_ONE}/document/replace/", private_systems.private_replace, name="private-replace"),
    path(f"{_ONE}/try/", private_systems.private_try, name="private-try"),
    path(f"{_ONE}/tries/<uuid:trial_id>/", private_systems.private_trial_live, name="private-trial-live"),
    path(f"{_ONE}/live/", private_systems.private_live, name="private-live"),
    path(f"{_ONE}/draft/", private_systems.private_draft, name="private-draft"),
    path(f"{_ONE}/draft/drop/", private_systems.private_discard, name="private-discard"),
]
