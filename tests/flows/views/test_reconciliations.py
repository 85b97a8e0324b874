"""The calendar, the statement with its records, signing it, and what is refused in place."""

import csv
import re
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from pypdf import PdfReader

from apps.flows.models import Reconciliation, ReconciliationRow, Run
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.flows.views.conftest import Shown, page_of
from tests.lines import customers_day


def _today() -> str:
    return customers_day().isoformat()


def _reconcile(shown: Shown, **days: str) -> Reconciliation:
    here = f"/flows/{shown.line.flow.id}/reconciliation/"
    asked = shown.owner.post(f"{here}start/", {"first": _today(), "last": _today(), **days})
    assert asked.status_code == 302, page_of(asked)
    shown.line.work()
    with scope.work_in(shown.line.partner):
        return Reconciliation.objects.filter(flow=shown.line.flow).latest("id")


def _take_away(shown: Shown) -> Any:
    victim = shown.line.operations(state="written")[0]
    shown.line.sandbox.do(
        lambda client: client.remove_record("erp", shown.line.company, "time-lines", victim.target_key)
    )
    return victim


def test_a_day_is_red_with_its_record_until_the_record_is_explained(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/reconciliation/"
    page = page_of(shown.owner.get(here))
    assert "Compare both sides" in page
    assert "Reconciliation</a>" in page or "Reconciliation" in page
    victim = _take_away(shown)
    found = _reconcile(shown)
    page = page_of(shown.owner.get(here))
    assert f"/reconciliations/{found.id}/" in page
    assert "1 record · " in page
    assert "tone-danger" in page
    assert "unexplained" in page

    statement = page_of(shown.owner.get(f"/reconciliations/{found.id}/"))
    assert statement.index("Missing in the target") < statement.index("In exception"), "the unexplained comes first"
    assert victim.label in statement
    assert found.digest in statement
    only = page_of(shown.owner.get(f"/reconciliations/{found.id}/?cause=missing_in_target"))
    assert victim.source_key in only
    assert f"/operations/{victim.id}/" in only

    with scope.enter(shown.line.partner):
        judge_ledger()
    with scope.work_in(shown.line.partner):
        case = ExceptionCase.objects.get(error_class="unreconciled")
    told = shown.line.operations(error_class="unreconciled")[0]
    for path in (f"/exceptions/{case.id}/", f"/operations/{told.id}/"):
        assert "no longer has this record" in page_of(shown.owner.get(path)), path
    page = page_of(shown.owner.get(f"/exceptions/{case.id}/"))
    assert "Differs" in page
    assert ">Correct<" not in page
    page = page_of(shown.owner.get(f"/operations/{told.id}/"))
    assert "does not hold it" in page
    assert "closed by the next reconciliation" in page
    assert "Correct and retry" not in page, "there is nothing to correct in the source"
    run = page_of(shown.owner.get(f"/runs/{found.run_id}/"))
    assert "1 record differs without a known reason" in run
    assert "Reconciliation by " in run
    assert "1 record is unexplained." in page_of(shown.owner.get(f"/flows/{shown.line.flow.id}/monitors/"))
    listed = page_of(shown.owner.get("/reconciliations/?verdict=unexplained"))
    assert f"/reconciliations/{found.id}/" in listed
    assert f"/reconciliations/{found.id}/" not in page_of(shown.owner.get("/reconciliations/?verdict=agreed"))


def test_a_statement_is_signed_once_and_a_later_change_shows(shown: Shown) -> None:
    _take_away(shown)
    found = _reconcile(shown)
    here = f"/reconciliations/{found.id}/"
    assert "Sign this statement?" in page_of(shown.owner.get(here))
    assert "Signed by " in page_of(shown.owner.post(f"{here}sign/", follow=True))
    assert "signed already" in page_of(shown.owner.post(f"{here}sign/", follow=True))
    table = page_of(shown.owner.get(f"{here}statement.csv"))
    assert "Missing in the target,1,1," in table
    amounts = [line["Amount"] for line in csv.DictReader(StringIO(table.lstrip("\ufeff"))) if line["Currency"]]
    assert amounts
    assert all(re.fullmatch(r"'?-?\d+\.\d\d", amount) for amount in amounts), amounts
    assert found.digest in table
    records = shown.owner.get(f"{here}?format=csv").getvalue().decode()
    assert "Missing in the target" in records
    printed = shown.owner.get(f"{here}statement.pdf")
    assert printed["Content-Type"] == "application/pdf"
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(printed.content)).pages).split())
    for words in ("Missing in the target (unexplained) 1 1", "Alder & Quay", "Signed by ", found.digest, "PSA"):
        assert words in text, words
    assert text.index("(unexplained)") < text.index("In exception")
    with scope.work_in(shown.line.partner):
        ReconciliationRow.objects.filter(reconciliation=found, rank=0).update(source_amount=1)
    assert "no longer says what it was finished with" in page_of(shown.owner.get(here))


@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param({"last": ""}, "This field is required", id="no day"),
        pytest.param({"first": "not a day"}, "Enter a valid date", id="nonsense"),
        pytest.param({"last": (customers_day() + timedelta(days=3)).isoformat()}, "has not", id="to come"),
        pytest.param({"first": "2020-01-01", "last": "2020-01-02"}, "older ones cannot be proven", id="long ago"),
    ],
)
def test_days_that_cannot_be_are_answered_at_their_field(shown: Shown, days: dict[str, str], told: str) -> None:
    asked = shown.owner.post(
        f"/flows/{shown.line.flow.id}/reconciliation/start/", {"first": _today(), "last": _today(), **days}
    )
    assert asked.status_code == 400
    assert told in page_of(asked)
    with scope.work_in(shown.line.partner):
        assert not Run.objects.filter(mode=Run.Mode.RECONCILE).exists()


def test_nights_can_be_switched_off_and_on_and_any_month_can_be_asked_for(shown: Shown) -> None:
    here = f"/flows/{shown.line.flow.id}/reconciliation/"
    assert "It is off" in page_of(shown.owner.post(f"{here}nightly/", {"nightly": "no"}, follow=True))
    assert "Next:" in page_of(shown.owner.post(f"{here}nightly/", {"nightly": "yes"}, follow=True))
    for month in ("2026-02", "1999-12", "9999-12", "nonsense", "2026-13"):
        assert shown.owner.get(here, {"month": month}).status_code == 200, month
