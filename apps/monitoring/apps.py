"""The monitoring room, as Django knows it."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Registers the room under its short label, its due work, and its ear for the ledger."""

    name = "apps.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        """Say what runs for the room's kinds of work."""
        from apps.dispatch import kinds
        from apps.dispatch.models import Queue
        from apps.monitoring import fleet, subscribers, tasks

        kinds.register(tasks.JUDGE, tasks.judge, queue=Queue.MAINT)
        kinds.register(tasks.SWEEP, tasks.sweep, queue=Queue.MAINT)
        kinds.register(fleet.INVITE_OWNER, fleet.send_owner_invitation, queue=Queue.MAINT)
        kinds.register_periodic(tasks.SWEEP, tasks.SWEEP_EVERY_SECONDS)
        subscribers.connect()
