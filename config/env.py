"""The only reader of the environment: typed settings, their defaults, and what each is for.

`python -m config.env` prints the table that README and `docs/settings.md` show.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


class SettingError(ValueError):
    """A setting is missing or cannot be read. The message names the variable and the fix."""


def _setting(name: str, help_text: str, default: Any = None, *, secret: bool = False, required: bool = False) -> Any:
    return field(
        default=default,
        metadata={"name": name, "help": help_text, "secret": secret, "required": required},
    )


@dataclass(frozen=True, slots=True)
class Env:
    """Everything the environment decides. Secrets have no default in production."""

    production: bool = _setting(
        "PRODUCTION", "1 in production: refuses to start with a missing secret, secure cookies", default=False
    )
    secret_key: str = _setting(
        "SECRET_KEY", "Django's signing key, at least 50 characters", "", secret=True, required=True
    )
    credentials_key: str = _setting(
        "CREDENTIALS_KEY",
        "base64 of 32 bytes: wraps the data keys that seal connection credentials",
        "",
        secret=True,
        required=True,
    )
    credentials_old_keys: tuple[str, ...] = _setting(
        "CREDENTIALS_OLD_KEYS",
        "comma-separated former values of CREDENTIALS_KEY, until `manage.py rotate_credential_keys` is through",
        (),
        secret=True,
    )
    database_url: str = _setting(
        "DATABASE_URL", "PostgreSQL login of the product: no superuser, owns no table", "", secret=True, required=True
    )
    owner_database_url: str = _setting(
        "OWNER_DATABASE_URL", "PostgreSQL login that owns the tables: migrations and provisioning only", "", secret=True
    )
    redis_url: str = _setting(
        "REDIS_URL", "Redis-compatible broker; database 0 wakes workers, 1 is the cache", "", required=True
    )
    platform_host: str = _setting("PLATFORM_HOST", "host name of the operator console", "platform.localhost")
    base_domain: str = _setting("BASE_DOMAIN", "partners get <slug>.<base domain>", "localhost")
    public_port: int = _setting("PUBLIC_PORT", "port people type after the host, 0 for the scheme's own", 0)
    public_scheme: str = _setting("PUBLIC_SCHEME", "http or https, as people see it", "http")
    egress_allow: tuple[str, ...] = _setting(
        "EGRESS_ALLOW", "comma-separated host:port pairs on private addresses that connectors may call", ()
    )
    sandbox_url: str = _setting("SANDBOX_URL", "base address of the sandbox systems, empty when they are not run", "")
    partner_signup: bool = _setting("PARTNER_SIGNUP", "1 lets new partners sign up on the platform host", default=False)
    email_url: str = _setting("EMAIL_URL", "smtp://user:password@host:port, or file:///folder", "")
    mail_from: str = _setting("MAIL_FROM", "envelope sender where a brand sets none", "no-reply@localhost")
    maintenance: bool = _setting(
        "MAINTENANCE",
        "1 closes every portal with a page that says so, in each brand, while you work on it",
        default=False,
    )
    metrics_token: str = _setting(
        "METRICS_TOKEN",
        "who sends it as a bearer token may read /metrics on the platform host, empty for nobody",
        "",
        secret=True,
    )
    metrics_folder: str = _setting(
        "PROMETHEUS_MULTIPROC_DIR",
        "folder where the processes of one machine keep counters and histograms, empty for each process its own",
        "",
    )
    otel_endpoint: str = _setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "base address of an OTLP/HTTP collector for traces, empty for none", ""
    )
    otel_headers: tuple[str, ...] = _setting(
        "OTEL_EXPORTER_OTLP_HEADERS", "comma-separated name=value pairs that the collector wants", (), secret=True
    )
    otel_percent: int = _setting("TRACE_PERCENT", "how many of a hundred traces that we begin are kept", 100)
    sentry_dsn: str = _setting("SENTRY_DSN", "where errors are reported, empty for nowhere", "", secret=True)
    log_format: str = _setting("LOG_FORMAT", "console or json, empty for json in production only", "")
    trusted_proxies: int = _setting("TRUSTED_PROXIES", "number of reverse proxies in front of the web process", 0)


def _parse(raw: str, kind: Any, name: str) -> Any:
    if kind is bool:
        if raw.lower() in {"1", "true", "yes", "on"}:
            return True
        if raw.lower() in {"0", "false", "no", "off", ""}:
            return False
        raise SettingError(f"{name}={raw!r} is not a yes or no: write 1 or 0.")
    if kind is int:
        try:
            return int(raw)
        except ValueError:
            raise SettingError(f"{name}={raw!r} is not a whole number.") from None
    if kind is str:
        return raw
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def read_env(environ: Mapping[str, str]) -> Env:
    """Read the settings from `environ`.

    Raises:
        SettingError: a value cannot be read, or production lacks a required secret.

    """
    values = {
        setting.name: _parse(environ[setting.metadata["name"]], setting.type, setting.metadata["name"])
        for setting in fields(Env)
        if setting.metadata["name"] in environ
    }
    env = Env(**values)
    if env.production:
        missing = [s.metadata["name"] for s in fields(Env) if s.metadata["required"] and not getattr(env, s.name)]
        if missing:
            raise SettingError(f"Production needs {', '.join(missing)}: set them in the environment.")
        if len(env.secret_key) < 50:
            raise SettingError("SECRET_KEY is shorter than 50 characters: generate a longer one.")
    return env


def load() -> Env:
    """Return the settings of this process."""
    return read_env(os.environ)


def markdown_table() -> str:
    """Return every setting as a Markdown table, in the order they are declared."""
    rows = ["| variable | default | what it is for |", "|---|---|---|"]
    for setting in fields(Env):
        shown = (
            "(secret)"
            if setting.metadata["secret"]
            else f"`{setting.default}`"
            if setting.default not in ("", ())
            else ""
        )
        rows.append(f"| `{setting.metadata['name']}` | {shown} | {setting.metadata['help']} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(markdown_table())  # noqa: T201  a command's own answer
