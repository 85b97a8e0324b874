"""The accounts room, as Django knows it."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the room under its short label."""

    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Leave a trace of every sign-in, and send mails when they are due."""
        from apps.accounts import mail, subscribers
        from apps.dispatch import kinds
        from apps.dispatch.models import Queue

        subscribers.connect()
        kinds.register(mail.SEND_MAIL, mail.send_due, queue=Queue.NOTIFY)
