"""The accounts room, as Django knows it."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the room under its short label."""

    name = "apps.accounts"
    label = "accounts"
