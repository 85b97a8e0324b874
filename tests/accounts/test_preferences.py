"""What people choose for themselves is kept, checked, and has sensible defaults."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from apps.accounts import preferences
from apps.accounts.actions import Role
from apps.accounts.models import AuditEntry, Preference, User
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import new_person


def test_somebody_who_chose_nothing_gets_the_defaults(as_owner_a: User) -> None:
    profile = preferences.profile_of(as_owner_a)
    assert (profile.language, profile.time_zone, profile.start_page, profile.theme) == ("", "", "", "")
    assert profile.alerts
    assert Preference.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "digest"),
    [(Role.OWNER, "weekly"), (Role.SUPPORT, "off"), (Role.FINANCE, "off"), (Role.CUSTOMER_OWNER, "off")],
    ids=str,
)
def test_the_digest_follows_the_role_until_somebody_chooses(partner_a: PartnerRef, role: Role, digest: str) -> None:
    person = new_person(partner_a, role)
    with scope.enter(partner_a):
        assert preferences.digest_of(person) == digest
        preferences.change_profile(person, replace(preferences.profile_of(person), digest="daily"))
        assert preferences.digest_of(person) == "daily"


def test_a_choice_is_kept_and_named_in_the_trail(as_owner_a: User) -> None:
    wanted = replace(preferences.profile_of(as_owner_a), language="de", time_zone="Europe/Berlin", alerts=False)
    assert preferences.change_profile(as_owner_a, wanted) == {"language", "time_zone", "alerts"}
    assert preferences.profile_of(User.objects.get(pk=as_owner_a.pk)) == wanted
    entry = AuditEntry.objects.order_by("-position").first()
    assert entry is not None
    assert (entry.action, entry.details) == ("profile_changed", {"changed": ["alerts", "language", "time_zone"]})


def test_saving_what_is_already_so_changes_nothing(as_owner_a: User) -> None:
    before = AuditEntry.objects.count()
    assert preferences.change_profile(as_owner_a, preferences.profile_of(as_owner_a)) == set()
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "  "), ("language", "xx"), ("time_zone", "Mars/Olympus")],
    ids=["an empty name", "an unknown language", "an unknown zone"],
)
def test_a_wrong_choice_names_its_field(as_owner_a: User, field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        preferences.change_profile(as_owner_a, replace(preferences.profile_of(as_owner_a), **{field: value}))
    assert list(refused.value.message_dict) == [field]


def test_who_switched_alerts_off_is_known(as_owner_a: User, viewer_a: User) -> None:
    preferences.change_profile(viewer_a, replace(preferences.profile_of(viewer_a), alerts=False))
    assert preferences.without_alerts() == {viewer_a.pk}


def test_the_zones_are_those_of_the_world_with_utc_first() -> None:
    zones = preferences.time_zones()
    assert zones[0] == "UTC"
    assert {"Europe/Berlin", "America/New_York", "Asia/Kolkata"} <= set(zones)
