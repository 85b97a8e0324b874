"""The connectors room, as Django knows it."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    """Registers the room under its short label and its due work."""

    name = "apps.connectors"
    label = "connectors"

    def ready(self) -> None:
        """Tell dispatch which function tests a connection."""
        from apps.connectors import services
        from apps.dispatch import kinds
        from apps.dispatch.models import Queue

        kinds.register(services.TEST_KIND, services.run_test, queue=Queue.POLL)
