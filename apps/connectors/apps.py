"""The connectors room, as Django knows it."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    """Registers the room under its short label and its due work."""

    name = "apps.connectors"
    label = "connectors"

    def ready(self) -> None:
        """Tell dispatch which function tests a connection, and pages below which connections there are."""
        from apps.accounts import badges, navigation
        from apps.connectors import queries, services
        from apps.customers import connection_directory
        from apps.dispatch import kinds
        from apps.dispatch.models import Queue

        connection_directory.register(queries.count_by_customer)
        badges.register(navigation.BROKEN_CONNECTIONS, lambda _who: badges.Badge(queries.count_needing_attention()))
        kinds.register(services.TEST_KIND, services.run_test, queue=Queue.POLL)
