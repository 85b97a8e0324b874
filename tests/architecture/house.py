"""A whole inhabited house for tests that walk through all of it: two partners, three customers, everybody who can sign in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts.actions import CUSTOMER_ROLES, PARTNER_ROLES, Action, Role
from apps.accounts.models import ApiKey, Invitation, SavedView, User
from apps.accounts.services import create_user
from apps.connectors import credential_links
from apps.connectors.models import ConnectionTest, PrivateTrial
from apps.connectors.private_systems import create_system
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.models import CutOff, LegalEntity
from apps.customers.onboarding import Step
from apps.customers.onboarding_changes import WhoIsAsked, issue_link
from apps.customers.services import add_member
from apps.dispatch.models import Queue
from apps.flows.engine.reconcile import Statement
from apps.flows.engine.rings import Gates
from apps.flows.engine.what_if import Kind
from apps.flows.models import (
    ApprovalRequest,
    ChangeRequest,
    Delegation,
    DryRun,
    FieldOwner,
    Operation,
    OwnerReview,
    Reconciliation,
    ReplayEntry,
    ReplayJob,
    Rollout,
    RolloutMember,
    WhatIf,
)
from apps.flows.services.own_samples import pin_sample
from apps.monitoring.case_files import attach_file
from apps.monitoring.cases import note_case
from apps.monitoring.insights.coverage import Cover, Part
from apps.monitoring.judging import judge_ledger
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
from apps.tenants import scope
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef
from tests.architecture.alert_rows import alert_ids
from tests.lines import Line, found_line
from tests.sandbox_server import SandboxServer

# What a comparison of two versions says that found no difference.
NOTHING_DIFFERS: dict[str, Any] = {
    "counts": {kind.value: 0 for kind in Kind},
    "fields": [],
    "money": {},
    "moved": 0,
    "failures": [],
    "needs_reason": False,
}
PASSWORD = "correct horse battery"
PLATFORM_HOST = "platform.localhost"


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser at one host. `label` is how a failing test names them."""

    label: str
    host: str
    role: Role | None
    partner: PartnerRef | None
    customer: str = ""  # which of the house's customers, "" for staff
    email: str = ""

    def client(self) -> Client:
        """Return a fresh browser, signed in."""
        browser = Client(headers={"host": self.host})
        browser.raise_request_exception = False
        if self.role is None:
            return browser
        if self.partner is None:
            with scope.public(), transaction.atomic():
                browser.force_login(User.objects.get(email=self.email))
        else:
            with scope.work_in(self.partner):
                browser.force_login(User.objects.get(email=self.email))
        return browser


@dataclass
class House:
    """Two partners with their lines, and the ids of everything that an address may name, by customer.

    `seen` keeps the pages that somebody was shown, for whoever asks for the same ones again.
    """

    a: PartnerRef
    b: PartnerRef
    lines: dict[str, Line]
    ids: dict[str, dict[str, Any]]
    visitors: dict[str, Visitor]
    seen: dict[str, list[Any]] = field(default_factory=dict)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Let a request do what it does, and take it back."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)


def host_of(partner: PartnerRef) -> str:
    """Return the host a partner answers at."""
    return f"{partner.slug}.localhost"


def build_house(sandbox: SandboxServer) -> House:
    """Found three firms, run their flows, judge what came of them, and invite everybody."""
    cache.clear()
    a, b = (Partner.objects.get(slug=slug).as_ref() for slug in ("alder", "brightforge"))
    lines = {
        "one": found_line(a, sandbox, name="Meridian Consulting", problems=True),
        "two": found_line(a, sandbox, name="Northfield Engineering", problems=True, seed=5),
        "three": found_line(b, sandbox, name="Kestrel Labs", problems=True, seed=7),
    }
    for line in lines.values():
        run_through(line)
    visitors = {visitor.label: visitor for visitor in _people(a, b, lines)}
    ids = {name: _ids_of(line) for name, line in lines.items()}
    ids["nowhere"] = {name: uuid7() if isinstance(value, UUID) else value for name, value in ids["one"].items()}
    return House(a, b, lines, ids, visitors)


def run_through(line: Line) -> None:
    """Carry a line's first run to its end and open its cases."""
    line.run()
    line.work(*Queue)
    with scope.work_in(line.partner):
        judge_ledger()


def _people(a: PartnerRef, b: PartnerRef, lines: dict[str, Line]) -> Iterator[Visitor]:
    yield Visitor("nobody", host_of(a), None, a)
    for role in sorted(PARTNER_ROLES):
        yield _person(a, role)
    for role in sorted(CUSTOMER_ROLES):
        yield _person(a, role, lines["one"], "one")
    yield _person(a, Role.CUSTOMER_OWNER, lines["two"], "two", prefix="other_")
    yield _person(b, Role.OWNER, prefix="foreign_")
    yield _person(b, Role.SUPPORT, prefix="foreign_")
    yield _person(b, Role.FINANCE_APPROVER, lines["three"], "three", prefix="foreign_")
    with scope.public(), transaction.atomic():
        create_user(email="operator@platform.example", name="Ola Operator", role=Role.OPERATOR, password=PASSWORD)
    yield Visitor("operator", PLATFORM_HOST, Role.OPERATOR, None, email="operator@platform.example")
    yield Visitor("nobody_at_platform", PLATFORM_HOST, None, None)


def _person(partner: PartnerRef, role: Role, line: Line | None = None, customer: str = "", prefix: str = "") -> Visitor:
    label = f"{prefix}{role.value}"
    email = f"{label}@{partner.slug}.example"
    with scope.work_in(partner):
        user = create_user(email=email, name=label.replace("_", " ").title(), role=role, password=PASSWORD)
        if line is not None:
            add_member(user=user, customer_id=line.customer.id)
    return Visitor(label, host_of(partner), role, partner, customer, email)


# A system of the partner's own: described so far that it could be tried, with a list that was not chosen yet.
OWN_SYSTEM = {
    "format": 1,
    "name": "Harbour",
    "category": "Own",
    "objects": [
        {
            "name": "sites",
            "label": "Site",
            "canonical_type": "Workspace",
            "fields": [{"name": "id"}, {"name": "name"}],
            "reading": {"path": "sites"},
            "reading_lines": [{"target": "id", "source": "id"}, {"target": "name", "source": "name"}],
        }
    ],
}
OWN_LISTS = {
    "title": "Harbour",
    "auth": {"scheme": "none"},
    "address": "",
    "outside": [],
    "more_lists": False,
    "evidence": [],
    "lists": [
        {
            "path": "jobs",
            "label": "Jobs",
            "type": "Project",
            "operations": [{"use": "list", "method": "GET", "path": "jobs"}],
            "settings": [],
            "evidence": [{"part": "reading.records_path", "source": "answer", "name": "data"}],
            "object": {
                "name": "jobs",
                "label": "Jobs",
                "canonical_type": "Project",
                "fields": [{"name": "id", "kind": "text"}],
                "reading": {"path": "jobs", "records_path": "data"},
            },
        }
    ],
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


def _ids_of(line: Line) -> dict[str, Any]:
    """Return a value for every name that an address may hold; a new name belongs here."""
    now = timezone.now()
    author = f"{'owner' if line.partner.slug == 'alder' else 'foreign_owner'}@{line.partner.slug}.example"
    with scope.work_in(line.partner):
        endpoint, _address, _secret = create_webhook_endpoint(line.source)
        credential_link = credential_links.issue_link(line.source, for_whom="Robin Vale").link
        test = ConnectionTest.objects.create(
            customer=line.customer, connection=line.source, state="passed", started_at=now, finished_at=now
        )
        entity = LegalEntity.objects.create(customer=line.customer, code="DE01", name="Main company", currency="EUR")
        cut_off = CutOff.objects.create(customer=line.customer, name="Invoice run", rhythm="weekly", day=4, at="16:00")
        person = create_user(
            email=f"leaver@{line.company}.example", name="Lea Ver", role=Role.SUPPORT, password=PASSWORD
        )
        invitation = Invitation.objects.create(
            email=f"new@{line.company}.example",
            role=Role.SUPPORT,
            token_hash=line.company,
            expires_at=now + timedelta(days=3),
        )
        key = ApiKey.objects.create(
            name="Warehouse",
            prefix=line.company,
            hash="x",
            scopes=[Action.VIEW_RUNS],
            expires_at=now + timedelta(days=9),
        )
        operation = (
            Operation.objects.filter(flow_id=line.flow.id, state="rejected", step="deliver")
            .order_by("source_key")
            .first()
        )
        case = ExceptionCase.objects.filter(flow_id=line.flow.id, case_operations__operation=operation).first()
        assert operation is not None
        assert case is not None, "the run opened no case"
        invite = issue_link(
            line.customer, WhoIsAsked(Step.COMPANY, "Company", "Ann Swer", f"answer@{line.company}.example")
        ).invite
        view = SavedView.objects.create(
            owner=User.objects.get(email=author), list_key="flows", name=line.company, query="state=paused"
        )
        job = BulkJob.objects.create(
            kind="assign", state="done", asked_by_name="Olga Owner", asked_at=now, finished_at=now
        )
        replay = ReplayJob.objects.create(state="done", asked_by_name="Olga Owner", asked_at=now, finished_at=now)
        ReplayEntry.objects.create(job=replay, operation=operation, state="done")
        dry_run = DryRun.objects.create(
            customer=line.customer,
            flow=line.flow,
            version_id=line.flow.live_version_id,
            state="done",
            most=1,
            requested_by="Olga Owner",
            created_at=now,
        )
        what_if = WhatIf.objects.create(
            customer=line.customer,
            flow=line.flow,
            version_before_id=line.flow.live_version_id,
            version_after_id=line.flow.live_version_id,
            state="done",
            most=100,
            result=NOTHING_DIFFERS,
            asked_by="Olga Owner",
            created_at=now,
        )
        sample = pin_sample(operation, name="Kept", by="Olga Owner")
        request = ApprovalRequest.objects.create(
            customer=line.customer,
            operation=operation,
            flow=line.flow,
            step="approve",
            question="Approve what was booked?",
            role=Role.FINANCE_APPROVER,
            asked_at=now,
        )
        change = ChangeRequest.objects.create(
            customer=line.customer,
            flow=line.flow,
            version_id=line.flow.live_version_id,
            reason="Another wording",
            asked_by_name="Olga Owner",
            asked_at=now,
            needed=1,
        )
        delegation = Delegation.objects.create(
            person=User.objects.get(email=author), stand_in=person, starts_on=now.date(), ends_on=now.date()
        )
        own = create_system(document=OWN_SYSTEM, author="Olga Owner", reading=OWN_LISTS)
        own_version = own.versions.get()
        trial = PrivateTrial.objects.create(
            customer=line.customer,
            connection=line.source,
            version=own_version,
            revision=1,
            state="passed",
            started_at=now,
            finished_at=now,
        )
        entry = FieldOwner.objects.create(
            customer=line.customer,
            canonical_type="TimeEntry",
            field="task_name",
            conflict_rule="review",
            changed_at=now,
            changed_by="Olga Owner",
        )
        review = OwnerReview.objects.create(
            customer=line.customer,
            flow=line.flow,
            operation_id=operation.id,
            connection=line.target,
            canonical_type="TimeEntry",
            business_key=operation.business_key,
            field="task_name",
            target_field="description",
            rule="review",
            opened_at=now,
            seen_at=now,
        )
        rollout = Rollout.objects.create(
            template=line.flow.template,
            template_version=1,
            rings=[{"name": "All", "share": 1}],
            gates=Gates().to_json(),
            state="done",
            started_at=now,
            started_by="Olga Owner",
        )
        member = RolloutMember.objects.create(
            rollout=rollout, customer=line.customer, flow=line.flow, ring=0, version_before_id=line.flow.live_version_id
        )
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
        reconciliation = Reconciliation.objects.create(
            customer=line.customer,
            flow=line.flow,
            version_number=1,
            first=now.date(),
            last=now.date(),
            zone="UTC",
            since=now - timedelta(days=1),
            until=now,
            begun_at=now,
            finished_at=now,
            verdict="agreed",
            statement=Statement().to_json(),
        )
        BulkEntry.objects.create(job=job, case=case, state="done", settled_at=now)
        case_file = attach_file(
            case.id, name="seen.txt", content=b"Seen.", by=User.objects.get(email=author).as_actor()
        )
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
        of_alerts = alert_ids(line, person, now)
        note_case(case.id, text="Asked the project manager.", by=User.objects.get(email=author).as_actor(), shared=True)
    return {
        "customer_id": line.customer.id,
        "entity_id": entity.id,
        "cut_off_id": cut_off.id,
        "connection_id": line.source.id,
        "test_id": test.id,
        "endpoint_id": endpoint.id,
        "link_id": credential_link.id,
        "flow_id": line.flow.id,
        "run_id": operation.run_id,
        "dry_run_id": dry_run.id,
        "what_if_id": what_if.id,
        "reconciliation_id": reconciliation.id,
        "operation_id": operation.id,
        "case_id": case.id,
        "proposal_id": proposal.id,
        "insight_id": insight.id,
        "job_id": job.id,
        "replay_id": replay.id,
        "person_id": person.id,
        "invitation_id": invitation.id,
        "key_id": key.id,
        "invite_id": invite.id,
        "view_id": view.id,
        "request_id": request.id,
        "change_id": change.id,
        "delegation_id": delegation.id,
        "entry_id": entry.id,
        "review_id": review.id,
        "rollout_id": rollout.id,
        "sample_id": sample.id,
        "member_id": member.id,
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
        **of_alerts,
        "system_id": own.id,
        "trial_id": trial.id,
        "record": "sites",
        "partner_id": line.partner.id,
        "secret": "token",
        "step": "company",
        "system": "sandbox_psa",
        "source": "states",
        "template": "approved-time-to-bill",
        "monitor": "slow",
        "type_name": "TimeEntry",
        "target": "company",
        "token": "no-such-token",
        "digest": "0" * 64,
        "number": 1,
        "mail": "invitation",
        "uidb36": "1",
        "key": "no-such-key",
    }
