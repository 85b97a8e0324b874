"""Runs of a flow that start by themselves at a quiet hour of its customer, each kind by a rule of its own table."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.states import RUN_TERMINAL
from apps.flows.models import ComparisonRule, Flow, ReconciliationRule, Run, TriggerEvent
from apps.flows.services.start_run import FlowNotLiveError, start_run
from apps.flows.triggers.quiet import quiet_until

_Rule = TypeVar("_Rule", ComparisonRule, ReconciliationRule)
Payload = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Nightly(Generic[_Rule]):
    """One kind of such runs. `word` begins its deduplication keys, `quiet_hour` is on the customer's clock.

    `why_not` says why a flow cannot have one, "" when it can; `next_at` when a rule is due next in a time zone, None for
    one that is off; `payload` what a run that starts by itself is given.
    """

    rules: type[_Rule]
    mode: Run.Mode
    kind: TriggerEvent.Kind
    word: str
    quiet_hour: int
    why_not: Callable[[Flow], str]
    next_at: Callable[[_Rule, str, datetime], datetime | None]
    payload: Callable[[Flow, datetime], Payload]

    def rule_of(self, flow: Flow) -> _Rule:
        """Return a flow's rule; that of one which has none stored yet is what it will begin with."""
        return self.rules.objects.filter(flow=flow).first() or self._first_rule(flow)

    def _first_rule(self, flow: Flow) -> _Rule:
        # Not all at the same minute: a system may hold the records of many flows.
        return self.rules(flow=flow, customer_id=flow.customer_id, at=time(self.quiet_hour, flow.id.int % 60))

    def is_under_way(self, flow_id: UUID) -> bool:
        """Say whether a run of this kind is under way in a flow."""
        return Run.objects.filter(flow_id=flow_id, mode=self.mode).exclude(state__in=RUN_TERMINAL).exists()

    def start_now(
        self, flow: Flow, *, started_by: str, payload: Payload, details: Mapping[str, object], refused: Exception
    ) -> Run:
        """Start one because somebody asks.

        Raises:
            refused: one is under way.
            FlowNotLiveError: the flow is a draft or retired.

        """
        with transaction.atomic():
            Flow.objects.select_for_update(no_key=True).only("id").get(id=flow.id)
            if self.is_under_way(flow.id):
                raise refused
            key = f"{self.word}:{uuid7()}"
            run = start_run(
                flow, kind=self.kind, dedupe_key=key, mode=self.mode, started_by=started_by, payload=payload
            )
            if run is None:
                raise RuntimeError("a fresh key was taken")
            said = {"flow": str(flow.id), **details}
            audit.record(AuditAction.RUN_STARTED, subject="run", subject_id=str(run.id), details=said)
        return run

    def start_due(self, work: LeasedWork, clear_up: Callable[[], None]) -> None:
        """Start the runs that are due, give new live flows their rule, and clear up after runs that broke off."""
        now = timezone.now()
        with transaction.atomic():
            work.confirm()
            self._give_rules(now)
            clear_up()
            due = list(self._due(now).values_list("id", flat=True))
        for rule_id in due:
            with transaction.atomic():
                work.confirm()
                self._start_if_due(rule_id, now)

    def _due(self, now: datetime) -> QuerySet[_Rule]:
        return self.rules.objects.filter(next_at__lte=now, flow__state=Flow.State.LIVE).order_by("next_at")

    def _give_rules(self, now: datetime) -> None:
        known = self.rules.objects.filter(flow=OuterRef("pk"))
        for flow in Flow.objects.filter(~Exists(known), state=Flow.State.LIVE).select_related("customer"):
            rule = self._first_rule(flow)
            rule.next_at = self.next_at(rule, flow.customer.time_zone, now)
            self.rules.objects.bulk_create([rule], ignore_conflicts=True)

    def _start_if_due(self, rule_id: UUID, now: datetime) -> None:
        """Start one that is due and say when the next is; in a quiet time of the flow it is put off to its end."""
        rule = self._due(now).select_for_update(of=("self",)).filter(id=rule_id).first()
        if rule is None or rule.next_at is None:
            return
        flow = Flow.objects.select_related("customer", "source", "target", "live_version").get(id=rule.flow_id)
        until = quiet_until(flow, now)
        if until is None and not self.why_not(flow) and not self.is_under_way(flow.id):
            key = f"{self.word}:{rule.id}:{rule.next_at.isoformat()}"
            with suppress(FlowNotLiveError):  # retired between the two statements
                start_run(flow, kind=self.kind, dedupe_key=key, mode=self.mode, payload=self.payload(flow, now))
        rule.next_at = until or self.next_at(rule, flow.customer.time_zone, now)
        rule.save(update_fields=["next_at"])
