"""People and invitations."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import services
from apps.accounts.actions import Role
from apps.accounts.audit import verify_chain
from apps.accounts.models import AuditEntry, Invitation, User
from apps.accounts.services import InvitationError, LastOwnerError
from apps.accounts.signals import invitation_accepted
from apps.tenants import scope
from apps.tenants.models import CrossPartnerError
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import PASSWORD, new_person


@pytest.fixture
def joined() -> Iterator[list[tuple[User, UUID | None]]]:
    """What the rooms above are told when somebody joins."""
    heard: list[tuple[User, UUID | None]] = []

    def listen(*, user: User, customer_id: UUID | None, **_: Any) -> None:
        heard.append((user, customer_id))

    others, invitation_accepted.receivers = invitation_accepted.receivers, []
    invitation_accepted.connect(listen)
    yield heard
    invitation_accepted.receivers = others


def _token(issued: services.IssuedInvitation) -> str:
    return issued.link.rstrip("/").rpartition("/")[2]


def _deeds() -> list[str]:
    return list(AuditEntry.objects.order_by("position").values_list("action", flat=True))


def test_the_same_address_at_two_partners_is_two_people(partner_a: PartnerRef, partner_b: PartnerRef) -> None:
    one = new_person(partner_a, Role.OWNER, email="Ann@Example.com", name="Ann A")
    other = new_person(partner_b, Role.SUPPORT, email="ann@example.com", name="Ann B")
    assert one.email == other.email == "ann@example.com"
    with scope.enter(partner_a):
        assert User.objects.get(email="ann@example.com").name == "Ann A"
    with scope.enter(partner_b):
        assert User.objects.get(email="ann@example.com").name == "Ann B"


def test_a_person_has_a_proven_address_so_that_reset_and_second_step_work(as_owner_a: User) -> None:
    address = EmailAddress.objects.get(user=as_owner_a)
    assert (address.email, address.verified, address.primary) == (as_owner_a.email, True, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "OWNER@alder.example"}, "email"),
        ({"name": ""}, "name"),
        ({"role": "king"}, "role"),
        ({"role": Role.OPERATOR}, "role"),
        ({"password": "short"}, "password"),
        ({"password": "1234567890"}, "password"),
        ({"password": "newcomer@alder.example"}, "password"),
    ],
    ids=["no address", "a taken address", "no name", "no role", "a platform role", "too short", "too common", "alike"],
)
def test_a_wrong_field_of_a_new_person_is_named(as_owner_a: User, change: dict[str, Any], field: str) -> None:
    wanted = {"email": "newcomer@alder.example", "name": "New", "role": Role.SUPPORT, "password": PASSWORD, **change}
    with pytest.raises(ValidationError) as caught:
        services.create_user(**wanted)
    assert field in caught.value.message_dict


@pytest.mark.django_db
def test_only_operators_live_on_the_platform() -> None:
    assert new_person(None, Role.OPERATOR).as_actor().is_operator
    with pytest.raises(ValidationError):
        new_person(None, Role.OWNER)


def test_the_database_keeps_addresses_in_small_letters(as_owner_a: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=as_owner_a.pk).update(email="OWNER@alder.example")


def test_a_person_of_one_partner_cannot_be_saved_in_another(
    partner_b: PartnerRef, owner_a: User, partner_a: PartnerRef
) -> None:
    with scope.enter(partner_a):
        loaded = User.objects.get(pk=owner_a.pk)
    with scope.enter(partner_b), pytest.raises(CrossPartnerError):
        loaded.save()


def test_an_invited_person_joins_with_the_role_kept_for_them(as_owner_a: User, joined: list[Any]) -> None:
    issued = services.invite_person(email="Sam@Example.com", role=Role.SUPPORT, name="Sam")
    assert issued.link.startswith("http://alder.localhost")
    person = services.accept_invitation(token=_token(issued), name="Sam Support", password=PASSWORD)
    assert (person.email, person.role, person.name) == ("sam@example.com", "support", "Sam Support")
    assert person.check_password(PASSWORD)
    assert joined == [(person, None)]
    assert _deeds()[-2:] == ["person_invited", "person_joined"]
    assert verify_chain() == []


def test_a_customers_person_brings_the_customer_along(as_owner_a: User, joined: list[Any]) -> None:
    customer_id = uuid4()
    issued = services.invite_person(email="c@example.com", role=Role.CUSTOMER_OWNER, customer_id=customer_id)
    person = services.accept_invitation(token=_token(issued), name="Cleo", password=PASSWORD)
    assert joined == [(person, customer_id)]


def test_the_token_of_an_invitation_is_not_stored(as_owner_a: User) -> None:
    issued = services.invite_person(email="sam@example.com", role=Role.SUPPORT)
    assert _token(issued) not in str(Invitation.objects.values().get(pk=issued.invitation.pk))


def test_an_invitation_works_once(as_owner_a: User, joined: list[Any]) -> None:
    token = _token(services.invite_person(email="sam@example.com", role=Role.SUPPORT))
    services.accept_invitation(token=token, name="Sam", password=PASSWORD)
    with pytest.raises(InvitationError, match="already used"):
        services.accept_invitation(token=token, name="Sam", password=PASSWORD)
    assert len(joined) == 1


def test_an_invitation_runs_out(as_owner_a: User) -> None:
    issued = services.invite_person(
        email="sam@example.com",
        role=Role.SUPPORT,
        now=timezone.now() - timedelta(days=services.INVITATION_DAYS, minutes=1),
    )
    with pytest.raises(InvitationError, match="ran out"):
        services.accept_invitation(token=_token(issued), name="Sam", password=PASSWORD)


@pytest.mark.parametrize("token", ["", "x", "a" * 500, "../../etc", "\x00"], ids=repr)
def test_a_wrong_token_opens_nothing(as_owner_a: User, token: str) -> None:
    with pytest.raises(InvitationError, match="not valid"):
        services.accept_invitation(token=token, name="Sam", password=PASSWORD)


def test_a_token_of_another_partner_opens_nothing(as_owner_a: User, partner_b: PartnerRef) -> None:
    token = _token(services.invite_person(email="sam@example.com", role=Role.SUPPORT))
    with scope.enter(partner_b), pytest.raises(InvitationError, match="not valid"):
        services.accept_invitation(token=token, name="Sam", password=PASSWORD)


def test_a_second_invitation_replaces_the_first(as_owner_a: User) -> None:
    first = services.invite_person(email="sam@example.com", role=Role.SUPPORT)
    second = services.invite_person(email="sam@example.com", role=Role.BUILDER)
    with pytest.raises(InvitationError, match="not valid"):
        services.require_invitation(_token(first))
    assert services.accept_invitation(token=_token(second), name="Sam", password=PASSWORD).role == "builder"


def test_a_withdrawn_invitation_opens_nothing(as_owner_a: User) -> None:
    issued = services.invite_person(email="sam@example.com", role=Role.SUPPORT)
    services.withdraw_invitation(issued.invitation)
    services.withdraw_invitation(issued.invitation)
    with pytest.raises(InvitationError, match="not valid"):
        services.require_invitation(_token(issued))
    assert _deeds().count("invitation_withdrawn") == 1


def test_a_weak_password_leaves_the_invitation_open(as_owner_a: User) -> None:
    token = _token(services.invite_person(email="sam@example.com", role=Role.SUPPORT))
    with pytest.raises(ValidationError):
        services.accept_invitation(token=token, name="Sam", password="short")
    assert services.accept_invitation(token=token, name="Sam", password=PASSWORD).is_active


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"email": "no address", "role": Role.SUPPORT}, "email"),
        ({"email": "owner@alder.example", "role": Role.SUPPORT}, "email"),
        ({"email": "c@example.com", "role": Role.CUSTOMER_OWNER}, "customer_id"),
        ({"email": "c@example.com", "role": Role.SUPPORT, "customer_id": uuid4()}, "customer_id"),
        ({"email": "c@example.com", "role": Role.OPERATOR}, "role"),
        ({"email": "c@example.com", "role": "king"}, "role"),
    ],
    ids=[
        "a bad address",
        "somebody who is in",
        "a customer's person without",
        "staff with",
        "a platform role",
        "no role",
    ],
)
def test_a_wrong_field_of_an_invitation_is_named(as_owner_a: User, wanted: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        services.invite_person(**wanted)
    assert field in caught.value.message_dict


def test_a_changed_role_is_recorded_with_before_and_after(as_owner_a: User, viewer_a: User) -> None:
    services.change_role(person=viewer_a, role=Role.FINANCE)
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.action, entry.details["role"]) == ("role_changed", ["read_only", "finance"])
    assert User.objects.get(pk=viewer_a.pk).role == "finance"


def test_the_last_owner_stays(as_owner_a: User, viewer_a: User) -> None:
    with pytest.raises(LastOwnerError, match="last with the role Owner"):
        services.change_role(person=as_owner_a, role=Role.SUPPORT)
    with pytest.raises(LastOwnerError, match="last with the role Owner"):
        services.deactivate(person=as_owner_a)
    services.change_role(person=viewer_a, role=Role.OWNER)
    assert not services.deactivate(person=as_owner_a).is_active


def test_staff_cannot_be_turned_into_a_customers_person(as_owner_a: User, viewer_a: User) -> None:
    with pytest.raises(ValidationError, match="invite them anew"):
        services.change_role(person=viewer_a, role=Role.CUSTOMER_VIEWER)


def test_a_deactivated_person_can_be_invited_back(as_owner_a: User, viewer_a: User) -> None:
    services.deactivate(person=viewer_a)
    issued = services.invite_person(email=viewer_a.email, role=Role.OPERATIONS)
    person = services.accept_invitation(token=_token(issued), name="Vera", password="another long one")
    assert (person.pk, person.role, person.is_active) == (viewer_a.pk, "operations", True)


def test_it_does_nothing_twice(as_owner_a: User, viewer_a: User) -> None:
    services.reactivate(person=viewer_a)
    services.change_role(person=viewer_a, role=Role.READ_ONLY)
    services.deactivate(person=viewer_a)
    services.deactivate(person=viewer_a)
    services.reactivate(person=viewer_a)
    services.reactivate(person=viewer_a)
    changes = [deed for deed in _deeds() if deed in {"role_changed", "person_deactivated", "person_reactivated"}]
    assert changes == ["person_deactivated", "person_reactivated"]


@pytest.mark.parametrize(
    ("options", "host", "role"),
    [
        ({"partner": "alder"}, "http://alder.localhost", Role.OWNER),
        ({"partner": "alder", "role": "builder"}, "http://alder.localhost", Role.BUILDER),
        ({}, "http://platform.localhost", Role.OPERATOR),
    ],
    ids=["a partner's first owner", "a given role", "an operator"],
)
def test_the_first_people_are_invited_from_the_command_line(
    partner_a: PartnerRef, options: dict[str, str], host: str, role: Role
) -> None:
    out = StringIO()
    call_command("invite_person", "First@Example.com", stdout=out, **options)
    assert out.getvalue().startswith(host)
    with scope.enter(partner_a) if options else scope.public():
        assert Invitation.objects.get(email="first@example.com").role == role


@pytest.mark.parametrize(
    ("email", "options", "words"),
    [
        ("first@example.com", {"partner": "nobody"}, "no partner"),
        ("first", {"partner": "alder"}, "email:"),
        ("first@example.com", {"partner": "alder", "role": "operator"}, "role:"),
    ],
    ids=["an unknown partner", "a bad address", "a role of the platform"],
)
def test_a_wrong_command_says_what_is_wrong(
    partner_a: PartnerRef, email: str, options: dict[str, str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("invite_person", email, stdout=StringIO(), **options)
