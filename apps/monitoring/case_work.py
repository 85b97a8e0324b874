"""How people organise the work on a case: sort it in, follow it, let it rest, book its waiting, and merge duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.monitoring import case_book, case_clocks
from apps.monitoring.blame import WAITING_LABELS, WaitingOn, WorkQueue
from apps.monitoring.cases import CaseError, hold_open_case
from apps.monitoring.models import CaseFile, CaseNote, CaseOperation, CasePriority, CaseWatch, ExceptionCase, Team

LONGEST_SNOOZE = timedelta(days=90)
LONGEST_REASON = 200
_MOVED = (CaseOperation, CaseNote, CaseFile)  # what goes along when a case is merged


@dataclass(frozen=True, slots=True)
class Sorting:
    """Where a case belongs, as a person decided."""

    queue: WorkQueue
    priority: CasePriority
    team_id: UUID | None
    tags: Sequence[str]


def sort_case(case_id: UUID, sorting: Sorting, *, by: Actor) -> ExceptionCase:
    """Put a case into a queue and a team, with a priority and tags.

    Raises:
        CaseError: there is no such team.
        CaseClosedError: it is closed.

    """
    if sorting.team_id is not None and not Team.objects.filter(id=sorting.team_id).exists():
        raise CaseError("team", _("There is no such team any more: choose another."))
    now = timezone.now()
    with transaction.atomic():
        case = hold_open_case(case_id)
        case_book.move_to_queue(case, sorting.queue)
        case.priority, case.team_id, case.tags = sorting.priority, sorting.team_id, list(sorting.tags)
        case.changed_at = now
        case.save(update_fields=["queue", "due_at", "priority", "team", "tags", "changed_at"])
        case_clocks.acknowledge(case, now)
        case_book.note_step(case, "Sorted in anew.", by.shown_name, now)
        audit.record(
            AuditAction.CASE_ASSIGNED,
            subject="case",
            subject_id=str(case.id),
            details={"title": case.title, "queue": case.queue, "priority": case.priority, "tags": list(case.tags)},
        )
    return case


def watch_case(case_id: UUID, *, by: Actor) -> None:
    """Let a person follow a case. Raises CaseError for a program: nobody would be told."""
    if by.user_id is None:
        raise CaseError("", _("Only a person can follow an exception."))
    with transaction.atomic():
        case_book.watch(ExceptionCase.objects.get(id=case_id), [by.user_id], timezone.now())


def unwatch_case(case_id: UUID, *, by: Actor) -> None:
    """Let a person not follow a case any more."""
    CaseWatch.objects.filter(case_id=case_id, person_id=by.user_id).delete()


def snooze_case(case_id: UUID, *, until: datetime, reason: str, by: Actor) -> ExceptionCase:
    """Let a case rest until a moment, or until something happens to it. Its clock goes on.

    Raises:
        CaseError: no reason, or a moment that is past or more than LONGEST_SNOOZE away.
        CaseClosedError: it is closed.

    """
    now = timezone.now()
    if not reason.strip():
        raise CaseError("reason", _("Say why it rests, so that others know."))
    if until <= now:
        raise CaseError("until", _("Choose a moment that is still to come."))
    if until > now + LONGEST_SNOOZE:
        raise CaseError("until", _("At most %(days)d days.") % {"days": LONGEST_SNOOZE.days})
    with transaction.atomic():
        case = hold_open_case(case_id)
        case.snoozed_until, case.snooze_reason, case.changed_at = until, reason.strip()[:LONGEST_REASON], now
        case.save(update_fields=["snoozed_until", "snooze_reason", "changed_at"])
        case_clocks.acknowledge(case, now)
        words = f"Snoozed until {until:%d %b %Y, %H:%M} UTC: {case.snooze_reason}"
        case_book.note_step(case, words, by.shown_name, now)
    return case


def wake_case(case_id: UUID, *, by: Actor) -> ExceptionCase:
    """End a case's rest now. Raises CaseClosedError when it is closed."""
    now = timezone.now()
    with transaction.atomic():
        case = hold_open_case(case_id)
        if case.snoozed_until is not None:
            case.snoozed_until, case.snooze_reason, case.changed_at = None, "", now
            case.save(update_fields=["snoozed_until", "snooze_reason", "changed_at"])
            case_book.note_step(case, "The rest was ended.", by.shown_name, now)
    return case


def wake_due(now: datetime) -> int:
    """Wake every case whose time has come; returns how many. Safe to call at any time and by several processes."""
    with transaction.atomic():
        due = ExceptionCase.objects.select_for_update(of=("self",), skip_locked=True).filter(snoozed_until__lte=now)
        return sum(case_book.wake(case, "its time has come.", now) for case in due)


def set_waiting(case_id: UUID, *, party: WaitingOn, note: str, by: Actor) -> ExceptionCase:
    """Say who has the next step; from now on the time is booked on them.

    Raises:
        CaseError: they have it already.
        CaseClosedError: it is closed.

    """
    now = timezone.now()
    with transaction.atomic():
        case = hold_open_case(case_id)
        if case.waiting_on == party:
            raise CaseError("party", _("They have the next step already."))
        case_book.hand_over(case, party, now, note.strip())
        case.changed_at = now
        case.save(update_fields=["waiting_on", "changed_at"])
        case_clocks.acknowledge(case, now)
        words = f"Waits for {WAITING_LABELS[party]} now."
        case_book.note_step(case, f"{words} {note.strip()}" if note.strip() else words, by.shown_name, now)
    return case


def merge_case(case_id: UUID, *, into_id: UUID, by: Actor) -> ExceptionCase:
    """Merge a case into another one of the same customer: its records, notes, files and watchers go there, and it is closed.

    What fails for its cause from now on goes to the other as well. Returns the other.

    Raises:
        CaseError: it is the same case, another customer's, or one of them holds no records.
        CaseClosedError: one of them is closed.

    """
    now = timezone.now()
    with transaction.atomic():
        case_book.take_turn()  # the judge must not put records into a case that is about to go
        case, other = _pair(case_id, into_id)
        _move(case, other)
        case_book.watch(other, CaseWatch.objects.filter(case=case).values_list("person_id", flat=True), now)
        ExceptionCase.objects.filter(merged_into=case).update(merged_into=other)
        case.merged_into = other
        case.save(update_fields=["merged_into"])
        case_book.measure(case, now)
        how, reason = ExceptionCase.ClosedHow.MERGED, f"merged into “{other.title}”."
        case_book.close_case(case, how, reason=reason[:300], now=now, done_by=by.shown_name)
        _take_over(case, other, now)
        case_clocks.acknowledge(other, now)
        case_book.note_step(other, f"“{case.title}” was merged into this.", by.shown_name, now)
        _record_merge(case, other, undone=False)
    return other


def unmerge_case(case_id: UUID, *, by: Actor) -> ExceptionCase:
    """Take a merge back: the case is opened again with its own records and notes. Watchers stay with both.

    Raises:
        CaseError: it is not merged, or the case it was merged into is closed.

    """
    now = timezone.now()
    with transaction.atomic():
        case_book.take_turn()
        case = ExceptionCase.objects.select_for_update(of=("self",)).select_related("merged_into").get(id=case_id)
        other = case.merged_into
        if other is None:
            raise CaseError("", _("This exception is not merged with another."))
        if not other.is_open:
            raise CaseError("", _("The exception it was merged into is closed: there is nothing to take back."))
        case_book.reopen_case(case, "Taken out of the other exception again.", now, by.shown_name)
        case.reopened -= 1  # nothing happened again
        case.save(update_fields=["reopened"])
        for kind in _MOVED:
            kind.objects.filter(case=other, came_from=case).update(case=case, came_from=None)
        for one in (case, other):
            case_book.measure(one, now)
        case_book.note_step(other, f"“{case.title}” was taken out again.", by.shown_name, now)
        _record_merge(case, other, undone=True)
    return case


def _pair(case_id: UUID, into_id: UUID) -> tuple[ExceptionCase, ExceptionCase]:
    if case_id == into_id:
        raise CaseError("into", _("Choose another exception: this one cannot be merged into itself."))
    # In one order, whichever is merged into which: two people merging crosswise must not wait for each other.
    found = {key: hold_open_case(key) for key in sorted((case_id, into_id))}
    case, other = found[case_id], found[into_id]
    if case.customer_id != other.customer_id:
        raise CaseError("into", _("Only exceptions of the same customer can be merged."))
    for one in (case, other):
        if not CaseOperation.objects.filter(case=one, open=True).exists():
            raise CaseError(
                "into", _("Only exceptions that hold records can be merged: this one is about a whole run.")
            )
    return case, other


def _move(case: ExceptionCase, other: ExceptionCase) -> None:
    """Move records, notes and files; where one came from by an earlier merge stays on record."""
    for kind in _MOVED:
        rows = kind.objects.filter(case=case)
        rows.filter(came_from__isnull=True).update(came_from=case)
        rows.update(case=other)


def _take_over(case: ExceptionCase, other: ExceptionCase, now: datetime) -> None:
    """Let the other case be at least as urgent as the one it takes up."""
    other.priority = min(other.priority, case.priority)
    other.tags = sorted({*other.tags, *case.tags})
    other.owner_id = other.owner_id or case.owner_id
    other.save(update_fields=["priority", "tags", "owner"])
    case_clocks.count_from(other, case.opened_at)
    case_book.wake(other, "another exception was merged into it.", now)
    case_book.measure(other, now)


def _record_merge(case: ExceptionCase, other: ExceptionCase, *, undone: bool) -> None:
    details = {"title": case.title, "into": str(other.id), "undone": undone}
    audit.record(AuditAction.CASE_MERGED, subject="case", subject_id=str(case.id), details=details)
