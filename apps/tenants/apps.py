"""The tenants room, as Django knows it."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Registers the room under its short label."""

    name = "apps.tenants"
    label = "tenants"
