"""The customers room, as Django knows it."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Registers the room under its short label."""

    name = "apps.customers"
    label = "customers"

    def ready(self) -> None:
        """Give people who accept an invitation of a customer their membership."""
        from apps.customers import subscribers

        subscribers.connect()
