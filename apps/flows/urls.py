"""Addresses of flows, runs and records. The door for webhooks stands before them all: views/intake.py."""

from django.urls import include, path

from apps.flows import onboarding_urls
from apps.flows.views import (
    dry_runs,
    flow_list,
    flow_tabs,
    flows,
    library,
    mapping,
    operation_list,
    operations,
    replays,
    run_list,
    runs,
)

app_name = "flows"
urlpatterns = [
    path("flows/", flow_list.flow_list, name="flow-list"),
    path("flows/run/", flow_list.flow_run_many, name="flow-run-many"),
    path("flows/pause/", flow_list.flow_pause_many, name="flow-pause-many"),
    path("flows/resume/", flow_list.flow_resume_many, name="flow-resume-many"),
    path("flows/install/", flows.flow_install, name="flow-install"),
    path("flows/<uuid:flow_id>/", flow_tabs.flow_detail, name="flow-detail"),
    path("flows/<uuid:flow_id>/now/", flow_tabs.flow_now, name="flow-now"),
    path("flows/<uuid:flow_id>/mapping/", flow_tabs.flow_mapping, name="flow-mapping"),
    path("flows/<uuid:flow_id>/runs/", flow_tabs.flow_runs, name="flow-runs"),
    path("flows/<uuid:flow_id>/versions/", flow_tabs.flow_versions, name="flow-versions"),
    path(
        "flows/<uuid:flow_id>/versions/<int:number>/restore/", flows.flow_version_restore, name="flow-version-restore"
    ),
    path("flows/<uuid:flow_id>/monitors/", flow_tabs.flow_monitors, name="flow-monitors"),
    path("flows/<uuid:flow_id>/settings/", flow_tabs.flow_settings, name="flow-settings"),
    path("flows/<uuid:flow_id>/expectation/", flows.flow_expect, name="flow-expect"),
    path("flows/<uuid:flow_id>/dry-run/", dry_runs.flow_dry_run, name="flow-dry-run"),
    path("flows/<uuid:flow_id>/run/", flows.flow_run_now, name="flow-run-now"),
    path("flows/<uuid:flow_id>/pause/", flows.flow_pause, name="flow-pause"),
    path("flows/<uuid:flow_id>/resume/", flows.flow_resume, name="flow-resume"),
    path("flows/<uuid:flow_id>/schedule/", flows.flow_schedule, name="flow-schedule"),
    path("flows/<uuid:flow_id>/schedule/preview/", flows.flow_schedule_preview, name="flow-schedule-preview"),
    path("flows/<uuid:flow_id>/webhook/", flows.flow_webhook_create, name="flow-webhook-create"),
    path("flows/<uuid:flow_id>/mapping/<str:target>/", mapping.flow_line_edit, name="flow-line-edit"),
    path("flows/<uuid:flow_id>/mapping/<str:target>/reset/", mapping.flow_line_reset, name="flow-line-reset"),
    path("flows/<uuid:flow_id>/mapping/<str:target>/value/", mapping.flow_value_add, name="flow-value-add"),
    path("dry-runs/<uuid:dry_run_id>/", dry_runs.dry_run_detail, name="dry-run-detail"),
    path("templates/", library.template_list, name="template-list"),
    path("templates/<slug:template>/", library.template_detail, name="template-detail"),
    path("runs/", run_list.run_list, name="run-list"),
    path("runs/<uuid:run_id>/", runs.run_detail, name="run-detail"),
    path("runs/<uuid:run_id>/live/", runs.run_live, name="run-live"),
    path("runs/<uuid:run_id>/cancel/", runs.run_cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/retry/", runs.run_replay, name="run-replay"),
    path("operations/", operation_list.operation_list, name="operation-list"),
    path("operations/<uuid:operation_id>/", operations.operation_detail, name="operation-detail"),
    path("operations/<uuid:operation_id>/retry/", operations.operation_replay, name="operation-replay"),
    path("operations/<uuid:operation_id>/correct/", operations.operation_correct, name="operation-correct"),
    path("operations/<uuid:operation_id>/replay/", replays.operation_replay_ask, name="operation-replay-ask"),
    path("replays/", replays.replay_list, name="replay-list"),
    path("replays/ask/", replays.replay_ask, name="replay-ask"),
    path("replays/<uuid:replay_id>/", replays.replay_detail, name="replay-detail"),
    path("replays/<uuid:replay_id>/start/", replays.replay_start, name="replay-start"),
    path("replays/<uuid:replay_id>/cancel/", replays.replay_cancel, name="replay-cancel"),
    path("replays/<uuid:replay_id>/resume/", replays.replay_resume, name="replay-resume"),
    path("replays/<uuid:replay_id>/again/", replays.replay_again, name="replay-again"),
    path("onboarding/", include(onboarding_urls.urlpatterns)),
]
