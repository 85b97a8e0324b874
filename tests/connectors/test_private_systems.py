"""A partner's own systems: drafts, versions that stay as they went live, and nothing of it at another partner."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.models import AuditEntry
from apps.connectors import private_queries, registry
from apps.connectors.manifest import ProofLabel
from apps.connectors.models import Connection, PrivateSystem, PrivateVersion
from apps.connectors.private.drafting import draft_document, empty_document
from apps.connectors.private_systems import (
    create_system,
    discard_draft,
    draft_of,
    make_live,
    note_tried,
    save_draft,
    start_draft,
)
from apps.connectors.queries import system_name
from apps.connectors.services import NewConnection, create_connection
from apps.customers.services import create_customer
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.private.samples import openapi
from tests.connectors.private.test_openapi import read

pytestmark = pytest.mark.usefixtures("in_partner_a")


def harbour() -> dict[str, Any]:
    return draft_document("Harbour", read(openapi()), ["projects"])


@pytest.fixture
def system() -> PrivateSystem:
    return create_system(document=harbour(), author="Ann")


def draft(system: PrivateSystem) -> PrivateVersion:
    found = draft_of(system)
    assert found is not None
    return found


def live(system: PrivateSystem) -> PrivateSystem:
    make_live(draft(system), seen=draft(system).revision)
    return PrivateSystem.objects.get(id=system.id)


def slugs() -> list[str]:
    return [manifest.slug for manifest in registry.all_manifests()]


def test_a_draft_can_be_opened_but_is_not_listed(system: PrivateSystem) -> None:
    assert registry.manifest(system.slug).name == "Harbour"
    assert registry.is_draft(system.slug)
    assert system.slug not in slugs()


def test_what_is_live_is_listed_and_says_that_it_is_not_proven(system: PrivateSystem) -> None:
    live(system)

    assert slugs()[-1] == system.slug
    assert registry.manifest(system.slug).proof is ProofLabel.DRAFTED
    assert not registry.is_draft(system.slug)


def test_another_partner_knows_nothing_of_it_even_under_the_same_slug(
    system: PrivateSystem, partner_b: PartnerRef
) -> None:
    live(system)
    registry.manifest(system.slug)  # remembered by this process from now on
    with scope.enter(partner_b):
        assert system.slug not in slugs()
        with pytest.raises(KeyError):
            registry.manifest(system.slug)
        other = create_system(document={**harbour(), "name": "Foreign"}, author="Bob")
        PrivateSystem.objects.filter(id=other.id).update(slug=system.slug)
    with scope.enter(partner_b):
        assert registry.manifest(system.slug).name == "Foreign"

    assert registry.manifest(system.slug).name == "Harbour"


def test_outside_any_partner_there_are_the_catalogues_systems_only(system: PrivateSystem) -> None:
    live(system)
    with scope.public():
        assert system.slug not in slugs()
        with pytest.raises(KeyError):
            registry.manifest(system.slug)


def test_a_live_version_stays_as_it_is_while_the_next_one_is_worked_on(system: PrivateSystem) -> None:
    system = live(system)
    second = start_draft(system, author="Ann")
    save_draft(second, {**harbour(), "name": "Harbour 2"}, seen=second.revision, author="Ann")

    assert registry.manifest(system.slug).name == "Harbour"
    assert system_name(system.slug) == "Harbour"
    with pytest.raises(ValidationError):
        save_draft(PrivateVersion.objects.get(number=1), harbour(), seen=1, author="Ann")

    make_live(draft(system), seen=second.revision + 1)
    assert registry.manifest(system.slug).name == "Harbour 2"
    assert [(one.number, one.state) for one in system.versions.all()] == [(2, "live"), (1, "replaced")]
    assert system.versions.get(number=1).document["name"] == "Harbour"


def test_a_draft_is_begun_once(system: PrivateSystem) -> None:
    system = live(system)

    assert start_draft(system, author="Ann") == start_draft(system, author="Bob")


def test_a_draft_that_is_dropped_leaves_what_is_live(system: PrivateSystem) -> None:
    with pytest.raises(ValidationError, match="only version"):
        discard_draft(draft(system))
    system = live(system)
    discard_draft(start_draft(system, author="Ann"))

    assert draft_of(system) is None
    assert registry.manifest(system.slug).name == "Harbour"


def test_of_two_who_change_a_draft_the_second_is_told(system: PrivateSystem) -> None:
    save_draft(draft(system), harbour(), seen=1, author="Ann")
    with pytest.raises(ValidationError, match="Somebody else changed"):
        save_draft(draft(system), harbour(), seen=1, author="Bob")
    with pytest.raises(ValidationError, match="Somebody else changed"):
        make_live(draft(system), seen=1)


def test_what_was_tried_holds_for_what_was_tried_only(system: PrivateSystem) -> None:
    assert note_tried(draft(system).id, 1)
    assert registry.manifest(system.slug).proof is ProofLabel.TRIED_LIVE

    save_draft(draft(system), harbour(), seen=1, author="Ann")
    assert registry.manifest(system.slug).proof is ProofLabel.DRAFTED
    assert not note_tried(draft(system).id, 1)


def test_a_draft_with_problems_cannot_be_opened_nor_made_live(system: PrivateSystem) -> None:
    document = harbour()
    document["objects"][0]["reading"]["path"] = "https://evil.example/projects"
    save_draft(draft(system), document, seen=1, author="Ann")

    with pytest.raises(KeyError):
        registry.manifest(system.slug)
    with pytest.raises(ValidationError, match="has problems"):
        make_live(draft(system), seen=2)
    assert system_name(system.slug) == "Harbour"


def test_what_has_not_the_form_of_a_document_is_not_stored(system: PrivateSystem) -> None:
    with pytest.raises(ValidationError, match="colour"):
        save_draft(draft(system), {**harbour(), "colour": 1}, seen=1, author="Ann")
    with pytest.raises(ValidationError, match="name"):
        create_system(document={**empty_document("x"), "name": None}, author="Ann")
    assert PrivateSystem.objects.count() == 1


def wanted(system: PrivateSystem, environment: str) -> NewConnection:
    secrets = {"api_key": "k-1"}
    return NewConnection(system.slug, "Harbour", "https://eu.harbour.example/api", secrets, {}, environment)


def test_a_draft_is_connected_as_a_sandbox_only(system: PrivateSystem) -> None:
    customer = create_customer(name="Northwind")
    with pytest.raises(ValidationError) as told:
        create_connection(customer, wanted(system, Connection.Environment.PRODUCTION))
    assert "environment" in told.value.message_dict

    connection = create_connection(customer, wanted(system, Connection.Environment.SANDBOX))
    assert private_queries.get_private_system(system.id).connections == [connection]
    live(system)
    create_connection(create_customer(name="Contoso"), wanted(system, Connection.Environment.PRODUCTION))


def test_everything_done_leaves_a_trace(system: PrivateSystem) -> None:
    save_draft(draft(system), harbour(), seen=1, author="Ann")
    make_live(draft(system), seen=2, note="First")
    deeds = AuditEntry.objects.filter(subject="private system").order_by("position")

    assert list(deeds.values_list("action", flat=True)) == [
        "private_system_created",
        "private_system_changed",
        "private_system_live",
    ]


def test_a_customers_people_know_a_system_by_its_name(system: PrivateSystem, partner_a: PartnerRef) -> None:
    customer = create_customer(name="Northwind")
    live(system)
    with scope.enter(partner_a, customer.id):
        assert system_name(system.slug) == "Harbour"
        assert registry.manifest(system.slug).object_for("Project") is not None
