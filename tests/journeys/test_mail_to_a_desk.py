"""Won deals are told to a desk by mail: once each, and what is in doubt waits for a person instead of going out twice."""

from collections.abc import Callable
from typing import Any

from apps.connectors.services import NewConnection, create_connection
from apps.flows.services.deliver import IN_DOUBT
from apps.flows.services.install import install_template
from apps.tenants import scope
from tests.connectors.smtp_server import PASSWORD, MailServer, in_background, plain_settings
from tests.deals import Deals


def _told_by_mail(deals: Deals, server: MailServer) -> None:
    """Let the flow tell a desk of each workspace instead of making it."""
    with scope.work_in(deals.partner):
        mail = create_connection(
            deals.customer,
            NewConnection(
                system="smtp",
                name="Delivery desk",
                base_url=f"smtp://127.0.0.1:{server.port}",
                secrets={"password": PASSWORD},
                settings=plain_settings(),
            ),
        )
        deals.flow = install_template(
            template="lead-to-project",
            name="Deals to the desk",
            source=deals.systems["crm"],
            target=deals.systems["psa"],
            installed_by="test",
            roles={"workspace": mail},
        )


def test_each_won_deal_is_told_once_and_a_message_in_doubt_is_never_sent_twice(
    make_deals: Callable[..., Deals], settings: Any
) -> None:
    deals = make_deals()
    won = [deal["id"] for deal in deals.won()]
    with in_background() as server:
        settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{server.port}")
        _told_by_mail(deals, server)
        assert deals.run().state == "clean"
        subjects = [str(message["Subject"]) for message in server.kept]
        assert len(subjects) == len(set(subjects)) == len(won) > 0
        assert all(subject.startswith("Workspace ") for subject in subjects)
        assert "Project: " in server.kept[0].get_content()
        deals.run()
        assert len(server.kept) == len(won)

        server.breaks, key = "after", deals.open_deals()[0]
        deals.win(key)
        deals.run()
        server.breaks = ""
        for _ in range(2):
            deals.run()
        (doubtful,) = [line for line in deals.operations(source_key=key) if line.state != "skipped"]
        assert (doubtful.state, doubtful.error_code) == ("rejected", IN_DOUBT)
        assert deals.steps(doubtful)["workspace_made"] == "failed"
        assert len(server.kept) == len(won) + 1
