"""Addresses of flows, runs and records, and the door for webhooks."""

from django.urls import path

from apps.flows.views import flows, intake, mapping, operations, runs

app_name = "flows"
urlpatterns = [
    path("flows/", flows.flow_list, name="flow-list"),
    path("flows/install/", flows.flow_install, name="flow-install"),
    path("flows/<uuid:flow_id>/", flows.flow_detail, name="flow-detail"),
    path("flows/<uuid:flow_id>/run/", flows.flow_run_now, name="flow-run-now"),
    path("flows/<uuid:flow_id>/pause/", flows.flow_pause, name="flow-pause"),
    path("flows/<uuid:flow_id>/resume/", flows.flow_resume, name="flow-resume"),
    path("flows/<uuid:flow_id>/schedule/", flows.flow_schedule, name="flow-schedule"),
    path("flows/<uuid:flow_id>/webhook/", flows.flow_webhook_create, name="flow-webhook-create"),
    path("flows/<uuid:flow_id>/mapping/<str:target>/", mapping.flow_line_edit, name="flow-line-edit"),
    path("flows/<uuid:flow_id>/mapping/<str:target>/reset/", mapping.flow_line_reset, name="flow-line-reset"),
    path("flows/<uuid:flow_id>/mapping/<str:target>/value/", mapping.flow_value_add, name="flow-value-add"),
    path("runs/", runs.run_list, name="run-list"),
    path("runs/<uuid:run_id>/", runs.run_detail, name="run-detail"),
    path("runs/<uuid:run_id>/cancel/", runs.run_cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/retry/", runs.run_replay, name="run-replay"),
    path("operations/<uuid:operation_id>/", operations.operation_detail, name="operation-detail"),
    path("operations/<uuid:operation_id>/retry/", operations.operation_replay, name="operation-replay"),
    path("operations/<uuid:operation_id>/correct/", operations.operation_correct, name="operation-correct"),
    path("in/<str:token>", intake.webhook_intake, name="webhook-intake"),
]
