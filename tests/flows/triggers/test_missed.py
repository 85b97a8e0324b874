"""A flow that listens reads what it was not told of, once for each gap."""

from collections.abc import Callable

from apps.connectors.models import Connection, WebhookEndpoint
from apps.connectors.signals import announcements_missed
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.flows.models import Flow, Run
from apps.flows.triggers.webhook import listen
from apps.tenants import scope
from tests.lines import Line


def test_what_was_not_announced_is_read_once_for_each_gap(make_line: Callable[..., Line]) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        source = Connection.objects.get(id=line.source.id)
        endpoint, other = (create_webhook_endpoint(source)[0] for _ in range(2))
        listen(Flow.objects.get(id=line.flow.id), endpoint)

        def missed(where: WebhookEndpoint, mark: str) -> list[str]:
            announcements_missed.send(sender=None, endpoint_id=where.id, mark=mark)
            return list(Run.objects.order_by("id").values_list("mode", flat=True))

        assert missed(other, "one") == []
        assert missed(endpoint, "one") == [Run.Mode.READ]
        assert missed(endpoint, "one") == [Run.Mode.READ]
        assert missed(endpoint, "two") == [Run.Mode.READ] * 2
    line.work()
    assert line.operations()
