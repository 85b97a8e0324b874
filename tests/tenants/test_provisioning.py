"""From a name to a working partner."""

from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection, connections

from apps.customers.models import Customer
from apps.tenants import scope
from apps.tenants.models import Domain, Partner
from apps.tenants.provisioning import NewPartner, PartnerExistsError, create_partner, provision_schema, register_partner


@pytest.fixture
def swept(committed: object) -> Iterator[None]:
    """Partners made by the test are gone afterwards, schema included."""
    known = set(Partner.objects.values_list("id", flat=True))
    yield
    for partner in Partner.objects.exclude(id__in=known):
        with connections["owner"].cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{partner.schema_name}" CASCADE')
        Partner.objects.filter(id=partner.id).delete()


def test_a_new_partner_answers_at_its_address_with_tables_of_its_own(swept: None) -> None:
    partner = create_partner(NewPartner("Cedar Cloud", "cedar"))
    assert partner.state == Partner.State.ACTIVE
    assert Domain.objects.get(tenant=partner).domain == "cedar.localhost"
    with scope.work_in(partner.as_ref()):
        Customer.objects.create(name="First", currency="EUR")
        assert Customer.objects.count() == 1


def test_provisioning_again_is_harmless(swept: None) -> None:
    partner = create_partner(NewPartner("Cedar Cloud", "cedar"))
    provision_schema(partner)
    partner.refresh_from_db()
    assert partner.state == Partner.State.ACTIVE


def test_a_taken_short_name_is_refused_and_leaves_nothing_behind(partner_a: object) -> None:
    before = Partner.objects.count()
    with pytest.raises(PartnerExistsError, match="alder"):
        register_partner(NewPartner("Another Alder", "alder"))
    assert Partner.objects.count() == before


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (NewPartner("X", "A B"), "slug"),
        (NewPartner("X", "a"), "slug"),
        (NewPartner("X", "-dash"), "slug"),
        (NewPartner("", "fine"), "name"),
        (NewPartner("X", "fine", primary_colour="red"), "primary_colour"),
    ],
    ids=["a space", "too short", "a leading dash", "no name", "a colour by name"],
)
def test_wrong_wishes_are_refused_by_field(db: None, wanted: NewPartner, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        register_partner(wanted)
    assert field in caught.value.message_dict


def test_the_command_says_what_is_wrong_in_one_line(partner_a: object) -> None:
    with pytest.raises(CommandError, match="slug: Use 3 to 40"):
        call_command("provision_partner", "A B", "X")


def test_schema_names_are_never_what_a_person_typed(partner_a: object) -> None:
    assert all(p.schema_name.startswith("p_") and p.slug not in p.schema_name for p in Partner.objects.all())
    assert connection.schema_name == "public"
