"""The library of templates says who uses each, counted in one statement however many templates there are."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.flows.models import Flow
from apps.flows.queries.template_library import get_template_page, list_template_cards
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
