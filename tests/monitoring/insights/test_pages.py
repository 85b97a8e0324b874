"""Pages and API of insights: what everybody sees, who decides, and what wrong input answers."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.models import AuditEntry
from apps.accounts.services import create_api_key
from apps.customers.models import Customer
from apps.monitoring.insights import book
from apps.monitoring.insights.found import Cause
from apps.monitoring.insights.found import Found as FoundNow
from apps.monitoring.models import Insight
from apps.tenants import scope
from tests.monitoring.insights.conftest import Looked

Call = Callable[..., Any]
PAGE = "/insights/"


@pytest.fixture
def found(looked: Looked) -> Looked:
    """The firm, looked at."""
    looked.look()
    return looked


@pytest.fixture
def call(found: Looked) -> Call:
    """Return a function that calls the API of insights with a program's key, bound to the line's customer or to none."""

    def send(method: str, path: str, body: Any = None, *, bound: bool = False, rights: tuple[Action, ...] = ()) -> Any:
        with scope.work_in(found.line.partner), acting(found.person(Role.OWNER).as_actor()):
            customer = found.line.customer.id if bound else None
            scopes = list(rights or (Action.VIEW_REPORTS, Action.WORK_CASES))
            _, text = create_api_key(name="Program", scopes=scopes, customer_id=customer)
        client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
        return getattr(client, method)(f"/api/v1/insights/{path}", body, content_type="application/json")

    return send


def _text(response: Any) -> str:
    return b"".join(response).decode() if response.streaming else response.content.decode()


def test_the_list_shows_what_is_open_and_is_narrowed(found: Looked) -> None:
    rows = found.owner.get(PAGE).context["list"].rows
    assert {"long_day", "rate"} <= {one.cause for one in found.insights(id__in=[row.id for row in rows])}
    assert rows == sorted(rows, key=lambda row: -row.urgency)
    assert all(row.sentence and row.customer for row in rows)
    for query, causes in (
        ("cause=rate", {"rate"}),
        (f"customer={found.line.customer.id}&cause=rate", {"rate"}),
        (f"customer={uuid4()}", set()),
        ("state=gone", set()),
        ("kind=staffing", set()),
        ("q=no+such+thing", set()),
        ("kind=nonsense&cause=rate&state=%00", {"rate"}),
    ):
        listed = found.owner.get(f"{PAGE}?{query}").context["list"].rows
        assert {one.cause for one in found.insights(id__in=[row.id for row in listed])} == causes, query
    whole = _text(found.owner.get(f"{PAGE}?format=csv&cause=rate"))
    assert len(whole.strip().splitlines()) == 2
    assert "Usual for this person are" in whole


def test_a_page_explains_and_leads_to_the_record(found: Looked) -> None:
    one = found.insight("long_day")
    page = found.owner.get(f"{PAGE}{one.id}/")
    assert page.context["page"].chart is not None
    assert page.context["page"].record_url == f"/records/{one.operation_id}/"
    assert found.owner.get(page.context["page"].record_url).status_code == 200
    assert "Ask the person" in _text(page)
    assert "Days of work and rates" in _text(found.owner.get(f"{PAGE}looks/"))
    assert "Days of work and rates" in _text(found.owner.get(f"{PAGE}looks/?format=csv"))


def test_people_decide_with_a_reason_and_it_is_kept_in_the_trail(found: Looked) -> None:
    long, rate = found.insight("long_day"), found.insight("rate")
    support = found.as_(Role.SUPPORT)
    assert support.post(f"{PAGE}{rate.id}/accept/", {"reason": "Asked Ada."}, follow=True).status_code == 200
    wrong = support.post(f"{PAGE}{long.id}/dismiss/", {"reason": "  "})
    assert (wrong.status_code, "Say why it is as it should be" in _text(wrong)) == (400, True)
    assert support.post(f"{PAGE}{long.id}/dismiss/", {"reason": "x" * 301}).status_code == 400
    assert support.post(f"{PAGE}{long.id}/dismiss/", {"reason": "A release night."}, follow=True).status_code == 200
    twice = support.post(f"{PAGE}{long.id}/dismiss/", {"reason": "Again."})
    assert (twice.status_code, "nothing was changed" in _text(twice)) == (400, True)
    assert (found.insight("rate").state, found.insight("long_day").reason) == ("accepted", "A release night.")
    with scope.work_in(found.line.partner):
        traces = AuditEntry.objects.filter(action__in=["insight_accepted", "insight_dismissed"]).order_by("id")
        assert [one.details["reason"] for one in traces] == ["Asked Ada.", "A release night."]
    assert "A release night." in _text(found.owner.get(f"{PAGE}{long.id}/"))
    assert _text(found.owner.get(f"{PAGE}?state=dismissed")).count("Long day") >= 1


def test_what_came_back_shows_the_earlier_decision_as_what_it_was(found: Looked, call: Call) -> None:
    long, rate = found.insight("long_day"), found.insight("rate")
    support = found.as_(Role.SUPPORT)
    support.post(f"{PAGE}{rate.id}/accept/", {"reason": "Asked Ada."})
    support.post(f"{PAGE}{long.id}/dismiss/", {"reason": "A release night."})
    now = found.owner.get(f"{PAGE}{rate.id}/")
    assert (now.context["page"].row.decision, now.context["page"].is_earlier) == ("Accepted", False)
    with scope.work_in(found.line.partner):
        customer = Customer.objects.get(id=found.line.customer.id)
        keys = {(Cause(row.cause), row.record_key) for row in (long, rate)}
        book.keep(customer, FoundNow(seen=keys), [], timezone.now())
    over = found.owner.get(f"{PAGE}{rate.id}/").context["page"]
    assert (over.row.state, over.row.decision, over.is_earlier) == ("accepted", "Accepted", False)
    found.look()
    back = found.owner.get(f"{PAGE}{rate.id}/")
    assert (back.context["page"].row.state, back.context["page"].is_earlier) == ("open", True)
    text = " ".join(_text(back).split())
    for words in ("Decided earlier", "<strong>Accepted</strong>", "Asked Ada.", "Now: To look at."):
        assert words in text
    still = found.owner.get(f"{PAGE}{long.id}/").context["page"]
    assert (still.row.decision, still.is_earlier) == ("Dismissed", False)
    told = call("get", f"{rate.id}/").json()
    assert (told["state"], told["decision"]) == ("open", "accepted")
    assert call("get", f"{rate.id}/", bound=True).json()["decision"] == ""
    file = _text(found.owner.get(f"{PAGE}?format=csv&cause=rate&columns=state,decision,reason"))
    assert "To look at,Accepted,Asked Ada." in file


def test_what_is_over_cannot_be_decided_on(found: Looked) -> None:
    one = found.insight("rate")
    with scope.work_in(found.line.partner):
        Insight.objects.filter(id=one.id).update(state="gone", gone_at=timezone.now(), ended="settled")
    page = found.owner.get(f"{PAGE}{one.id}/")
    assert not page.context["page"].can_decide
    assert found.owner.post(f"{PAGE}{one.id}/accept/").status_code == 400


def test_a_customers_people_read_their_own_and_decide_nothing(found: Looked) -> None:
    one = found.insight("long_day")
    found.owner.post(f"{PAGE}{one.id}/accept/", {"reason": "Not for their eyes."})
    own = found.as_(Role.CUSTOMER_OWNER)
    page = own.get(f"{PAGE}{one.id}/")
    assert page.status_code == 200
    assert "Not for their eyes." not in _text(page)
    assert own.get(page.context["page"].record_url).status_code == 200
    assert {row.id for row in own.get(f"{PAGE}?state=all").context["list"].rows} == {i.id for i in found.insights()}
    whole = _text(own.get(f"{PAGE}?state=all&format=csv&columns=title,by,reason,customer"))
    assert "Not for their eyes." not in whole
    assert own.post(f"{PAGE}{one.id}/dismiss/", {"reason": "x"}).status_code == 403
    stranger = found.as_(Role.DELIVERY_LEAD, stranger=True)
    assert stranger.get(f"{PAGE}{one.id}/").status_code == 404
    assert stranger.get(f"{PAGE}?state=all").context["list"].rows == []
    assert _text(stranger.get(f"{PAGE}looks/")).count("Days of work") == 0
    assert found.as_(Role.CUSTOMER_VIEWER).get(PAGE).status_code == 403
    assert found.as_(Role.READ_ONLY).post(f"{PAGE}{one.id}/accept/").status_code == 403
    assert found.owner.get(f"{PAGE}{uuid4()}/").status_code == 404
    assert found.owner.post(f"{PAGE}{uuid4()}/accept/").status_code == 404


def test_the_database_lets_a_customer_read_and_nothing_more(found: Looked) -> None:
    customer = found.line.customer
    with scope.work_in(found.line.partner, customer_id=customer.id):
        assert Insight.objects.count() == len(found.insights())
        with pytest.raises(ProgrammingError), transaction.atomic():
            Insight.objects.update(state="dismissed")


def test_a_program_reads_accepts_and_dismisses(found: Looked, call: Call) -> None:
    (rate,) = call("get", "?cause=rate").json()["results"]
    assert rate["says"].startswith("1 entry of ")
    assert (rate["state"], rate["kind"], rate["operation_id"]) == (
        "open",
        "anomaly",
        str(found.insight("rate").operation_id),
    )
    done = call("post", f"{rate['id']}/accept/", {})
    assert (done.status_code, done.json()["state"], done.json()["decided_by_name"]) == (200, "accepted", "Program")
    assert call("post", f"{rate['id']}/accept/", {}).status_code == 409
    unsaid = call("post", f"{rate['id']}/dismiss/", {})
    assert (unsaid.status_code, "reason" in unsaid.content.decode()) == (400, True)
    assert call("post", f"{rate['id']}/dismiss/", {"reason": "Agreed."}).json()["reason"] == "Agreed."
    assert call("post", f"{uuid4()}/dismiss/", {"reason": "Agreed."}).status_code == 404
    assert call("get", "?state=nonsense").status_code == 400
    own = call("get", f"{rate['id']}/", bound=True).json()
    assert (own["state"], own["reason"], own["decided_by_name"]) == ("dismissed", "", "")
    assert call("post", f"{rate['id']}/accept/", {}, bound=True).status_code == 403
    assert call("post", f"{rate['id']}/accept/", {}, rights=(Action.VIEW_REPORTS,)).status_code == 403
