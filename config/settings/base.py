"""Settings of every process; `config/env.py` is the only reader of the environment."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from config import env as environment
from config.observability import configure_logging, configure_sentry, configure_tracing

ENV = environment.load()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
STATE_DIR = BASE_DIR / ".state"

SECRET_KEY = ENV.secret_key or "development-only-" + "x" * 50
CREDENTIALS_KEY = ENV.credentials_key
CREDENTIALS_OLD_KEYS = ENV.credentials_old_keys
DEBUG = False
ALLOWED_HOSTS = [
    "*"
]  # the tenant middleware is the host check: an unknown host is answered 404 before anything renders
PLATFORM_HOST = ENV.platform_host
BASE_DOMAIN = ENV.base_domain
PUBLIC_PORT = ENV.public_port
PUBLIC_SCHEME = ENV.public_scheme
PARTNER_SIGNUP = ENV.partner_signup
MAINTENANCE = ENV.maintenance
EGRESS_ALLOW = ENV.egress_allow
SANDBOX_URL = ENV.sandbox_url

# --- apps -----------------------------------------------------------------------------------------------------------
_AUTH_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "apps.accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
SHARED_APPS = ["django_tenants", "apps.tenants", "apps.dispatch", "django.contrib.staticfiles", *_AUTH_APPS, "config"]
TENANT_APPS = [
    *_AUTH_APPS,
    "apps.customers",
    "apps.connectors",
    "apps.flows",
    "apps.monitoring",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]
TENANT_MODEL = "tenants.Partner"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_BASE_MIGRATE_COMMAND = "apps.tenants.founding.Migrate"
FOUND_FROM_TEXTS = True  # False: every schema is made by its migrations, one after the other
PUBLIC_SCHEMA_URLCONF = "config.urls_platform"
ROOT_URLCONF = "config.urls_partner"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "apps.flows.views.intake.WebhookDoor",  # before all others: what systems send needs none of them
    "whitenoise.middleware.WhiteNoiseMiddleware",  # before the tenant middleware: static files cost no query
    "django.middleware.gzip.GZipMiddleware",  # pages shrink to a sixth; random padding hides secrets' lengths (BREACH)
    "django.middleware.security.SecurityMiddleware",
    "apps.tenants.correlation.CorrelationMiddleware",  # around all that logs or stores
    "apps.tenants.middleware.PartnerMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.ActorMiddleware",
    "apps.accounts.language.LanguageMiddleware",
    "apps.accounts.middleware.TwoStepMiddleware",
    "apps.customers.middleware.CustomerScopeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.table_files.TableFileMiddleware",  # next to the page: what is around it is the same for its tables
]

# --- database: the product's login and the owner's ------------------------------------------------------------------


def _postgres(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {
        "NAME": parts.path.lstrip("/") or "fairlead",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "TIME_ZONE": None,
    }


def _reset_session(connection: object) -> None:
    """Give a pooled connection back clean: a borrower must never inherit another partner's scope."""
    connection.execute("RESET search_path; RESET app.customer_id; RESET ROLE")  # type: ignore[attr-defined]


DATABASES = {
    "default": {
        "ENGINE": "apps.tenants.backend",
        **_postgres(ENV.database_url),
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 8, "max_lifetime": 1800, "timeout": 5, "reset": _reset_session},
        },
    },
    "owner": {"ENGINE": "django_tenants.postgresql_backend", **_postgres(ENV.owner_database_url or ENV.database_url)},
}
TENANT_SYNC_ROUTER = "apps.tenants.routers.PartnerSyncRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": (ENV.redis_url.rstrip("/") + "/1") if ENV.redis_url else "redis://127.0.0.1:6379/1",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 2},
    }
}
REDIS_URL = ENV.redis_url

# --- people ---------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "apps.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people arrive by invitation to the very address
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or second step is told to its owner
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ALLAUTH_TRUSTED_PROXY_COUNT = ENV.trusted_proxies
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
REQUIRE_TWO_STEP = False  # production turns it on: owners and operators then need a second step before any page
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.public_scheme == "https"
CSRF_FAILURE_VIEW = "apps.tenants.views.csrf_failure"

# --- pages ----------------------------------------------------------------------------------------------------------
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n"],  # every template speaks the reader's language
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.tenants.context.brand",
                "apps.accounts.context.actor",
            ],
        },
    }
]
FORM_RENDERER = "apps.tenants.form_renderer.FormRenderer"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = not ENV.production
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ENV.production
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if ENV.trusted_proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = True
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- mail -----------------------------------------------------------------------------------------------------------
_mail = urlsplit(ENV.email_url)
if _mail.scheme == "smtp":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = _mail.path or str(STATE_DIR / "mail")
DEFAULT_FROM_EMAIL = ENV.mail_from
EMAIL_TIMEOUT = 10

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.accounts.api_parsing.JsonBody"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.api_auth.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.api_auth.ActionPermission"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.accounts.api_paging.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "apps.accounts.api_problems.problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Integration API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "FlowState": "apps.flows.models.Flow.State",
        "RunState": "apps.flows.run_api.RUN_STATES",
        "OperationState": "apps.flows.operation_api.OPERATION_STATES",
        "CaseState": "apps.monitoring.models.ExceptionCase.State",
        "Role": "apps.flows.models.approval.ROLES",
        "ApprovalVoice": "apps.flows.models.ApprovalDecision.Decision",
        "ChangeVoice": "apps.flows.models.ChangeApproval.Decision",
        "MonitorKind": "apps.monitoring.monitor_api.KINDS",
        "ReconciliationMethod": "apps.flows.models.Reconciliation.Method",
    },
}

LOGGING_CONFIG = None
configure_logging(json_lines=ENV.log_format == "json" or (ENV.production and not ENV.log_format))
configure_sentry(ENV.sentry_dsn)
configure_tracing(ENV.otel_endpoint, headers=ENV.otel_headers, percent=ENV.otel_percent)
METRICS_TOKEN = ENV.metrics_token
METRICS_FOLDER = ENV.metrics_folder
if METRICS_FOLDER:
    Path(METRICS_FOLDER).mkdir(parents=True, exist_ok=True)  # the library wants it before the first metric is made
SILENCED_SYSTEM_CHECKS = ["fields.W342"]
