"""Settings of the test run: the real thing, with quick passwords and mail kept in memory."""

from config.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PLATFORM_HOST = "platform.localhost"
BASE_DOMAIN = "localhost"
