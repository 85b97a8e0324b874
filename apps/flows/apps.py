"""The flows room, as Django knows it."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Registers the room under its short label."""

    name = "apps.flows"
    label = "flows"
