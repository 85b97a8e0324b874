"""Where the API of this room hangs: /api/v1/cases."""

from apps.monitoring import api

router_entries = (("cases", api.CaseViewSet, "case"),)
