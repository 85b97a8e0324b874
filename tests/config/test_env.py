"""The one reader of the environment."""

from pathlib import Path

import pytest

from config.env import Env, SettingError, markdown_table, read_env

GOOD = {
    "SECRET_KEY": "s" * 50,
    "CREDENTIALS_KEY": "k",
    "DATABASE_URL": "postgresql://a:b@localhost/c",
    "REDIS_URL": "redis://localhost",
}


def test_nothing_set_means_the_documented_defaults() -> None:
    assert read_env({}) == Env()


@pytest.mark.parametrize(
    ("raw", "expected"), [("1", True), ("true", True), ("0", False), ("", False)], ids=["1", "true", "0", "empty"]
)
def test_a_yes_or_no_is_read(raw: str, expected: bool) -> None:
    assert read_env({"PARTNER_SIGNUP": raw}).partner_signup is expected


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [("PARTNER_SIGNUP", "maybe", "yes or no"), ("PUBLIC_PORT", "eighty", "whole number")],
)
def test_an_unreadable_value_is_refused_by_name(name: str, raw: str, words: str) -> None:
    with pytest.raises(SettingError, match=rf"{name}.*{words}"):
        read_env({name: raw})


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_production_refuses_to_start_without(missing: str) -> None:
    given = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(SettingError, match=missing):
        read_env({"PRODUCTION": "1", **given})


def test_production_refuses_a_short_signing_key() -> None:
    with pytest.raises(SettingError, match="50 characters"):
        read_env({"PRODUCTION": "1", **GOOD, "SECRET_KEY": "short"})


def test_a_list_is_split_at_commas() -> None:
    assert read_env({"EGRESS_ALLOW": "127.0.0.1:1, 127.0.0.1:2,"}).egress_allow == ("127.0.0.1:1", "127.0.0.1:2")


def test_the_page_about_settings_shows_the_table_as_it_is() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert markdown_table() in page.read_text()
