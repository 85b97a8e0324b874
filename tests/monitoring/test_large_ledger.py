"""No page reads the ledger from end to end, asked of the database page by page over the firm that the bench measures."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import listing
from apps.accounts.models import User
from apps.flows.queries import operation_list
from apps.monitoring.queries import reports
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from bench.work.firm import NOBODY, Size, fill_partner
from bench.work.firm_addresses import addresses_of
from tests.ledger_reads import count_rows_of, watched_ledger

LINES = 24_000
MOST = LINES // 4  # of one statement: a customer has an eighth of them, a flow a sixteenth


@pytest.fixture
def firm(committed: PartnerRef, settings: Any, monkeypatch: pytest.MonkeyPatch) -> PartnerRef:
    """Fill a partner as the bench does, and bound lists and samples as far below its ledger as they are below a real one."""
    settings.EGRESS_ALLOW = {*settings.EGRESS_ALLOW, urlsplit(NOBODY).netloc}
    fill_partner(committed, Size(LINES, customers=8, flows=16), now=timezone.now())
    monkeypatch.setattr(listing, "MOST_COUNTED", 200)
    monkeypatch.setattr(operation_list, "SEARCHED", 500)
    for name, number in (("LOOKED_AT", 200), ("A_DAYS_SAMPLE", 5), ("LEAST_SAMPLE", 1)):
        monkeypatch.setattr(reports, name, number)
    count_rows_of(committed)
    return committed


def test_no_page_reads_the_ledger_from_end_to_end(firm: PartnerRef) -> None:
    asked, large = 0, dict[str, list[str]]()
    for who in ("owner", "customer_owner"):
        client = Client(headers={"host": "alder.localhost"})
        with scope.work_in(firm):
            client.force_login(User.objects.get(email=f"{who}@bench.example"))
            paths = addresses_of(customers=who.startswith("customer"))
        for path in paths:
            with watched_ledger() as reads:
                answer = client.get(path)
                b"".join(answer)  # a download comes in pieces
            asked += len(reads.found)
            if found := reads.largest(MOST):
                large[f"{who} {path}"] = found
    assert asked > 150, "the pages ask the ledger"
    assert not large, "\n\n".join("\n".join([page, *found]) for page, found in large.items())
