"""Where the API of this room hangs: /api/v1/flows, /runs, /operations, /templates, /replays and /events."""

from apps.flows import api, event_api, replay_api

router_entries = (
    ("flows", api.FlowViewSet, "flow"),
    ("runs", api.RunViewSet, "run"),
    ("operations", api.OperationViewSet, "operation"),
    ("templates", api.TemplateViewSet, "template"),
    ("replays", replay_api.ReplayViewSet, "replay"),
    ("events", event_api.EventViewSet, "event"),
)
