"""What a flow puts at risk, as the flow's own page shows it: the sums now, their history, and where the exceptions are."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.flows.case_directory import FlowRisk
from apps.flows.models import Flow
from apps.monitoring.queries.at_risk import sums_at_risk
from apps.monitoring.queries.risk import risk_curve
from apps.monitoring.views.figures import sum_words, with_query
from apps.monitoring.views.report_charts import risk_chart
from apps.tenants.templatetags.wording import count_words

CHART_DAYS = 30


def risk_of_flow(flow: Flow, now: datetime) -> FlowRisk:
    """Return the money that a flow's exceptions hold up, each record once, and how it went for a month. Four queries."""
    sums = sums_at_risk("flow_id", customer_id=flow.customer_id, flow_id=flow.id).get(flow.id, ())
    curve = risk_curve(flow.customer, days=CHART_DAYS, now=now, flow_id=flow.id)
    records = sum(part.records for part in sums)
    words = ngettext("in %(number)s record held up", "in %(number)s records held up", records)
    return FlowRisk(
        worth=" · ".join(sum_words(part) for part in sums),
        hint=words % {"number": count_words(records)} if records else _("Nothing is held up."),
        url=with_query(reverse("monitoring:case-list"), flow=flow.id),
        chart=None if curve.is_empty else risk_chart(curve),
    )
