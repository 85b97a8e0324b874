"""The dispatch room, as Django knows it."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """Registers the room under its short label."""

    name = "apps.dispatch"
    label = "dispatch"
