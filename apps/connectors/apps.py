"""The connectors room, as Django knows it."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    """Registers the room under its short label."""

    name = "apps.connectors"
    label = "connectors"
