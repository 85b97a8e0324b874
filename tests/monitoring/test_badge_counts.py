"""The figures beside the menu say how many cases are open, whose they are, and what waits for the customer."""

from apps.accounts.actions import Role
from apps.monitoring.models import ExceptionCase
from apps.monitoring.queries import badge_counts
from apps.tenants import scope
from tests.monitoring.conftest import Blocked


def test_open_cases_are_counted_with_ones_own(blocked: Blocked) -> None:
    cases = blocked.cases()
    with scope.work_in(blocked.line.partner):
        person = blocked.person(Role.SUPPORT)
        ExceptionCase.objects.filter(id=cases[0].id).update(owner=person)
        badge = badge_counts.open_cases(person.as_actor())
    assert (badge.number, badge.mine) == (len(cases), 1)


def test_the_menu_shows_a_customers_person_what_waits_for_them_and_nobody_elses(blocked: Blocked) -> None:
    waiting = [case for case in blocked.cases() if case.waiting_on == "customer"]
    assert waiting
    counts = blocked.as_(Role.FINANCE_APPROVER).get("/settings/counts/").json()
    assert counts["needed-from-customer"] == {"number": len(waiting), "mine": 0}
    elsewhere = blocked.as_(Role.CUSTOMER_OWNER, stranger=True).get("/settings/counts/").json()
    assert elsewhere["needed-from-customer"] == {"number": 0, "mine": 0}


def test_the_menu_marks_where_somebody_is_on_every_page_below_an_entry(blocked: Blocked) -> None:
    case, record = blocked.cases()[0], blocked.line.operations(state="written")[0]
    owner = blocked.owner
    for path, label in (
        (f"/exceptions/{case.id}/", "monitoring:case-list"),
        (f"/runs/{blocked.run.id}/", "flows:flow-list"),
        (f"/operations/{record.id}/", "flows:flow-list"),
        ("/systems/", "connectors:connection-list"),
        ("/people/", "accounts:settings"),
        ("/accounts/2fa/", "accounts:settings"),
    ):
        menu = owner.get(path).context["navigation"]
        assert [entry["name"] for entry in menu if entry["active"]] == [label], path
