import base64
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.env import read_env
from deploy.local import environment
from deploy.local.environment import EnvironmentFileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".state" / "env"


def test_secrets_are_made_once_and_kept(path: Path) -> None:
    first = environment.load(path)
    assert environment.load(path) == first
    assert len(base64.b64decode(first.credentials_key)) == 32
    assert len(first.secret_key) >= 50


def test_only_the_owner_can_read_the_file(path: Path) -> None:
    environment.load(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_checkouts_share_no_secret(tmp_path: Path) -> None:
    one, other = (environment.load(tmp_path / name / "env") for name in ("one", "other"))
    assert one.secret_key != other.secret_key
    assert one.credentials_key != other.credentials_key
    assert one.app_password != other.app_password


def test_a_line_that_was_lost_is_made_again_and_the_others_stay(path: Path) -> None:
    first = environment.load(path)
    path.write_text(
        "".join(line for line in path.read_text().splitlines(keepends=True) if "BROKER_PASSWORD" not in line)
    )
    second = environment.load(path)
    assert second.secret_key == first.secret_key
    assert second.broker_password != first.broker_password
    assert environment.load(path) == second


def test_ports_are_four_different_ones(path: Path) -> None:
    local = environment.load(path)
    assert len({local.web_port, local.sandbox_port, local.postgres_port, local.broker_port}) == 4


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("no equals sign", r"line 1: 'no equals sign' is not NAME=value"),
        ("WEB_PORT=80000", r"WEB_PORT='80000' is not a port"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(path: Path, line: str, words: str) -> None:
    path.parent.mkdir()
    path.write_text(line + "\n")
    with pytest.raises(EnvironmentFileError, match=words):
        environment.load(path)


def test_the_product_reads_every_setting_it_is_given(path: Path) -> None:
    local = environment.load(path)
    settings = read_env(environment.product_environment(local, {}))
    assert urlsplit(settings.database_url).username == "fairlead_app"
    assert urlsplit(settings.owner_database_url).username == "fairlead_owner"
    assert settings.public_port == local.web_port
    assert settings.egress_allow == (f"127.0.0.1:{local.sandbox_port}",)
    assert settings.sandbox_url == f"http://127.0.0.1:{local.sandbox_port}"
    assert not settings.production


def test_the_callers_shell_cannot_point_the_product_elsewhere(path: Path) -> None:
    caller = {
        "PGHOST": "elsewhere",
        "DATABASE_URL": "postgresql://a@b/c",
        "PRODUCTION": "1",
        "MAIL_FROM": "me@example.org",
    }
    given = environment.product_environment(environment.load(path), caller)
    assert "PGHOST" not in given
    assert "127.0.0.1" in given["DATABASE_URL"]
    assert given["PRODUCTION"] == "0"
    assert given["MAIL_FROM"] == "me@example.org"


def test_real_servers_replace_the_embedded_ones(path: Path) -> None:
    caller = {
        "DATABASE_URL": "postgresql://root:p%40ss@db.example:6432/postgres",
        "REDIS_URL": "redis://:x@cache.example:7000/3",
    }
    local = environment.with_real_servers(environment.load(path), caller)
    assert local.admin_url == caller["DATABASE_URL"]
    product = environment.product_environment(local, {})
    assert product["DATABASE_URL"] == f"postgresql://fairlead_app:{local.app_password}@db.example:6432/fairlead"
    assert product["REDIS_URL"] == "redis://:x@cache.example:7000"
    assert environment.with_real_servers(local, {}).admin_database_url == ""


@pytest.mark.parametrize(
    "caller",
    [
        pytest.param({"DATABASE_URL": "mysql://root@db/x"}, id="another product's address"),
        pytest.param({"DATABASE_URL": "postgresql:///fairlead"}, id="no host and no user"),
        pytest.param({"DATABASE_URL": "postgresql://db.example/fairlead"}, id="no user"),
        pytest.param({"REDIS_URL": "cache.example:6379"}, id="no scheme"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_an_example(path: Path, caller: dict[str, str]) -> None:
    with pytest.raises(EnvironmentFileError, match=r"(postgresql|redis)://.+"):
        environment.with_real_servers(environment.load(path), caller)


def test_a_place_shows_no_secret() -> None:
    assert environment.place("postgresql://root:secret@db.example:6432/postgres") == "db.example:6432"
