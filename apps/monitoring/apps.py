"""The monitoring room, as Django knows it."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Registers the room under its short label."""

    name = "apps.monitoring"
    label = "monitoring"
