"""Settings of production: the same, refusing to start with a missing secret."""

from config.settings.base import *  # noqa: F403
from config.settings.base import ENV, SILENCED_SYSTEM_CHECKS

if not ENV.production:
    raise RuntimeError("Set PRODUCTION=1: production settings check that every secret is there.")

SECURE_SSL_REDIRECT = ENV.public_scheme == "https"
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
REQUIRE_TWO_STEP = True
# Being on the browsers' preload list is for the owner of a domain to decide, and hard to take back.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W021"]
