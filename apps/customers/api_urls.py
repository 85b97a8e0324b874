"""Where the API of this room hangs: /api/v1/customers."""

from apps.customers import api

router_entries = (("customers", api.CustomerViewSet, "customer"),)
