"""Where the API of this room hangs: /api/v1/flows, /runs, /operations and /templates."""

from apps.flows import api

router_entries = (
    ("flows", api.FlowViewSet, "flow"),
    ("runs", api.RunViewSet, "run"),
    ("operations", api.OperationViewSet, "operation"),
    ("templates", api.TemplateViewSet, "template"),
)
