"""Which apps' tables belong to the public schema and which to each partner's."""

from typing import Any

from django.conf import settings
from django.db import connections
from django_tenants.routers import TenantSyncRouter


class PartnerSyncRouter(TenantSyncRouter):
    """django-tenants' rule, also for the owner's login, which is the one that migrates."""

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        """Say whether an app's tables belong in the schema that the connection points at."""
        public = connections[db].schema_name == "public"  # type: ignore[attr-defined]
        wanted = settings.SHARED_APPS if public else settings.TENANT_APPS
        return None if self.app_in_list(app_label, wanted) else False
