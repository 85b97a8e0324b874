"""What monitoring keeps of one line of the house: around its exception, its agreement, its month and its prospects."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.accounts.actor import Actor
from apps.flows.models import Operation
from apps.monitoring.case_files import attach_file
from apps.monitoring.cases import note_case
from apps.monitoring.insights.coverage import Cover, Part
from apps.monitoring.models import (
    BulkEntry,
    BulkJob,
    BusinessCalendar,
    CurrencyRate,
    CustomerSla,
    Estimate,
    ExceptionCase,
    Insight,
    InsightLook,
    ReviewCopy,
    RoutingRule,
    SlaBreach,
    SlaClock,
    SlaPolicy,
    Team,
    TriageProposal,
)
from apps.monitoring.reviews.book import draft_pack
from apps.monitoring.sla.terms import terms_as_values, usual_terms
from apps.monitoring.value.roi import Inputs, inputs_as_values
from tests.lines import Line


def monitoring_ids(line: Line, case: ExceptionCase, operation: Operation, by: Actor) -> dict[str, Any]:
    """Make it, in the partner's scope, and return its ids by the names that addresses use."""
    now = timezone.now()
    job = BulkJob.objects.create(kind="assign", state="done", asked_by_name="Olga Owner", asked_at=now, finished_at=now)
    rule = RoutingRule.objects.create(
        name=f"Rule of {line.company}",
        position=1,
        is_on=False,
        queue="finance",
        changed_at=now,
        changed_by="Olga Owner",
    )
    rate, _made = CurrencyRate.objects.get_or_create(
        day=now.date(), from_currency="USD", to_currency="EUR", defaults={"rate": "0.9", "entered_at": now}
    )
    team = Team.objects.create(name=f"Team of {line.company}")
    estimate = Estimate.objects.create(
        name=f"Prospect beside {line.company}",
        currency="EUR",
        inputs=inputs_as_values(Inputs()),
        made_at=now,
        made_by="Olga Owner",
        changed_at=now,
        changed_by="Olga Owner",
    )
    pack = draft_pack(line.customer, date(2026, 10, 1), now)
    assert pack is not None
    copy = ReviewCopy.objects.create(
        customer=line.customer,
        pack=pack,
        month=pack.month,
        language=pack.language,
        sections=pack.sections,
        taken_at=now,
        sent_at=now,
        sent_by="Olga Owner",
    )
    BulkEntry.objects.create(job=job, case=case, state="done", settled_at=now)
    case_file = attach_file(case.id, name="seen.txt", content=b"Seen.", by=by)
    proposal = TriageProposal.objects.create(
        customer=line.customer,
        case=case,
        source="rules",
        error_class=case.error_class,
        deed="retry",
        confidence=60,
        evidence=[{"kind": "rule", "name": "transient"}],
        made_at=now,
    )
    insight = Insight.objects.create(
        customer=line.customer,
        kind="anomaly",
        cause="odd_day",
        record_key=f"day:E-1:{now.date()}",
        canonical_type="TimeEntry",
        operation=operation,
        label="Ada",
        happened_on=now.date(),
        facts={"person": "Ada", "seen": 200, "such": 1},
        urgency=1,
        found_at=now,
        seen_at=now,
    )
    InsightLook.objects.create(customer=line.customer, looked_at=now, parts=[Cover(Part.TIME, seen=200).to_json()])
    promised, breach = _promise(line, case)
    note_case(case.id, text="Asked the project manager.", by=by, shared=True)
    return {
        "proposal_id": proposal.id,
        "insight_id": insight.id,
        "job_id": job.id,
        "policy_id": promised.policy_id,
        "calendar_id": promised.calendar_id,
        "breach_id": breach.id,
        "clock_id": breach.clock_id,
        "rule_id": rule.id,
        "team_id": team.id,
        "rate_id": rate.id,
        "file_id": case_file.id,
        "estimate_id": estimate.id,
        "pack_id": pack.id,
        "copy_id": copy.id,
    }


def _promise(line: Line, case: ExceptionCase) -> tuple[CustomerSla, SlaBreach]:
    """Give the line's customer a package, and let one of its promises be missed."""
    now = timezone.now()
    policy = SlaPolicy.objects.create(name=f"Gold {line.company}", targets=[])
    week = [[[0, 1440]]] * 7
    calendar = BusinessCalendar.objects.create(name=f"Hours {line.company}", zone="UTC", week=week)
    promised = CustomerSla.objects.create(
        customer=line.customer,
        policy=policy,
        calendar=calendar,
        terms=terms_as_values(usual_terms()),
        fee=Decimal(500),
        valid_from=now,
        agreed_by="Olga Owner",
    )
    clock = SlaClock.objects.create(
        customer=line.customer,
        promise="acknowledge",
        agreement=promised,
        case=case,
        started_at=now - timedelta(hours=2),
        target_seconds=3600,
        due_at=now - timedelta(hours=1),
        breached_at=now - timedelta(hours=1),
    )
    return promised, SlaBreach.objects.create(customer=line.customer, clock=clock, breached_at=clock.breached_at)
