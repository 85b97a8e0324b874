"""Where the API of this room hangs: flows, runs, operations, templates, approvals, replays, events, owners, configurations and reconciliations."""

from apps.flows import (
    api,
    approval_api,
    configuration_api,
    event_api,
    operation_api,
    owner_api,
    reconciliation_api,
    replay_api,
    run_api,
)

router_entries = (
    ("flows", api.FlowViewSet, "flow"),
    ("runs", run_api.RunViewSet, "run"),
    ("operations", operation_api.OperationViewSet, "operation"),
    ("templates", api.TemplateViewSet, "template"),
    ("approvals", approval_api.ApprovalViewSet, "approval"),
    ("replays", replay_api.ReplayViewSet, "replay"),
    ("events", event_api.EventViewSet, "event"),
    ("field-owners", owner_api.FieldOwnerViewSet, "field-owner"),
    ("configurations", configuration_api.ConfigurationViewSet, "configuration"),
    ("reconciliations", reconciliation_api.ReconciliationViewSet, "reconciliation"),
)
