"""The configuration as a Django app: makes the Celery application known to every process that publishes."""

from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Loads config.celery once Django's settings are ready."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        """Make the Celery application the current one."""
        import_module("config.celery")
