"""Secrets and ports of this checkout, made once and kept in `.state/env`, and the environment they give to processes."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from deploy.local.places import Places
from deploy.local.ports import LOOPBACK, choose_port

ADMIN, OWNER, APP = "fairlead_admin", "fairlead_owner", "fairlead_app"
DATABASE = "fairlead"
PREFERRED_PORTS = {"web_port": 8000, "sandbox_port": 8090, "postgres_port": 15432, "broker_port": 16379}


class EnvironmentFileError(ValueError):
    """`.state/env` or an address given by the caller cannot be used. The message names the line and the fix."""


@dataclass(frozen=True, slots=True)
class LocalEnvironment:
    """What `.state/env` holds: one line per field, in capitals."""

    secret_key: str
    credentials_key: str
    postgres_password: str
    owner_password: str
    app_password: str
    broker_password: str
    web_port: int
    sandbox_port: int
    postgres_port: int
    broker_port: int
    admin_database_url: str = ""  # a real PostgreSQL server, empty for the embedded one
    external_redis_url: str = ""  # a real broker, empty for the embedded one

    @property
    def admin_url(self) -> str:
        """The administrator's login: prepares roles and the database, nothing else uses it."""
        return self.admin_database_url or (
            f"postgresql://{ADMIN}:{self.postgres_password}@{LOOPBACK}:{self.postgres_port}/postgres"
        )

    @property
    def redis_url(self) -> str:
        """The broker without a database number: the product adds /0 and /1 itself."""
        return self.external_redis_url or f"redis://:{self.broker_password}@{LOOPBACK}:{self.broker_port}"

    def login_url(self, role: str, password: str, database: str = DATABASE) -> str:
        """Return the address of `database` for one of the product's two logins."""
        parts = urlsplit(self.admin_url)
        place = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        return f"postgresql://{role}:{quote(password)}@{place}/{database}"


_SECRETS: dict[str, Callable[[], str]] = {
    "secret_key": lambda: secrets.token_urlsafe(48),
    "credentials_key": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    "postgres_password": lambda: secrets.token_hex(16),
    "owner_password": lambda: secrets.token_hex(16),
    "app_password": lambda: secrets.token_hex(16),
    "broker_password": lambda: secrets.token_hex(16),
}


def read_environment(path: Path) -> dict[str, str]:
    """Return the lines of an environment file by field name; empty when there is no file.

    Raises:
        EnvironmentFileError: a line is not NAME=value.

    """
    if not path.exists():
        return {}
    known: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise EnvironmentFileError(
                f"{path}, line {number}: {line!r} is not NAME=value. Mend it, or run make clean."
            )
        known[name.strip().lower()] = value.strip()
    return known


def load(path: Path) -> LocalEnvironment:
    """Return the stored secrets and ports, making what is missing, and keep them.

    Raises:
        EnvironmentFileError: the file is damaged.

    """
    stored = read_environment(path)
    values: dict[str, str | int] = {name: stored.get(name) or make() for name, make in _SECRETS.items()}
    for name, preferred in PREFERRED_PORTS.items():
        taken = [int(values[other]) for other in PREFERRED_PORTS if other in values]
        values[name] = _port(path, name, stored[name]) if name in stored else choose_port(preferred, taken)
    for name in ("admin_database_url", "external_redis_url"):
        values[name] = stored.get(name, "")
    local = LocalEnvironment(**values)  # type: ignore[arg-type]  # names and kinds are those of the fields
    if {field.name for field in fields(local)} != stored.keys():
        save(path, local)
    return local


def _port(path: Path, name: str, text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65_536:
        return int(text)
    raise EnvironmentFileError(f"{path}: {name.upper()}={text!r} is not a port. Write a number below 65536.")


def save(path: Path, local: LocalEnvironment) -> None:
    """Write the file so that only its owner can read it, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{field.name.upper()}={getattr(local, field.name)}\n" for field in fields(local)]
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("# Secrets and ports of this checkout. Made by the local set-up; never commit it.\n")
        file.writelines(lines)
    draft.replace(path)


def with_free_ports(local: LocalEnvironment) -> LocalEnvironment:
    """Return the same with every port that somebody else took replaced by a free one. For when nothing of ours runs."""
    chosen: dict[str, int] = {}
    for name in PREFERRED_PORTS:
        chosen[name] = choose_port(getattr(local, name), chosen.values())
    return replace(local, **chosen)  # type: ignore[arg-type]  # only ports are replaced


def with_real_servers(local: LocalEnvironment, caller: Mapping[str, str]) -> LocalEnvironment:
    """Return the same with the servers that the caller's DATABASE_URL and REDIS_URL name, or the embedded ones.

    Raises:
        EnvironmentFileError: an address cannot be used; says what one looks like.

    """
    return replace(
        local,
        admin_database_url=_checked_database(caller.get("DATABASE_URL", "")),
        external_redis_url=_checked_redis(caller.get("REDIS_URL", "")),
    )


def _checked_database(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in {"postgres", "postgresql"} or not parts.hostname or not parts.username):
        raise EnvironmentFileError(
            "DATABASE_URL must be an administrator's login like postgresql://postgres:password@host:5432/postgres: "
            "the product's own roles and database are prepared with it."
        )
    return url


def _checked_redis(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in {"redis", "rediss"} or not parts.hostname):
        raise EnvironmentFileError("REDIS_URL must look like redis://:password@host:6379")
    # Databases 0 (wake-ups) and 1 (cache) are the product's choice.
    return f"{parts.scheme}://{parts.netloc}" if url else ""


def place(url: str) -> str:
    """Return host and port of an address, without its secrets."""
    parts = urlsplit(url)
    return f"{unquote(parts.hostname or '')}:{parts.port}" if parts.port else str(parts.hostname)


def product_environment(local: LocalEnvironment, caller: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the product's processes: the caller's, without what would point it elsewhere."""
    inherited = {k: v for k, v in caller.items() if not k.startswith("PG") and k not in {"MAKEFLAGS", "MAKELEVEL"}}
    sandbox = f"{LOOPBACK}:{local.sandbox_port}"
    return {
        **with_kept_bytecode(inherited, Places().state / "bytecode"),
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "PYTHONUNBUFFERED": "1",
        "PRODUCTION": "0",
        "SECRET_KEY": local.secret_key,
        "CREDENTIALS_KEY": local.credentials_key,
        "DATABASE_URL": local.login_url(APP, local.app_password),
        "OWNER_DATABASE_URL": local.login_url(OWNER, local.owner_password),
        "REDIS_URL": local.redis_url,
        "PLATFORM_HOST": "platform.localhost",
        "BASE_DOMAIN": "localhost",
        "PUBLIC_PORT": str(local.web_port),
        "PUBLIC_SCHEME": "http",
        "EGRESS_ALLOW": ",".join(filter(None, [sandbox, caller.get("EGRESS_ALLOW", "")])),
        "SANDBOX_URL": f"http://{sandbox}",
        "LOG_FORMAT": "console",
    }


def with_kept_bytecode(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment, with compiled files going to `folder` where the caller wants none beside the sources.

    Else each of the many processes that a demo or a test run starts compiles the product and its packages anew: 6 s instead
    of 1.5.
    """
    if not environment.get("PYTHONDONTWRITEBYTECODE"):
        return dict(environment)
    others = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(folder), **others}
