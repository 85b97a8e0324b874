"""What the settings of a database connection say, and what they must not say."""

import pytest

from apps.connectors import registry
from apps.connectors.errors import MisconfiguredError
from apps.connectors.protocols.sql_settings import Changes, is_planned, read_plan
from apps.connectors.sql_login import Encryption, build_login

TIME = registry.manifest("postgresql_tables").object_named("time_entries")
PLAIN = {"table_time_entries": "delivery.hours"}
PEM = "-----BEGIN CERTIFICATE----- bm9uZQ== -----END CERTIFICATE-----"


def test_a_table_is_looked_for_in_its_schema_or_in_the_public_one() -> None:
    assert read_plan(PLAIN, TIME).name == "delivery.hours"
    assert read_plan({"table_time_entries": " hours "}, TIME).name == "public.hours"
    assert is_planned(PLAIN, TIME)
    assert not is_planned({}, TIME)


def test_what_is_not_set_is_the_usual() -> None:
    plan = read_plan(PLAIN, TIME)
    assert (plan.changes, plan.look_back, plan.own_key_column) == (Changes.BY_TIME, 300, "external_id")
    assert (plan.key_column, plan.change_column, plan.renamed) == ("", "", {})


def test_columns_can_be_called_otherwise() -> None:
    written = "hours=worked, project = Projekt Nr;note=remark\nresource=person"
    plan = read_plan({**PLAIN, "columns_time_entries": written, "look_back": 0}, TIME)
    assert plan.renamed == {"hours": "worked", "project": "Projekt Nr", "note": "remark", "resource": "person"}
    assert plan.look_back == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"table_time_entries": ""}, "No table of time entries is entered"),
        ({"table_time_entries": 'delivery."hours"'}, "Table of time entries.*without quotation marks"),
        ({"table_time_entries": "delivery." + "x" * 64}, "Table of time entries"),
        ({"columns_time_entries": "hours"}, "Columns of time entries.*hours=worked"),
        ({"columns_time_entries": "stunden=hours"}, "stunden is none of the fields"),
        ({"columns_time_entries": 'hours=a"b'}, "Columns of time entries"),
        ({"changes": "sometimes"}, "How changes are found.*by a time of change"),
        ({"look_back": "-5"}, "whole number of seconds"),
        ({"key_column": 'a"; DROP TABLE x'}, "Column with the number of the record"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_remedy(settings: dict[str, str], words: str) -> None:
    with pytest.raises(MisconfiguredError, match=words):
        read_plan({**PLAIN, **settings}, TIME)


@pytest.mark.parametrize(
    ("settings", "secrets", "words"),
    [
        ({"database": "w"}, {"password": "x"}, "has no user"),
        ({"user": "u"}, {"password": "x"}, "has no database"),
        ({"user": "u", "database": "w"}, {}, "holds no password"),
        ({"user": "u\x00", "database": "w"}, {"password": "x"}, "null character"),
        ({"user": "u", "database": "w", "encryption": "some"}, {"password": "x"}, "Encryption"),
        ({"user": "u", "database": "w", "authority": "none"}, {"password": "x"}, "certificate of the authority"),
        ({"user": "u", "database": "w", "authority": PEM}, {"password": "x"}, "certificate of the authority"),
    ],
)
def test_a_login_that_is_not_whole_names_what_is_missing(
    settings: dict[str, str], secrets: dict[str, str], words: str
) -> None:
    with pytest.raises(MisconfiguredError, match=words):
        build_login(secrets, settings)


def test_certificates_are_checked_unless_something_else_is_chosen() -> None:
    assert build_login({"password": "x"}, {"user": "u", "database": "w"}).encryption is Encryption.VERIFIED
    assert "x-pass" not in repr(build_login({"password": "x-pass"}, {"user": "u", "database": "w"}))
