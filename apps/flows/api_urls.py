"""Where the API of this room hangs: flows, what they are made of, what they did, and what people decide about them."""

from apps.flows import (
    api,
    approval_api,
    change_api,
    configuration_api,
    drift_api,
    event_api,
    operation_api,
    owner_api,
    reconciliation_api,
    replay_api,
    run_api,
    what_if_api,
)

router_entries = (
    ("flows", api.FlowViewSet, "flow"),
    ("runs", run_api.RunViewSet, "run"),
    ("operations", operation_api.OperationViewSet, "operation"),
    ("templates", api.TemplateViewSet, "template"),
    ("approvals", approval_api.ApprovalViewSet, "approval"),
    ("changes", change_api.ChangeViewSet, "change"),
    ("replays", replay_api.ReplayViewSet, "replay"),
    ("events", event_api.EventViewSet, "event"),
    ("field-owners", owner_api.FieldOwnerViewSet, "field-owner"),
    ("what-ifs", what_if_api.WhatIfViewSet, "what-if"),
    ("drifts", drift_api.DriftViewSet, "drift"),
    ("configurations", configuration_api.ConfigurationViewSet, "configuration"),
    ("reconciliations", reconciliation_api.ReconciliationViewSet, "reconciliation"),
)
