"""A row of everything that an address may name, for each line of the house: who, which system, which flow and record."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.actions import Action, Role
from apps.accounts.models import ApiKey, Invitation, SavedView, User
from apps.accounts.services import create_user
from apps.connectors import credential_links
from apps.connectors.models import ConnectionTest, PrivateTrial
from apps.connectors.private_systems import create_system
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.customers.models import CutOff, LegalEntity
from apps.customers.onboarding import Step
from apps.customers.onboarding_changes import WhoIsAsked, issue_link
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
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.architecture.alert_rows import alert_ids
from tests.architecture.monitoring_rows import monitoring_ids
from tests.lines import Line

# What a comparison of two versions says that found no difference.
NOTHING_DIFFERS: dict[str, Any] = {
    "counts": {kind.value: 0 for kind in Kind},
    "fields": [],
    "money": {},
    "moved": 0,
    "failures": [],
    "needs_reason": False,
}
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


def ids_of(line: Line, *, password: str) -> dict[str, Any]:
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
            email=f"leaver@{line.company}.example", name="Lea Ver", role=Role.SUPPORT, password=password
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
        of_monitoring = monitoring_ids(line, case, operation, User.objects.get(email=author).as_actor())
        of_alerts = alert_ids(line, person, now)
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
        **of_monitoring,
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
