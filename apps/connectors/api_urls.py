"""Where the API of this room hangs: /api/v1/connections."""

from apps.connectors import api

router_entries = (("connections", api.ConnectionViewSet, "connection"),)
