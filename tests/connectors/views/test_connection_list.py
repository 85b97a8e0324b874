"""The list of connections, and testing many of them at once."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.connectors import call_log
from apps.connectors.call_log import CallLog
from apps.connectors.contract import Exchange
from apps.connectors.models import CircuitBreaker, Connection, ConnectionTest
from apps.connectors.services import disable_connection
from apps.flows.models import Operation
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.connectors.views.desk import asked, browser_of, connect, new_customer, words_of
from tests.lines import Line

LONG_AGO = timezone.now() - timedelta(days=40)


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A customer with two connections and the flow between them."""
    return make_line()


def _browser(line: Line, role: Role) -> Client:
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(line.partner):
        email = f"{role.value}@alder.example"
        client.force_login(create_user(email=email, name=role.value, role=role, password="correct horse battery"))
    return client


def _tests(line: Line) -> int:
    with scope.work_in(line.partner):
        return ConnectionTest.objects.count()


def test_a_connection_says_how_many_flows_use_it(line: Line) -> None:
    rows = _browser(line, Role.OWNER).get("/connections/?sort=name").context["list"].rows
    assert [row.stake.flows for row in rows] == [1, 1]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?environment=sandbox", 0),
        ("?environment=production&system=sandbox_psa", 1),
        ("?customer={customer}&state=untested", 2),
        ("?state=attention", 0),
        ("?q={customer_name}", 2),
        ("?sort=-success&system=nonsense&environment=moon", 2),
    ],
    ids=["environment", "system", "customer", "attention", "by the customer's name", "nonsense"],
)
def test_connections_are_narrowed_by_what_is_known_of_them(line: Line, query: str, number: int) -> None:
    asked = query.format(customer=line.customer.id, customer_name=line.customer.name)
    assert len(_browser(line, Role.OWNER).get(f"/connections/{asked}").context["list"].rows) == number


def test_the_selected_are_tested_and_those_switched_off_left_out(line: Line) -> None:
    with scope.work_in(line.partner):
        disable_connection(line.source, reason="moved")
    owner = _browser(line, Role.OWNER)
    ids = [str(line.source.id), str(line.target.id), str(uuid4())]
    page = owner.post("/connections/test/", {"ids": ids, "query": "sort=name"}, follow=True).content.decode()
    assert "1 connection is being tested." in page
    assert "1 is switched off and was left out." in page
    assert _tests(line) == 1
    nothing = owner.post("/connections/test/", {"everything": "1", "query": "system=tryton"}, follow=True)
    assert "None of the selected connections is here any more" in nothing.content.decode()
    assert _tests(line) == 1


def test_who_only_looks_cannot_test(line: Line) -> None:
    reader = _browser(line, Role.READ_ONLY)
    assert "data-picks" not in reader.get("/connections/").content.decode()
    assert reader.post("/connections/test/", {"everything": "1"}).status_code == 403


def test_what_waits_behind_a_connection_is_counted_and_its_worth_named(line: Line) -> None:
    line.run()
    with scope.work_in(line.partner):
        waiting = Operation.objects.filter(flow=line.flow)
        waiting.update(state="waiting", amount="100.50", currency="EUR")
        first = waiting.order_by("id").values_list("id", flat=True)[0]
        Operation.objects.filter(id=first).update(amount=None)
        number = waiting.count()
        Connection.objects.filter(id=line.target.id).update(state="attention")
        Connection.objects.filter(id=line.source.id).update(state="working", last_success_at=timezone.now())
    rows = _browser(line, Role.OWNER).get("/connections/").context["list"].rows
    assert [(row.connection.id, row.waiting) for row in rows] == [(line.target.id, number), (line.source.id, 0)]
    assert (rows[0].stake.records, rows[1].worth) == (number, "")
    assert rows[0].worth == f"EUR\N{NO-BREAK SPACE}{(number - 1) * 100.5:,.2f}"


@pytest.fixture
def troubled(partner_a: PartnerRef) -> dict[str, Connection]:
    """Connections in several kinds of trouble, and one that is well."""
    harbour = new_customer(partner_a, "Harbour Advisory")
    working = {"state": "working", "last_success_at": timezone.now()}
    made = {
        "fine": connect(partner_a, harbour, "A fine one", **working),
        "limited": connect(partner_a, harbour, "B limited", **working),
        "failing": connect(partner_a, harbour, "C failing", state="attention", state_reason="No such company."),
        "refused": connect(partner_a, harbour, "D refused", state="attention"),
        "untested": connect(partner_a, harbour, "E untested", state_since=LONG_AGO),
    }
    log = CallLog(partner_a.id, made["limited"].id, settings.REDIS_URL)
    log.note(Exchange("GET", "https://psa.example/", 429, 3), None, b"", ())
    log.tell()
    call_log.settle()
    with scope.enter(partner_a):
        CircuitBreaker.objects.create(
            connection=made["refused"], customer_id=harbour.id, state="open", needs_person=True, reason="Status 401."
        )
        looks_after = User.objects.create(email="ida@alder.example", name="Ida Owner", role=Role.SUPPORT)
        harbour.account_owner = looks_after
        harbour.save()
    return made


def test_those_that_need_somebody_stand_first_with_why_whose_and_one_thing_to_do(
    partner_a: PartnerRef, troubled: dict[str, Connection]
) -> None:
    page = browser_of(partner_a, Role.OWNER).get("/connections/")
    rows = page.context["list"].rows
    assert [row.connection.id for row in rows] == [
        troubled[name].id for name in ("refused", "failing", "limited", "untested", "fine")
    ]
    assert {row.owner for row in rows} == {"Ida Owner"}
    words = words_of(page)
    for sentence in ("It no longer accepts the sign-in. Status 401.", "No such company.", "turned calls away"):
        assert sentence in words, sentence
    for step in (
        f'href="/connections/{troubled["refused"].id}/#secrets"',
        f'action="/connections/{troubled["failing"].id}/test/"',
        f'href="/connections/{troubled["limited"].id}/calls/?only=failed"',
    ):
        assert step in words, step
    reader = words_of(browser_of(partner_a, Role.READ_ONLY).get("/connections/"))
    assert "/test/" not in reader
    assert "No such company." in reader


def test_the_menus_figure_opens_as_many_rows_as_it_says(partner_a: PartnerRef, troubled: dict[str, Connection]) -> None:
    page = browser_of(partner_a, Role.OWNER).get("/connections/?trouble=any").context["list"]
    chips = {str(chip.label): chip.count for chip in page.chip_groups[0].chips}
    assert chips == {
        "All": 5,
        "Need somebody": 4,
        "Sign-in refused": 1,
        "Fails": 1,
        "Call limit met": 1,
        "Never tested": 1,
    }
    assert len(page.rows) == 4


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"trouble": "refused"}, ["D refused"]),
        ({"trouble": "any", "state": "attention", "sort": "name"}, ["C failing", "D refused"]),
        ({"trouble": "unproven"}, []),
        ({"trouble": "nonsense", "sort": "-name", "q": "fine"}, ["A fine one"]),
        ({"sort": "owner", "q": "harbour", "state": "untested"}, ["E untested"]),
    ],
    ids=["one reason", "any, by state", "nobody", "nonsense", "by owner"],
)
def test_the_list_is_narrowed_by_what_is_needed(
    partner_a: PartnerRef, troubled: dict[str, Connection], query: dict[str, str], names: list[str]
) -> None:
    page = browser_of(partner_a, Role.OWNER).get(asked("/connections/", **query)).context["list"]
    assert [row.connection.name for row in page.rows] == names


def test_the_list_as_a_file_says_what_is_wrong(partner_a: PartnerRef, troubled: dict[str, Connection]) -> None:
    browser = browser_of(partner_a, Role.OWNER)
    answer = browser.get("/connections/?format=csv&trouble=any&columns=name,reason,trouble,owner")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 5
    assert "No such company." in lines[2]
    assert "Ida Owner" in lines[2]


def test_three_hundred_connections_take_no_more_queries_than_five(
    partner_a: PartnerRef, troubled: dict[str, Connection]
) -> None:
    owner = browser_of(partner_a, Role.OWNER)
    owner.get("/connections/")  # what a process looks up once is known from here on
    with CaptureQueriesContext(connection) as few:
        owner.get("/connections/")
    with scope.enter(partner_a):
        Connection.objects.bulk_create(
            Connection(
                customer_id=troubled["fine"].customer_id,
                system="sandbox_psa",
                name=f"Number {number}",
                base_url="https://psa.example",
                state="attention" if number % 3 else "working",
                last_success_at=LONG_AGO,
            )
            for number in range(300)
        )
    with CaptureQueriesContext(connection) as many:
        page = owner.get("/connections/")
    assert len(many) <= len(few)
    assert (len(page.context["list"].rows), page.context["list"].total) == (50, 305)
