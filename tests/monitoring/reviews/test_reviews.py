"""A review from its draft to the customer's comment: it writes itself once, is edited, approved by another, sent once and sealed."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.models import AuditEntry, OutgoingMail
from apps.accounts.services import create_api_key
from apps.customers.models import Customer
from apps.dispatch.models import DueWork
from apps.flows.models import FlowDay, FlowVersion
from apps.monitoring.models import ReviewComment, ReviewCopy, ReviewPack, RiskDay
from apps.monitoring.reviews import book, mailing
from apps.monitoring.reviews.choices import Choice, choose
from apps.monitoring.reviews.drafting import draft_due
from apps.tenants import scope
from tests.service_levels import Firm

MONTH = date(2026, 10, 1)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # the first working day after it


@pytest.fixture
def drafted(firm: Firm) -> Firm:
    """A live customer whose flow posted 120 records in a month in which a cause came back three times."""
    Customer.objects.filter(id=firm.customer.id).update(state=Customer.State.LIVE)
    FlowVersion.objects.filter(flow=firm.flow).update(published_at=datetime(2026, 10, 5, 23, 30, tzinfo=UTC))
    FlowDay.objects.create(customer=firm.customer, flow=firm.flow, day=date(2026, 9, 9), written=100, read=100)
    FlowDay.objects.create(customer=firm.customer, flow=firm.flow, day=date(2026, 10, 9), written=130, read=130)
    for name in ("a", "b", "c"):
        firm.open("mapping_gap", now=datetime(2026, 10, 9, tzinfo=UTC), name=name)
    assert draft_due(NOW, lambda: None)
    return firm


def _pack(firm: Firm) -> ReviewPack:
    return ReviewPack.objects.get(customer=firm.customer)


def _fields(page: Any) -> dict[str, str]:
    form = page.context["form"]
    return {name: str(form[name].value()) for name in form.fields if form[name].value() not in (None, False)}


def test_it_writes_itself_on_its_day_and_once(drafted: Firm) -> None:
    assert draft_due(NOW, lambda: None)
    pack = _pack(drafted)
    said = {one["part"]: [line["text"] for line in one["lines"]] for one in pack.sections}
    assert (pack.month, pack.state, pack.taken_at) == (MONTH, "draft", NOW)
    assert said["volume"][0].startswith("130 records were posted")
    assert any("version" in text and "6 Oct 2026" in text for text in said["changes"])  # a day of the customer's
    assert any("came up 3 times" in text for text in said["next"])
    assert any("grew by 30 percent" in one["text"] for one in pack.internal)
    assert "grew by" not in str(pack.sections)
    choose(drafted.customer, Choice(is_on=False), by=drafted.staff, now=NOW)
    pack.delete()
    assert draft_due(NOW, lambda: None)
    assert not ReviewPack.objects.exists()


def test_edited_approved_by_another_sent_once_read_and_commented(drafted: Firm) -> None:
    pack = _pack(drafted)
    choose(drafted.customer, Choice(needs_two=True), by=drafted.staff, now=NOW)
    owner, finance, reader = (drafted.browser(role) for role in (Role.OWNER, Role.FINANCE, Role.CUSTOMER_OWNER))
    page = f"/reviews/{pack.id}/"
    assert drafted.customer.name in owner.get("/reviews/").content.decode()

    sent = {**_fields(owner.get(f"{page}edit/")), "text_next": "Let us meet in November.", "place_next": "1"}
    sent.pop("is_on_changes")
    assert "Let us meet in November." in owner.post(f"{page}preview/", sent).content.decode()
    assert "Let us meet in November." not in owner.get(page).content.decode()
    assert owner.post(f"{page}edit/", sent).status_code == 302
    FlowDay.objects.filter(customer=drafted.customer, day=date(2026, 10, 9)).update(written=131)
    owner.post(f"{page}refresh/")
    pack.refresh_from_db()
    assert next(one["part"] for one in pack.sections if one["is_on"]) == "next"
    assert "131 records" in pack.changes["volume"]["new"][0]
    assert owner.get(f"{page}pdf/").content.startswith(b"%PDF-")

    assert "somebody else has to approve it" in owner.post(f"{page}approve/", follow=True).content.decode()
    assert owner.get(f"{page}send/").status_code == 302  # only what is approved
    finance.post(f"{page}approve/")
    person = drafted.people[Role.CUSTOMER_OWNER]
    assert "Choose at least one person" in owner.post(f"{page}send/", {}).content.decode()
    assert owner.post(f"{page}send/", {"receivers": [str(person.id)]}).status_code == 302
    owner.post(f"{page}send/", {"receivers": [str(person.id)]})
    assert OutgoingMail.objects.filter(to=person.email, subject="Review of October 2026").count() == 1
    copy = ReviewCopy.objects.get(customer=drafted.customer)
    assert book.is_intact(copy)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReviewCopy.objects.update(sent_by="Somebody else")
    copy.sections[0]["text"] = "It was never said."
    assert not book.is_intact(copy)

    own = f"/my/reviews/{copy.id}/"
    shown = reader.get(own).content.decode()
    assert f"/my/reviews/{copy.id}/" in reader.get("/my/reviews/").content.decode()
    assert "Let us meet in November." in shown
    assert "131 records" in shown
    assert "grew by" not in shown
    assert "version 1" not in shown  # that part is left out
    assert "/reports/records/" not in shown
    assert reader.get(f"{own}pdf/").content.startswith(b"%PDF-")
    assert reader.post(own, {"text": ""}).status_code == 400
    assert reader.post(own, {"text": "Tuesday suits us."}).status_code == 302
    assert "Tuesday suits us." in owner.get(page).content.decode()
    assert OutgoingMail.objects.filter(subject__contains="commented on the review of October 2026").count() == 1
    owner.post(f"{page}answer/", {"text": "Tuesday it is."})
    assert "Tuesday it is." in reader.get(own).content.decode()
    assert [one.by_customer for one in ReviewComment.objects.all()] == [True, False]
    owner.post(f"{page}archive/")
    assert _pack(drafted).state == "archived"
    assert reader.get(own).status_code == 200
    deeds = list(AuditEntry.objects.filter(subject="review").order_by("position").values_list("action", flat=True))
    assert [deed.removeprefix("review_") for deed in deeds] == [
        "drafted", "changed", "changed", "approved", "sent", "commented", "commented", "archived",
    ]  # fmt: skip


def _send(firm: Firm) -> ReviewCopy:
    person, pack = firm.person(Role.CUSTOMER_OWNER), _pack(firm)
    book.approve_pack(pack.id, by=firm.staff, now=NOW)
    return book.send_pack(pack.id, [person], by=firm.staff, now=NOW)


@pytest.mark.parametrize("is_small", [True, False])
def test_the_mail_carries_the_pdf_while_it_is_small_enough(
    drafted: Firm, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage], is_small: bool
) -> None:
    if not is_small:
        monkeypatch.setattr(mailing, "MOST_ATTACHED", 100)
    copy = _send(drafted)
    due = DueWork.objects.get(kind=mailing.SEND_REVIEW)
    for _again in range(2):
        mailing.send_due(SimpleNamespace(reference=due.reference, confirm=lambda: None))  # type: ignore[arg-type]
    (mail,) = mailoutbox
    assert f"/my/reviews/{copy.id}/" in mail.body
    assert ("attached as a PDF" in mail.body) is is_small
    if is_small:
        ((name, content, kind),) = mail.attachments
        assert (name, kind, content[:5]) == ("review-2026-10.pdf", "application/pdf", b"%PDF-")
    else:
        assert not mail.attachments


def test_it_tells_the_days_at_risk_and_what_is_open(drafted: Firm) -> None:
    firm = drafted
    for day, known, estimated, records in ((9, 1000, 0, 3), (12, 500, 250, 4), (20, 0, 0, 0)):
        RiskDay.objects.create(
            customer=firm.customer,
            day=date(2026, 10, day),
            currency="EUR",
            known=known,
            estimated=estimated,
            records=records,
            unknown_records=int(day == 12),
            measured_at=NOW,
        )
    pack = book.refresh_pack(_pack(firm).id, by=firm.staff, now=NOW)
    lines = {one["part"]: [line["text"] for line in one["lines"]] for one in pack.sections}["risk"]
    assert lines[0] == "Records were held up at the end of 11 of 23 days."  # nothing is known of the first eight
    assert lines[1].endswith("1,000.00 at risk in 3 records.")
    assert sum("Estimated of it: " in line and "nobody knows the worth" in line for line in lines) == 2
    assert "Less was at risk on 6 further days." in lines
    assert "At the end nothing was at risk." in lines
    assert lines[-1].startswith("Open now: 3 matters")
    assert "customers" not in lines[-1]
    assert pack.changes["risk"]["new"] == [line for line in lines if not line.startswith("Open now")]


def test_customers_people_never_reach_a_draft(drafted: Firm) -> None:
    pack, reader = _pack(drafted), drafted.browser(Role.CUSTOMER_OWNER)
    for address in ("/reviews/", f"/reviews/{pack.id}/", f"/reviews/{pack.id}/pdf/"):
        assert reader.get(address).status_code in {403, 404}
    assert reader.post(f"/reviews/{pack.id}/approve/").status_code == 403
    with (
        scope.enter(drafted.partner, customer_id=drafted.customer.id),
        pytest.raises(DatabaseError),
        transaction.atomic(),
    ):
        list(ReviewPack.objects.all())
    assert "No reviews yet" in reader.get("/my/reviews/").content.decode()


def test_programs_read_what_was_sent_and_no_draft(drafted: Firm) -> None:
    owner = drafted.person(Role.OWNER)
    with acting(owner.as_actor()):
        _key, secret = create_api_key(name="Reader", scopes=[Action.VIEW_REPORTS])
    client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/reviews/").json()["results"] == []
    pack = _pack(drafted)
    book.approve_pack(pack.id, by=owner.as_actor(), now=timezone.now())
    book.send_pack(pack.id, [drafted.person(Role.CUSTOMER_OWNER)], by=owner.as_actor(), now=timezone.now())
    (found,) = client.get(f"/api/v1/reviews/?customer={drafted.customer.id}").json()["results"]
    assert (found["month"], found["sections"][0]["part"]) == ("2026-10-01", "volume")
    assert set(found["sections"][0]["lines"][0]) == {"text"}
