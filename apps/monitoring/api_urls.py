"""Where the API of this room hangs: /api/v1/cases."""

from apps.monitoring import (
    alert_api,
    api,
    insight_api,
    lineage_api,
    monitor_api,
    question_api,
    review_api,
    risk_api,
    routing_api,
    sla_api,
    triage_api,
    value_api,
)

router_entries = (
    ("cases", api.CaseViewSet, "case"),
    ("lineage", lineage_api.LineageViewSet, "lineage"),
    ("routing-rules", routing_api.RoutingRuleViewSet, "routing-rule"),
    ("risk-days", risk_api.RiskDayViewSet, "risk-day"),
    ("questions/unposted", question_api.UnpostedViewSet, "question-unposted"),
    ("questions/invoices", question_api.BlockedInvoiceViewSet, "question-invoice"),
    ("questions/disagreements", question_api.DisagreementViewSet, "question-disagreement"),
    ("insights", insight_api.InsightViewSet, "insight"),
    ("alert-routes", alert_api.AlertRouteViewSet, "alert-route"),
    ("alert-messages", alert_api.AlertMessageViewSet, "alert-message"),
    ("on-call", alert_api.OnCallViewSet, "on-call"),
    ("triage-proposals", triage_api.ProposalViewSet, "triage-proposal"),
    ("teams", routing_api.TeamViewSet, "team"),
    ("service-clocks", sla_api.ServiceClockViewSet, "service-clock"),
    ("monitors", monitor_api.MonitorViewSet, "monitor"),
    ("reviews", review_api.ReviewViewSet, "review"),
    ("value-months", value_api.ValueMonthViewSet, "value-month"),
    ("cut-offs", sla_api.ComingCutOffViewSet, "cut-off"),
)
