"""The audit trail: record what was done, and prove that nothing was changed since.

Each entry holds the SHA-256 of the one before and of itself. A lock per schema keeps the chain from forking; it is held
until the transaction ends, so record last. Customer users cannot read the trail: it is written as the partner's staff.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.actor import Actor, current_actor
from apps.accounts.models import AuditEntry, AuditHead, current_schema
from apps.accounts.staff_scope import as_staff


class AuditAction(StrEnum):
    """Everything that leaves a trace."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of a deed
    TWO_STEP_CHANGED = "two_step_changed"
    PROFILE_CHANGED = "profile_changed"
    PERSON_CREATED = "person_created"
    PERSON_INVITED = "person_invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    PERSON_JOINED = "person_joined"
    ROLE_CHANGED = "role_changed"
    PERSON_DEACTIVATED = "person_deactivated"
    PERSON_REACTIVATED = "person_reactivated"
    BRAND_CHANGED = "brand_changed"
    PARTNER_CREATED = "partner_created"
    PARTNER_CHANGED = "partner_changed"
    CUSTOMER_CREATED = "customer_created"
    CUSTOMER_CHANGED = "customer_changed"
    ONBOARDING_STARTED = "onboarding_started"
    ONBOARDING_CHANGED = "onboarding_changed"
    ONBOARDING_ASKED = "onboarding_asked"
    ONBOARDING_LINK_REVOKED = "onboarding_link_revoked"
    ONBOARDING_ANSWERED = "onboarding_answered"
    ONBOARDING_FINISHED = "onboarding_finished"
    CONNECTION_CREATED = "connection_created"
    CONNECTION_CHANGED = "connection_changed"
    CONNECTION_REMOVED = "connection_removed"
    CREDENTIAL_SET = "credential_set"
    CREDENTIAL_LINK_MADE = "credential_link_made"
    CREDENTIAL_LINK_REVOKED = "credential_link_revoked"
    CONNECTION_TESTED = "connection_tested"
    PRIVATE_SYSTEM_CREATED = "private_system_created"
    PRIVATE_SYSTEM_CHANGED = "private_system_changed"
    PRIVATE_SYSTEM_LIVE = "private_system_live"
    FLOW_INSTALLED = "flow_installed"
    FLOW_PUBLISHED = "flow_published"
    FLOW_PROMOTED = "flow_promoted"
    CHANGE_ASKED = "change_asked"
    CHANGE_DECIDED = "change_decided"
    CHANGE_WITHDRAWN = "change_withdrawn"
    CHANGE_WENT_LIVE = "change_went_live"
    CHANGE_POLICY_SET = "change_policy_set"
    FLOW_SAMPLE_CHANGED = "flow_sample_changed"
    ROLLOUT_STARTED = "rollout_started"
    ROLLOUT_STOPPED = "rollout_stopped"
    ROLLOUT_DEFERRED = "rollout_deferred"
    ROLLOUT_ACCEPTED = "rollout_accepted"
    ROLLOUT_ENDED = "rollout_ended"
    RECONCILIATION_SIGNED = "reconciliation_signed"
    FLOW_PAUSED = "flow_paused"
    FLOW_RESUMED = "flow_resumed"
    FLOW_SCHEDULED = "flow_scheduled"
    RUN_STARTED = "run_started"
    RUN_CANCELLED = "run_cancelled"
    OPERATION_REPLAYED = "operation_replayed"
    OPERATION_EDITED = "operation_edited"
    OPERATION_SKIPPED = "operation_skipped"
    OPERATION_ROLLED_BACK = "operation_rolled_back"
    APPROVAL_DECIDED = "approval_decided"
    DELEGATION_CHANGED = "delegation_changed"
    MAPPING_VALUE_ADDED = "mapping_value_added"
    CONFIGURATION_IMPORTED = "configuration_imported"
    OWNER_CHANGED = "owner_changed"
    OWNER_REVIEW_DECIDED = "owner_review_decided"
    CASE_ASSIGNED = "case_assigned"
    CASE_NOTED = "case_noted"
    CASE_CLOSED = "case_closed"
    SERVICE_LEVEL_CHANGED = "service_level_changed"
    BREACH_EXCUSED = "breach_excused"
    CASE_MERGED = "case_merged"
    RATES_CHANGED = "rates_changed"
    VALUE_TERMS_AGREED = "value_terms_agreed"
    ESTIMATE_CHANGED = "estimate_changed"
    ESTIMATE_SHARED = "estimate_shared"
    REVIEW_DRAFTED = "review_drafted"
    REVIEW_CHANGED = "review_changed"
    REVIEW_APPROVED = "review_approved"
    REVIEW_SENT = "review_sent"
    REVIEW_ARCHIVED = "review_archived"
    REVIEW_COMMENTED = "review_commented"
    REVIEW_SETTING_CHANGED = "review_setting_changed"
    ROUTING_CHANGED = "routing_changed"
    MONITOR_CHANGED = "monitor_changed"
    ALERTS_CHANGED = "alerts_changed"
    INSIGHTS_FOUND = "insights_found"
    INSIGHT_ACCEPTED = "insight_accepted"
    INSIGHT_DISMISSED = "insight_dismissed"
    TRIAGE_APPROVED = "triage_approved"
    TRIAGE_APPLIED = "triage_applied"
    TRIAGE_REFUSED = "triage_refused"
    TRIAGE_FELL_BACK = "triage_fell_back"
    TRIAGE_RETURNED = "triage_returned"
    TRIAGE_POLICY_SET = "triage_policy_set"
    TRIAGE_MODEL_SET = "triage_model_set"
    API_KEY_CREATED = "api_key_created"
    API_KEY_REVOKED = "api_key_revoked"
    WEBHOOK_ENDPOINT_CREATED = "webhook_endpoint_created"
    AUDIT_EXPORTED = "audit_exported"

    @property
    def label(self) -> str:
        """Return the deed as people read it."""
        return self.value.replace("_", " ").replace("api key", "API key").capitalize().replace("Api", "API")


@dataclass(frozen=True, slots=True)
class BrokenEntry:
    """One place where the chain does not hold, and what is wrong there."""

    position: int
    problem: str


def record(
    action: AuditAction | str,
    *,
    subject: str,
    subject_id: str | UUID = "",
    details: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
) -> None:
    """Append one entry, by `actor` or whoever acts now ("system" when nobody does).

    `subject` is the kind of thing it was done to ("customer", "api key", "person") and `subject_id` which one; `details`
    holds what people need to recognise it (a name, old and new value), never secrets or record contents.

    Raises:
        ValueError: `action` is not an AuditAction.

    """
    deed = AuditAction(action)
    who = actor or current_actor()
    entry = AuditEntry(
        at=timezone.now(),
        actor_id=who.user_id if who else None,
        api_key_id=who.api_key_id if who else None,
        actor_name=_text(who.shown_name, 260) if who else "system",
        action=deed.value,
        subject=_text(subject, 260),
        subject_id=_text(str(subject_id), 64),
        details=plain(details or {}),
    )
    with as_staff(), transaction.atomic():
        _append(entry)


def verify_chain() -> list[BrokenEntry]:
    """Walk the open schema's whole trail and return every place that was altered, removed, added or moved."""
    with as_staff(), transaction.atomic():
        head = AuditHead.objects.filter(pk=1).first() or AuditHead()
        broken: list[BrokenEntry] = []
        expected, previous = 1, ""
        for entry in AuditEntry.objects.order_by("position").iterator(chunk_size=2000):
            broken += _problems(entry, expected, previous)
            expected, previous = entry.position + 1, entry.hash
    if (expected - 1, previous) != (head.position, head.hash):
        broken.append(
            BrokenEntry(head.position, "The trail does not end here as it should: entries were cut off or added.")
        )
    return broken


def chain_head() -> tuple[int, str]:
    """Return position and hash of the newest entry, (0, "") for an empty trail: what is kept outside the database."""
    with as_staff(), transaction.atomic():
        head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    return head.position, head.hash


def entry_hash(entry: AuditEntry) -> str:
    """Return what `entry.hash` must be: SHA-256 over the entry before and this entry's own values."""
    values = {
        "id": str(entry.id),
        "position": entry.position,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": str(entry.actor_id or ""),
        "key": str(entry.api_key_id or ""),
        "name": entry.actor_name,
        "action": entry.action,
        "subject": entry.subject,
        "subject_id": entry.subject_id,
        "details": entry.details,
    }
    written = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{entry.previous_hash}|{written}".encode()).hexdigest()


def plain(value: Any) -> Any:
    """Return `value` in a form that comes back from the database exactly as it went in."""
    if isinstance(value, Mapping):
        return {_text(str(key), 200): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float | Decimal | UUID):
        return str(value)
    return _text(str(value), 2000)


def _append(entry: AuditEntry) -> None:
    with connection.cursor() as cursor:
        # Transaction-scoped: released by commit or rollback, so two requests can never chain to the same entry.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 40))", [f"audit:{current_schema()}"])
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    entry.position, entry.previous_hash = head.position + 1, head.hash
    entry.hash = entry_hash(entry)
    entry.save(force_insert=True)
    head.position, head.hash = entry.position, entry.hash
    head.save()


def _problems(entry: AuditEntry, expected: int, previous: str) -> list[BrokenEntry]:
    problems = []
    if entry.position != expected:
        problems.append(BrokenEntry(expected, f"Entries {expected} to {entry.position - 1} are missing."))
    if entry.previous_hash != previous:
        problems.append(BrokenEntry(entry.position, "This entry does not follow the one before it."))
    if entry_hash(entry) != entry.hash:
        problems.append(BrokenEntry(entry.position, "This entry was changed after it was written."))
    return problems


def _text(value: str, longest: int) -> str:
    # PostgreSQL stores neither NUL nor half of a surrogate pair.
    return value.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]
