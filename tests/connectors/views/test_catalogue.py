"""The catalogue: every system is found by what people call it and by what it can do."""

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.connectors import registry
from apps.tenants.scope import PartnerRef
from tests.connectors.views.desk import asked, browser_of, new_customer, words_of


@pytest.fixture
def owner(partner_a: PartnerRef) -> Client:
    return browser_of(partner_a, Role.OWNER)


def _found(browser: Client, **query: str) -> set[str]:
    return {card.system.slug for card in browser.get(asked("/systems/", **query)).context["list"].rows}


def _simulated() -> set[str]:
    return {system.slug for system in registry.all_manifests() if system.slug.startswith("sandbox_")}


def test_the_whole_catalogue_is_shown_with_what_each_reads_and_writes(owner: Client) -> None:
    page = owner.get("/systems/")
    assert {card.system.slug for card in page.context["list"].rows} == {s.slug for s in registry.all_manifests()}
    words = words_of(page)
    assert f"1 to {len(registry.all_manifests())} of {len(registry.all_manifests())}" in words
    assert "Talks to a simulated system." in words
    assert 'href="/connections/new/tryton/"' in words


@pytest.mark.parametrize(
    ("query", "within", "without"),
    [
        ({"q": "tryt"}, {"tryton"}, {"redmine", "sandbox_psa"}),
        ({"q": "TIME entr"}, {"redmine", "sandbox_psa"}, {"sandbox_tax"}),
        ({"category": "PSA"}, {"redmine", "sandbox_psa"}, {"tryton"}),
        ({"proof": "simulated"}, {"sandbox_psa"}, {"tryton", "redmine"}),
        ({"reads": "TimeEntry"}, {"redmine", "sandbox_psa"}, {"sandbox_tax"}),
        ({"writes": "Workspace"}, {"sandbox_workspace"}, {"tryton", "sandbox_psa"}),
        ({"proof": "simulated", "category": "ERP"}, {"sandbox_erp"}, {"tryton", "sandbox_psa"}),
        ({"proof": "guessed", "category": "Moon", "reads": "x"}, {"tryton", "sandbox_psa"}, set()),
    ],
    ids=[
        "part of a name",
        "what it holds",
        "category",
        "proof",
        "reads",
        "writes",
        "proof and category",
        "nonsense asks for all",
    ],
)
def test_the_catalogue_is_narrowed(owner: Client, query: dict[str, str], within: set[str], without: set[str]) -> None:
    found = _found(owner, **query)
    assert within <= found
    assert not without & found


def test_each_category_says_how_many_fit_the_other_filters(owner: Client) -> None:
    page = owner.get("/systems/?proof=simulated&category=ERP").context["list"]
    chips = {str(chip.label): (chip.count, chip.active) for chip in page.chip_groups[0].chips}
    assert chips["All"] == (len(_simulated()), False)
    assert chips["ERP"] == (1, True)
    assert page.clear_url == "?"


def test_nothing_fits_and_there_is_a_way_out(owner: Client) -> None:
    words = words_of(owner.get("/systems/?q=abacus"))
    assert "No system of the catalogue fits this." in words
    assert "Clear filters" in words


def test_the_catalogue_is_a_file_too(owner: Client) -> None:
    answer = owner.get("/systems/?format=csv&category=PSA")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert "System" in lines[0]
    assert len(lines) == 1 + len(_found(owner, category="PSA"))


def test_the_system_to_connect_is_chosen_from_the_same_catalogue(partner_a: PartnerRef, owner: Client) -> None:
    customer = new_customer(partner_a, "Harbour Advisory")
    page = owner.get(f"/connections/new/?customer={customer.id}&q=tryton")
    assert "Harbour Advisory" in words_of(page)
    assert f"/connections/new/tryton/?customer={customer.id}" in words_of(page)
    assert "Redmine" not in words_of(page)


def test_who_only_looks_sees_the_catalogue_without_connecting(partner_a: PartnerRef) -> None:
    reader = browser_of(partner_a, Role.READ_ONLY)
    assert "/connections/new/" not in words_of(reader.get("/systems/"))
    assert reader.get("/connections/new/").status_code == 403
