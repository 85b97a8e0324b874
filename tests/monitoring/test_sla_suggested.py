"""What the templates of a customer's flows suggest to promise: the starting values of a package and of an agreement."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.actions import Role
from apps.connectors.errors import BusinessClass
from apps.flows.templates_library import SlaSuggestion
from apps.monitoring.models import CustomerSla, SlaPolicy
from apps.monitoring.queries.sla_suggested import fitting_policy, merge, suggested_for
from apps.monitoring.sla.terms import Promise, Target
from apps.monitoring.sla_settings import save_policy
from tests.monitoring.test_sla_pages import PACKAGE
from tests.service_levels import GOLD, Firm

HOUR = 3600
MINUTES = st.integers(min_value=1, max_value=5000)


def test_the_shortest_time_of_all_templates_counts() -> None:
    found = merge(
        [
            ("Hours", [SlaSuggestion(deliver_within=4 * HOUR, resolve_within=24 * HOUR)]),
            ("Bills", [SlaSuggestion(resolve_within=8 * HOUR)]),
            ("Bills", [SlaSuggestion(resolve_within=2 * HOUR, business_class=BusinessClass.CLOSED_PERIOD)]),
        ]
    )
    assert [(one.target, one.template) for one in found] == [
        (Target(Promise.DELIVERY, 240), "Hours"),
        (Target(Promise.RESOLVE, 480), "Bills"),
        (Target(Promise.RESOLVE, 120, business_class="closed_period"), "Bills"),
    ]


@given(st.lists(MINUTES, min_size=1, max_size=5), st.lists(MINUTES, min_size=1, max_size=5))
def test_the_package_chosen_keeps_every_suggestion(suggested: list[int], offered: list[int]) -> None:
    wanted = merge([(str(n), [SlaSuggestion(resolve_within=60 * minutes)]) for n, minutes in enumerate(suggested)])
    policies = [
        SlaPolicy(
            name=str(minutes),
            targets=[{"promise": "resolve", "minutes": minutes, "severity": "", "queue": "", "class": ""}],
        )
        for minutes in offered
    ]
    found = fitting_policy(policies, wanted)
    keeping = [minutes for minutes in offered if minutes <= min(suggested)]
    assert (found and found.name) == (str(max(keeping)) if keeping else None)


def test_a_new_package_for_a_customer_starts_with_what_its_templates_suggest(firm: Firm) -> None:
    browser = firm.browser(Role.BUILDER)
    page = browser.get(f"/settings/service-levels/packages/new/?customer={firm.customer.id}")
    form, seen = page.context["form"], page.content.decode()
    assert [form[name].value() for name in ("delivery", "resolve_high", "resolve_low")] == ["4h", "24h", "24h"]
    assert 'value="4h"' in seen
    assert "Suggested by the template “Approved time to bill”." in seen
    changed = {**PACKAGE, "delivery": "2h"}
    answer = browser.post(f"/settings/service-levels/packages/new/?customer={firm.customer.id}", changed)
    policy = SlaPolicy.objects.get(name="Silver")
    assert answer.headers["Location"] == f"/customers/{firm.customer.id}/service/edit/?package={policy.id}"
    assert Target(Promise.DELIVERY, 120) in [Target(Promise(t["promise"]), t["minutes"]) for t in policy.targets]
    plain = browser.get("/settings/service-levels/packages/new/")
    assert plain.context["form"]["delivery"].value() is None
    gone = f"/settings/service-levels/packages/new/?customer={firm.run.id}"
    assert browser.get(gone).status_code == 404


def test_an_agreement_starts_with_the_package_that_keeps_what_is_suggested(firm: Firm) -> None:
    agreed = firm.promise()  # Gold: resolved within eight hours, whatever the kind of failure
    CustomerSla.objects.all().delete()
    path, browser = f"/customers/{firm.customer.id}/service/edit/", firm.browser(Role.BUILDER)
    slow = browser.get(path)
    assert slow.context["form"]["policy"].value() is None
    assert "Write a package with these times" in slow.content.decode()
    swift = replace(GOLD, name="Swift", targets=(Target(Promise.DELIVERY, 30), Target(Promise.RESOLVE, 200)))
    kept = save_policy(None, swift, by=firm.staff)
    page = browser.get(path)
    assert page.context["form"]["policy"].value() == kept.id
    assert "Suggested: Swift keeps what the templates of the flows suggest." in page.content.decode()
    asked = browser.get(f"{path}?package={agreed.policy_id}")
    assert asked.context["form"]["policy"].value() == str(agreed.policy_id)
    assert f'value="{agreed.policy_id}" selected' in asked.content.decode()


@pytest.mark.parametrize("template", ["no-such-template", ""])
def test_flows_of_no_known_template_suggest_nothing(firm: Firm, template: str) -> None:
    firm.flow.template = template
    firm.flow.save(update_fields=["template"])
    assert suggested_for(firm.customer.id) == ()
    page = firm.browser(Role.BUILDER).get(f"/customers/{firm.customer.id}/service/edit/")
    assert "Suggested" not in page.content.decode()
