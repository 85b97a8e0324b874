"""Where the API of this room hangs: /api/v1/flows, /runs, /operations, /templates, /approvals, /replays and /events."""

from apps.flows import api, approval_api, event_api, replay_api

router_entries = (
    ("flows", api.FlowViewSet, "flow"),
    ("runs", api.RunViewSet, "run"),
    ("operations", api.OperationViewSet, "operation"),
    ("templates", api.TemplateViewSet, "template"),
    ("approvals", approval_api.ApprovalViewSet, "approval"),
    ("replays", replay_api.ReplayViewSet, "replay"),
    ("events", event_api.EventViewSet, "event"),
)
