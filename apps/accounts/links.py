"""Whole addresses for mails: from the partner's own primary host, never from the request's."""

from django.conf import settings

from apps.tenants import scope
from apps.tenants.domains import primary_host


def absolute_url(path: str) -> str:
    """Return the address of `path` ("/people/") at the open partner's host, at the platform's in public."""
    here = scope.current()
    if here is None:
        host = settings.PLATFORM_HOST
    else:
        with scope.public():
            host = primary_host(here.partner)
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    return f"{settings.PUBLIC_SCHEME}://{host}{port}{path}"
