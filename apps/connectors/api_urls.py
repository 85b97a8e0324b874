"""Where the API of this room hangs: /api/v1/connections and /types."""

from apps.connectors import api, type_api

router_entries = (
    ("connections", api.ConnectionViewSet, "connection"),
    ("types", type_api.CanonicalTypeViewSet, "type"),
)
