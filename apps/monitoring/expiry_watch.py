"""Secrets that end soon: one case per connection, 30 days, 7 days and 1 day ahead, closed by itself once it is renewed."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q

from apps.connectors import expiry
from apps.connectors.models import Connection, Credential
from apps.connectors.queries import secret_label
from apps.flows.models import Flow, FlowRole
from apps.monitoring import case_book, case_clocks
from apps.monitoring.blame import EXPIRING, Severity, verdict_for
from apps.monitoring.case_book import NewCase
from apps.monitoring.fingerprint import Cause, fingerprint
from apps.monitoring.models import ExceptionCase

_SEVERITY = {30: Severity.LOW, 7: Severity.NORMAL, 1: Severity.HIGH}


def judge_expiries(now: datetime) -> tuple[int, int]:
    """Open a case per connection whose first secret ends soon and that a live flow uses; close those that are over.

    Returns (opened, closed). Call it inside a transaction, after case_book.take_turn(). Each stage has a case of its own,
    so that people are told of each.
    """
    today = now.date()
    ending = _ending(today)
    marks = {_mark(credential, _stage(credential, today)): credential for credential in ending}
    cases = ExceptionCase.objects.select_for_update(of=("self",)).filter(error_class=EXPIRING)
    still_open = list(cases.exclude(state=ExceptionCase.State.CLOSED))
    closed = _close_over([case for case in still_open if case.fingerprint not in marks], ending, now)
    known = {case.fingerprint for case in still_open} | _dismissed(marks)
    new = {mark: credential for mark, credential in marks.items() if mark not in known}
    flows = _flows_of({credential.connection_id for credential in new.values()})
    opened = 0
    for mark, credential in new.items():
        if flow := flows.get(credential.connection_id):
            _open(credential, mark, flow, now)
            opened += 1
    return opened, closed


def _ending(today: date) -> list[Credential]:
    """Return the secret of each connection that ends first, of those that end within the longest stage."""
    horizon = today + timedelta(days=max(expiry.AHEAD))
    found = Credential.objects.select_related("connection").defer("sealed").filter(expires_on__lte=horizon)
    found = found.exclude(connection__state=Connection.State.DISABLED).order_by("expires_on", "id")
    first: dict[UUID, Credential] = {}
    for credential in found:
        first.setdefault(credential.connection_id, credential)
    return list(first.values())


def _mark(credential: Credential, stage: int) -> str:
    """Return the fingerprint of this end at one of its stages."""
    end = f"{credential.expires_on} {stage}"
    return fingerprint(Cause(str(credential.connection_id), "expiry", EXPIRING, credential.name, end, ""))


def _stage(credential: Credential, today: date) -> int:
    found = expiry.stage_of(credential.expires_on, today) if credential.expires_on else None
    return found or max(expiry.AHEAD)


def _close_over(cases: Iterable[ExceptionCase], ending: Iterable[Credential], now: datetime) -> int:
    of_other_stages = {_mark(credential, ahead) for credential in ending for ahead in expiry.AHEAD}
    number = 0
    for case in cases:
        is_nearer = case.fingerprint in of_other_stages
        reason = (
            "The day has come nearer: another case goes on." if is_nearer else "It was renewed or is needed no more."
        )
        case_book.close_case(case, ExceptionCase.ClosedHow.RAN_WELL, reason=reason, now=now)
        number += 1
    return number


def _flows_of(connection_ids: set[UUID]) -> dict[UUID, Flow]:
    """Return a live flow that uses each of these connections; those that none uses are left out."""
    if not connection_ids:
        return {}
    live = Flow.objects.filter(state=Flow.State.LIVE)
    roles = FlowRole.objects.select_related("flow").filter(connection_id__in=connection_ids, flow__in=live)
    uses = {role.connection_id: role.flow for role in roles.order_by("-flow_id")}
    for flow in live.filter(Q(source_id__in=connection_ids) | Q(target_id__in=connection_ids)).order_by("-id"):
        uses |= {one: flow for one in (flow.source_id, flow.target_id) if one in connection_ids}
    return uses


def _open(credential: Credential, mark: str, flow: Flow, now: datetime) -> None:
    stage, ends_on = _stage(credential, now.date()), credential.expires_on
    cause = Cause(str(credential.connection_id), "expiry", EXPIRING, "", "", "")
    new = NewCase(flow, cause, mark, _sentence(credential, now.date()))
    case = case_book.open_case(new, title=verdict_for(EXPIRING).title, now=now)
    case.severity = _SEVERITY[stage]
    case.save(update_fields=["severity"])
    if ends_on is not None:  # due before the next stage begins, the last one before the end
        due_on = ends_on - timedelta(days=max((ahead for ahead in expiry.AHEAD if ahead < stage), default=0))
        soonest = now + timedelta(hours=1)
        case_clocks.fix_due(case, max(datetime.combine(due_on, time(), tzinfo=now.tzinfo), soonest))


def _dismissed(marks: Iterable[str]) -> set[str]:
    """Return those of whose very day and stage a person closed the case."""
    by_person = ExceptionCase.objects.filter(closed_how=ExceptionCase.ClosedHow.BY_PERSON)
    return set(by_person.filter(fingerprint__in=list(marks)).values_list("fingerprint", flat=True))


def _sentence(credential: Credential, today: date) -> str:
    ends_on = credential.expires_on
    when = f"s on {ends_on:%d %b %Y}" if ends_on and ends_on >= today else f"d on {ends_on:%d %b %Y}"
    label = secret_label(credential.connection.system, credential.name)
    return (
        f"{label} of {credential.connection.name} expire{when}. Make a new one in that system and enter it on the connection's page: flows go on"
        " without a break."
    )
