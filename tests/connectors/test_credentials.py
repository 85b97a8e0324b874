"""Sealed secrets open in their own place only."""

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.credentials import (
    CredentialsKeyError,
    UnsealError,
    binding,
    new_wrapped_key,
    read_kek,
    seal,
    unseal,
    unwrap,
)

KEK, OTHER_KEK = os.urandom(32), os.urandom(32)
KEY = os.urandom(32)
HERE = binding(partner_id="p1", table="credential", row_id="r1", field="token", key_version=1)


@given(st.text())
def test_it_gives_back_what_was_sealed(plain: str) -> None:
    assert unseal(KEY, seal(KEY, plain, bound_to=HERE), bound_to=HERE) == plain


MOVES = {
    "another partner": {"partner_id": "p2"},
    "another table": {"table": "webhook_endpoint"},
    "another row": {"row_id": "r2"},
    "another field": {"field": "password"},
    "another key version": {"key_version": 2},
}


@pytest.mark.parametrize("change", MOVES.values(), ids=MOVES.keys())
def test_a_ciphertext_moved_elsewhere_does_not_open(change: dict[str, object]) -> None:
    place = {"partner_id": "p1", "table": "credential", "row_id": "r1", "field": "token", "key_version": 1, **change}
    with pytest.raises(UnsealError):
        unseal(KEY, seal(KEY, "secret", bound_to=HERE), bound_to=binding(**place))  # type: ignore[arg-type]


@pytest.mark.parametrize("place", range(0, 35, 5))
def test_a_damaged_ciphertext_does_not_open(place: int) -> None:
    sealed = bytearray(seal(KEY, "secret", bound_to=HERE))
    sealed[place] ^= 1
    with pytest.raises(UnsealError):
        unseal(KEY, bytes(sealed), bound_to=HERE)


@pytest.mark.parametrize(
    "sealed", [b"", b"\x01", b"\x02" + b"x" * 40, b"\x01" + b"x" * 27], ids=["empty", "short", "form", "no tag"]
)
def test_what_is_no_sealed_value_is_refused(sealed: bytes) -> None:
    with pytest.raises(UnsealError):
        unseal(KEY, sealed, bound_to=HERE)


def test_equal_secrets_look_different_and_show_nothing() -> None:
    first, second = (seal(KEY, "hunter2hunter2", bound_to=HERE) for _ in range(2))
    assert first != second
    assert b"hunter2" not in first


def test_a_data_key_opens_with_its_own_partner_and_operators_key_only() -> None:
    wrapped = new_wrapped_key(KEK, "p1")
    assert len(unwrap(KEK, wrapped, "p1")) == 32
    for kek, partner in ((KEK, "p2"), (OTHER_KEK, "p1")):
        with pytest.raises(UnsealError):
            unwrap(kek, wrapped, partner)


@pytest.mark.parametrize("text", ["", "short", "not base64!", base64.b64encode(b"x" * 31).decode()])
def test_a_bad_operators_key_is_told_with_the_fix(text: str) -> None:
    with pytest.raises(CredentialsKeyError, match="openssl rand"):
        read_kek(text)


def test_a_binding_cannot_be_forged_through_its_parts() -> None:
    with pytest.raises(ValueError, match="must not hold"):
        binding(partner_id="p1|credential", table="x", row_id="r", field="f", key_version=1)
