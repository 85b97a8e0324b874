"""API keys: their text, and who they let in."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.api_keys import KeyRefusedError, authenticate, checksum, new_key_text, prefix_of
from apps.accounts.models import ApiKey, User
from apps.accounts.services import create_api_key, revoke_api_key
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import new_person


def test_a_fresh_key_has_the_published_form_and_proves_itself() -> None:
    fresh = new_key_text()
    assert fresh.text.startswith(f"fl_live_{fresh.prefix}_")
    assert len(fresh.text) == len("fl_live_") + 12 + 1 + 27 + 6
    assert prefix_of(fresh.text) == fresh.prefix
    assert fresh.text not in (fresh.hash, fresh.prefix)


@given(st.integers(min_value=0, max_value=53), st.sampled_from("0aZ_x"))
def test_a_mistyped_key_never_gets_as_far_as_the_database(position: int, letter: str) -> None:
    text = "fl_live_0123456789ab_0123456789abcdefghijklmnopq"
    whole = text + checksum(text)
    wrong = whole[:position] + letter + whole[position + 1 :]
    if wrong != whole:
        with pytest.raises(KeyRefusedError):
            prefix_of(wrong)


@pytest.mark.parametrize(
    "text", ["", "fl_live_", "sk_live_abc", "fl_live_short_short", "Bearer", "fl_live_" + "a" * 500]
)
def test_a_text_that_is_no_key_is_refused_with_what_a_key_looks_like(text: str) -> None:
    with pytest.raises(KeyRefusedError, match="fl_live_"):
        prefix_of(text)


def test_a_key_lets_in_with_its_own_rights_only(as_owner_a: User) -> None:
    key, text = create_api_key(name="Export", scopes=[Action.VIEW_RUNS, Action.VIEW_FLOWS])
    actor = authenticate(f"Bearer {text}").as_actor()
    assert actor.can(Action.VIEW_RUNS)
    assert not actor.can(Action.RUN_FLOWS)
    assert (actor.api_key_id, actor.user_id, actor.customer_id) == (key.id, None, None)


def test_a_key_of_a_customer_acts_as_that_customer(as_owner_a: User) -> None:
    customer_id = as_owner_a.id
    _, text = create_api_key(name="Portal", scopes=[Action.VIEW_RUNS], customer_id=customer_id)
    actor = authenticate(f"Bearer {text}").as_actor()
    assert actor.is_customer
    assert actor.customer_id == customer_id


def test_only_the_hash_of_a_key_is_stored(as_owner_a: User) -> None:
    key, text = create_api_key(name="Export", scopes=[Action.VIEW_RUNS])
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert text not in map(str, stored.values())


def test_the_use_of_a_key_is_noted(as_owner_a: User) -> None:
    key, text = create_api_key(name="Export", scopes=[Action.VIEW_RUNS])
    authenticate(f"Bearer {text}")
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_a_revoked_key_is_refused(as_owner_a: User) -> None:
    key, text = create_api_key(name="Export", scopes=[Action.VIEW_RUNS])
    revoke_api_key(key)
    with pytest.raises(KeyRefusedError, match="revoked"):
        authenticate(f"Bearer {text}")


def test_an_expired_key_is_refused(as_owner_a: User) -> None:
    _, text = create_api_key(name="Export", scopes=[Action.VIEW_RUNS], days=1)
    with pytest.raises(KeyRefusedError, match="expired"):
        authenticate(f"Bearer {text}", now=timezone.now() + timedelta(days=2))


def test_a_key_with_a_wrong_secret_is_refused_like_an_unknown_one(as_owner_a: User) -> None:
    key, _ = create_api_key(name="Export", scopes=[Action.VIEW_RUNS])
    body = f"fl_live_{key.prefix}_{'0' * 27}"
    unknown = new_key_text().text
    for text in (body + checksum(body), unknown):
        with pytest.raises(KeyRefusedError, match="not known here"):
            authenticate(f"Bearer {text}")


def test_a_key_of_another_partner_is_unknown(as_owner_a: User, partner_b: PartnerRef) -> None:
    _, text = create_api_key(name="Export", scopes=[Action.VIEW_RUNS])
    with scope.enter(partner_b), pytest.raises(KeyRefusedError, match="not known here"):
        authenticate(f"Bearer {text}")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": [Action.EDIT_PEOPLE]}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": [Action.VIEW_RUNS], "days": 0}, "days"),
        ({"scopes": [Action.VIEW_RUNS], "days": 400}, "days"),
        ({"scopes": [Action.VIEW_RUNS], "name": ""}, "name"),
    ],
    ids=["no right", "a right keys never get", "an unknown right", "no life", "too long a life", "no name"],
)
def test_a_wrong_field_is_named(as_owner_a: User, fields: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        create_api_key(**{"name": "Export", **fields})  # type: ignore[arg-type]
    assert field in caught.value.message_dict


def test_nobody_can_make_a_key_that_may_do_more_than_its_maker(in_partner_a: PartnerRef) -> None:
    support = new_person(in_partner_a, Role.SUPPORT)
    with acting(support.as_actor()), pytest.raises(ValidationError, match="edit_flows"):
        create_api_key(name="Sneaky", scopes=[Action.EDIT_FLOWS])
