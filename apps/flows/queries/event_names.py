"""Which business events a flow may listen to: those its customer's other flows say, and those told from outside."""

from apps.flows.models import BusinessEvent, Flow

_MOST_TOLD = 50


def list_event_names(flow: Flow) -> list[str]:
    """Return the names, in order; two queries."""
    others = Flow.objects.filter(customer_id=flow.customer_id, live_version__isnull=False).exclude(id=flow.id)
    said = {
        str(step["event"])
        for definition in others.values_list("live_version__definition", flat=True)
        for step in definition.get("steps", [])
        if isinstance(step, dict) and step.get("kind") == "emit" and step.get("event")
    }
    told = BusinessEvent.objects.filter(customer_id=flow.customer_id).order_by().values_list("name", flat=True)
    return sorted(said | set(told.distinct()[:_MOST_TOLD]))
