"""Where the API of this room hangs: /api/v1/cases."""

from apps.monitoring import alert_api, api, risk_api, routing_api, sla_api

router_entries = (
    ("cases", api.CaseViewSet, "case"),
    ("routing-rules", routing_api.RoutingRuleViewSet, "routing-rule"),
    ("risk-days", risk_api.RiskDayViewSet, "risk-day"),
    ("alert-routes", alert_api.AlertRouteViewSet, "alert-route"),
    ("alert-messages", alert_api.AlertMessageViewSet, "alert-message"),
    ("on-call", alert_api.OnCallViewSet, "on-call"),
    ("teams", routing_api.TeamViewSet, "team"),
    ("service-clocks", sla_api.ServiceClockViewSet, "service-clock"),
    ("cut-offs", sla_api.ComingCutOffViewSet, "cut-off"),
)
