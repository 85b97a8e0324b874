"""The library of templates says who uses each, counted in one statement however many templates there are."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.flows.models import Flow
from apps.flows.queries.template_library import get_template_page, list_template_cards, list_template_groups
from apps.flows.templates_library import list_templates
from apps.tenants.scope import PartnerRef
from tests.flows.asked import open_office


def test_each_card_counts_its_flows_those_that_are_live_and_whose_they_are(in_partner_a: PartnerRef) -> None:
    one, two = open_office("One GmbH"), open_office("Two GmbH")
    slug = one.flow.template
    for state in (Flow.State.PAUSED, Flow.State.RETIRED):
        copy = Flow.objects.get(id=two.flow.id)
        copy.pk, copy.name, copy.state, copy.live_version = None, f"A {state} copy", state, None
        copy._state.adding = True
        copy.save()
    with CaptureQueriesContext(connection) as asked:
        cards = {card.template.slug: card for card in list_template_cards()}
    assert len([one for one in asked if "flows_flow" in one["sql"]]) == 1
    assert set(cards) == {template.slug for template in list_templates()}
    counted = {name: (card.flows, card.live, card.customers) for name, card in cards.items()}
    assert counted.pop(slug) == (3, 2, 2)
    assert set(counted.values()) == {(0, 0, 0)}
    page = get_template_page(slug)
    assert (page.card.flows, page.card.live, page.card.customers) == (3, 2, 2)
    assert len(page.used_by) == 3


def test_the_library_is_grouped_by_what_is_sold_together(in_partner_a: PartnerRef) -> None:
    groups = list_template_groups()
    assert all(group.cards and group.name and group.summary.endswith(".") for group in groups)
    shown = [card.template.slug for group in groups for card in group.cards]
    assert sorted(shown) == sorted(template.slug for template in list_templates())
    (posting,) = [group for group in groups if group.name == "Approved time posting"]
    assert posting.cards[0].template.slug == "approved-time-to-bill"


def test_a_template_shows_what_it_leaves_to_its_target(in_partner_a: PartnerRef) -> None:
    sample = {
        line.target: (line.how, line.origin) for line in get_template_page("customer-master", "sandbox_erp").sample
    }
    assert sample["tax_id"] == ("only where the target has nothing", "template")
    assert sample["name"] == ("", "system")


def test_a_template_says_what_can_be_chosen_how_fast_it_should_be_and_what_comes_of_which_record(
    in_partner_a: PartnerRef,
) -> None:
    page = get_template_page("client-onboarding")
    settings = {row.name: (row.title, row.value, row.bounds) for row in page.settings}
    assert settings["approval_hours"] == ("Hours to approve", "48", "from 1 to 2,160")
    assert ("From the change to the target", "3 d") in [(row.about, row.within) for row in page.sla]
    assert ("Missing reference", "4 h") in [(row.about, row.within) for row in page.sla]
    rows = {row.name: (row.outcome, row.settings) for row in page.samples}
    assert rows["A large deal waits for its contract"] == ("waits at “Signed contract”", "")
    chosen = rows["From which amount people are asked is the customer's choice"]
    assert chosen == ("gets through", "Deals need an approval from: 25,000")
    assert [number for number, _words in page.changes] == [2, 1]
