"""Records by webhook: what the manifest cannot say - there is nothing to call, so nothing is tried."""

from apps.connectors.contract import TestReport, TestStep
from apps.connectors.protocols.rest import RestConnector


class WebhooksConnector(RestConnector):
    """A connection that is only ever told something."""

    async def test(self) -> TestReport:
        """Call nothing, and say so."""
        return TestReport(
            (
                TestStep("reachable", ok=True, sentence="Nothing is called there: the system calls us."),
                TestStep(
                    "can read",
                    ok=True,
                    sentence="Records are taken as they come, signed with the key of the webhook address on this page.",
                ),
            )
        )


CONNECTOR = WebhooksConnector
