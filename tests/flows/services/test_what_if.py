"""A what-if over what a line really recorded: exactly the records, fields and money that differ, and nothing is written."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEntry
from apps.customers.retention import set_payload_rule
from apps.flows.models import Batch, Flow, FlowVersion, Link, Operation, Run, WhatIf
from apps.flows.models.what_if import LOST_AFTER
from apps.flows.services import retention
from apps.flows.services.publish import OvertakenError, change_line, publish
from apps.flows.services.what_if import WhatIfError, contents_kept, make_live, propose_line, request_what_if
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def _live(line: Line) -> FlowVersion:
    live = _flow(line).live_version
    assert live is not None
    return live


def _ask(line: Line, target: str, changes: dict[str, Any], most: int = 1_000) -> WhatIf:
    with scope.work_in(line.partner):
        flow = _flow(line)
        version = propose_line(flow, target=target, changes=changes, made_by="Fina")
        asked = request_what_if(flow, version, by="Fina", most=most)
    line.work()
    return _again(line, asked)


def _again(line: Line, asked: WhatIf) -> WhatIf:
    with scope.work_in(line.partner):
        return WhatIf.objects.select_related("flow__source", "flow__target", "version_after__flow").get(id=asked.id)


def _traces(line: Line) -> list[int]:
    with scope.work_in(line.partner):
        return [kind.objects.count() for kind in (Operation, Link, Batch, Run)]


def test_it_says_which_records_and_fields_differ_and_writes_nothing(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    line.run()
    before = _traces(line), len(line.time_lines())
    passed = line.operations(state="written")
    found = _ask(line, "description", {"transforms": ["upper"]})
    assert (found.state, found.error_message) == ("done", "")
    assert found.read == len(line.operations())
    result, kept = found.result, contents_kept(found)
    assert [field["name"] for field in result["fields"]] == ["description"]
    assert result["counts"]["changed"] == result["fields"][0]["count"] >= len(passed)
    assert result["counts"]["same"] == found.read - result["counts"]["changed"]
    assert (result["moved"], result["needs_reason"]) == (0, True)
    assert kept is not None
    for row in kept["rows"]:
        assert [(name, now) for name, was, now in row["fields"]] == [("description", row["fields"][0][1].upper())]
    assert {row["id"] for row in kept["rows"]} >= {str(operation.id) for operation in passed}
    assert (_traces(line), len(line.time_lines())) == before
    with scope.work_in(line.partner):
        assert _live(line).number == 1


def test_it_says_what_money_moves_and_what_is_refused(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    written = line.operations(state="written")
    currency = written[0].currency
    total = sum(operation.amount or 0 for operation in written if operation.currency == currency)
    found = _ask(line, "quantity", {"checks": ["at_most:0.1"]})
    assert found.result["counts"]["now_refused"] == len(written)
    money = found.result["money"][currency]
    assert (Decimal(money["before"]), Decimal(money["after"])) == (total, Decimal(0))
    assert found.result["moved"] == len(written)
    cause = found.result["failures"][0]
    assert (cause["before"], cause["after"]) == (0, len(written))
    kept = contents_kept(found)
    assert kept is not None
    assert kept["sentences"][0]


def test_only_the_newest_of_each_record_is_taken_and_no_more_than_asked_for(make_line: MakeLine) -> None:
    line = make_line(people=2)
    line.run()
    read = len(line.operations())
    entry = line.entries()[0]
    line.psa("PATCH", f"time-entries/{entry['id']}", {"notes": "Written anew"})
    line.run()
    assert len(line.operations()) == read + 1
    found = _ask(line, "description", {"transforms": ["upper"]})
    assert found.read == read
    with scope.work_in(line.partner):
        WhatIf.objects.filter(id=found.id).update(state="queued", most=3)
        flow = _flow(line)
        again = request_what_if(flow, found.version_after, by="Otto", most=100)
        assert again.id == found.id
    with scope.work_in(line.partner):
        WhatIf.objects.filter(id=found.id).update(state="done")
        newer = request_what_if(flow, found.version_after, by="Otto", most=100)
        WhatIf.objects.filter(id=newer.id).update(most=3)
    line.work()
    assert _again(line, newer).read == 3


def test_the_version_goes_live_with_its_reason(make_line: MakeLine) -> None:
    line = make_line(people=2)
    line.run()
    found = _ask(line, "description", {"transforms": ["upper"]})
    with scope.work_in(line.partner):
        with pytest.raises(WhatIfError, match="Give the reason"):
            make_live(found, by="Fina", reason="  ")
        assert _live(line).number == 1
        make_live(found, by="Fina", reason="Invoices\nin capitals")
        live = _live(line)
        assert (live.number, live.note) == (2, "Changed description; Invoices in capitals")
        assert WhatIf.objects.get(id=found.id).reason == "Invoices in capitals"
        told = AuditEntry.objects.filter(subject_id=str(line.flow.id)).order_by("-id").first()
        assert told is not None
        assert told.details["note"] == live.note


def test_what_differs_nowhere_goes_live_without_a_reason(make_line: MakeLine) -> None:
    line = make_line(people=2)
    line.run()
    found = _ask(line, "description", {"label": "What was done"})
    assert (found.result["counts"]["same"], found.needs_reason) == (found.read, False)
    with scope.work_in(line.partner):
        assert make_live(found, by="Fina").number == 2


def test_who_was_overtaken_is_told_and_nothing_is_changed(make_line: MakeLine) -> None:
    line = make_line(people=2)
    line.run()
    found = _ask(line, "description", {"transforms": ["upper"]})
    with scope.work_in(line.partner):
        change_line(_flow(line), target="description", changes={"default": "Work"}, made_by="Otto")
        with pytest.raises(OvertakenError, match="went live since"):
            make_live(found, by="Fina", reason="Capitals")
        assert _live(line).number == 3
        assert FlowVersion.objects.get(id=found.version_after_id).note == "Changed description"
        assert WhatIf.objects.get(id=found.id).reason == ""


def test_a_customer_that_keeps_no_contents_is_told_so(make_line: MakeLine) -> None:
    line = make_line(people=2)
    line.run()
    with scope.work_in(line.partner):
        set_payload_rule(line.customer, stored=False, keep_days=30)
        flow = _flow(line)
        version = propose_line(flow, target="description", changes={"transforms": ["upper"]}, made_by="Fina")
        with pytest.raises(WhatIfError, match="keeps no contents"):
            request_what_if(flow, version, by="Fina")


def test_contents_are_not_kept_for_whom_stores_none_meanwhile(make_line: MakeLine) -> None:
    line = make_line(people=2)
    line.run()
    with scope.work_in(line.partner):
        flow = _flow(line)
        version = propose_line(flow, target="description", changes={"transforms": ["upper"]}, made_by="Fina")
        asked = request_what_if(flow, version, by="Fina")
        set_payload_rule(line.customer, stored=False, keep_days=30)
    line.work()
    found = _again(line, asked)
    assert (found.state, contents_kept(found)) == ("done", None)
    assert found.result["counts"]["changed"]


def test_what_it_copied_goes_when_its_time_is_over(make_line: MakeLine) -> None:
    line = make_line(people=2)
    line.run()
    found = _ask(line, "description", {"transforms": ["upper"]})
    with scope.work_in(line.partner):
        oldest = Batch.objects.order_by("id").values_list("created_at", flat=True)[0]
        assert found.contents_from == oldest
        retention._drop_portion([line.customer.id], oldest, timezone.now(), walks_only=False)
        assert _again(line, found).rows is not None
        retention._drop_portion([line.customer.id], oldest + timedelta(1), timezone.now(), walks_only=False)
        assert _again(line, found).rows is None
        assert _again(line, found).result == found.result


def test_what_cannot_be_compared_says_why(make_line: MakeLine) -> None:
    line = make_line(people=2)
    with scope.work_in(line.partner):
        flow = _flow(line)
        with pytest.raises(WhatIfError, match="live already"):
            request_what_if(flow, _live(line), by="Fina")
        version = propose_line(flow, target="description", changes={"default": "Work"}, made_by="Fina")
        Flow.objects.filter(id=flow.id).update(live_version=None)
        with pytest.raises(WhatIfError, match="Nothing is live"):
            request_what_if(flow, version, by="Fina")


def test_a_lost_one_is_asked_for_anew_and_a_broken_version_fails_with_a_sentence(make_line: MakeLine) -> None:
    line = make_line(people=2)
    with scope.work_in(line.partner):
        flow = _flow(line)
        version = propose_line(flow, target="description", changes={"default": "Work"}, made_by="Fina")
        lost = request_what_if(flow, version, by="Fina")
        assert request_what_if(flow, version, by="Otto").id == lost.id
        WhatIf.objects.filter(id=lost.id).update(created_at=timezone.now() - 2 * LOST_AFTER)
        again = request_what_if(flow, version, by="Otto")
        assert again.id != lost.id
        FlowVersion.objects.filter(id=version.id).update(definition={"canonical_type": "Nothing"})
    line.work()
    found = _again(line, again)
    assert found.state == "failed"
    assert "canonical_type" in found.error_message
    with scope.work_in(line.partner), pytest.raises(WhatIfError, match="not known yet"):
        make_live(found, by="Fina")


def test_an_earlier_version_can_be_looked_at_too(make_line: MakeLine) -> None:
    line = make_line(people=2)
    line.run()
    with scope.work_in(line.partner):
        flow = _flow(line)
        first = _live(line)
        publish(flow, published_by="Otto", own={"delivery": [{"target": "description", "transforms": ["upper"]}]})
        asked = request_what_if(_flow(line), first, by="Fina")
    line.work()
    assert _again(line, asked).result["counts"]["changed"]
