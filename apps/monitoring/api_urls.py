"""Where the API of this room hangs: /api/v1/cases."""

from apps.monitoring import api, risk_api, routing_api, sla_api, triage_api

router_entries = (
    ("cases", api.CaseViewSet, "case"),
    ("routing-rules", routing_api.RoutingRuleViewSet, "routing-rule"),
    ("risk-days", risk_api.RiskDayViewSet, "risk-day"),
    ("triage-proposals", triage_api.ProposalViewSet, "triage-proposal"),
    ("teams", routing_api.TeamViewSet, "team"),
    ("service-clocks", sla_api.ServiceClockViewSet, "service-clock"),
    ("cut-offs", sla_api.ComingCutOffViewSet, "cut-off"),
)
