"""Finding deletions that leave no trace: all numbers of the source against the ledger's, what is missing looked at again.

A run of its own mode, in the lane of its flow and behind all live work. Each page's numbers and the place in the list are
committed together, so a killed worker goes on with the next page. What is missing is asked for by itself before it counts:
pages that shifted, a filter or a lost right must not look like a deletion. Where too much is missing, nothing is believed.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from apps.connectors import connection_state
from apps.connectors.contract import Page
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RemoteError
from apps.connectors.models import Connection
from apps.dispatch.kinds import RunAgain
from apps.flows.engine.absence import NO_NUMBER, RECONCILIATION, Compared, Guard, doubt_about
from apps.flows.engine.identity import fit_source_key
from apps.flows.engine.states import RunState
from apps.flows.models import Comparison, ComparisonRule, ListedPage, Run
from apps.flows.services.deletions import DELIVERED, tell_deleted
from apps.flows.services.halting import RunStoppedError, stopped_or_away
from apps.flows.services.session import Session
from apps.flows.told_words import LISTS_LESS, LISTS_NOTHING, WHY_DOUBTED

ASKED_SINGLY = 10  # records looked at again between two commits, where each takes a call
ASKED_TOGETHER = 200  # the same where one call names several, or the list must be read for them
MOST_UNLISTED = 5000  # remembered from one comparison to the next
READING_CHECKED_AFTER = timedelta(minutes=1)
AGREED = "agreed"  # in the event's payload: a person has said that so many are really gone

# Of each number the flow delivered: when it last was, and when a deletion of it was told. Newer lines than the listing are
# left out: their records may have come after it.
_KNOWN = """
WITH shown AS MATERIALIZED (SELECT DISTINCT unnest(keys) AS key FROM flows_listedpage WHERE run_id = %(run)s),
known AS (
  SELECT source_key AS key FROM flows_operation WHERE flow_id = %(flow)s
    AND NOT source_key LIKE ANY(%(unaskable)s)
  GROUP BY source_key
  HAVING max(created_at) FILTER (WHERE state = ANY(%(delivered)s)) < %(begun)s
    AND coalesce(max(created_at) FILTER (WHERE source_version LIKE 'deleted:%%' AND state <> 'superseded')
      < max(created_at) FILTER (WHERE state = ANY(%(delivered)s)), true))
"""
_COUNT = f"""{_KNOWN}
SELECT (SELECT count(*) FROM shown), count(*), count(*) FILTER (WHERE s.key IS NULL),
  count(*) FILTER (WHERE s.key IS NULL AND k.key <> ALL(%(unlisted)s))
FROM known k LEFT JOIN shown s USING (key)
"""  # noqa: S608  constants only
_MISSING = f"""{_KNOWN}
SELECT k.key FROM known k LEFT JOIN shown s USING (key)
WHERE s.key IS NULL AND k.key COLLATE "C" > %(after)s ORDER BY k.key COLLATE "C" LIMIT %(most)s
"""  # noqa: S608  constants only

Complete = Callable[[Coroutine[Any, Any, Any]], Any]


def compare_on(session: Session, complete: Complete, is_time_up: Callable[[], bool]) -> RunAgain | None:
    """Carry a comparison on; returns when to continue, None when it is over. Outside any transaction.

    `complete` runs a coroutine on the loop that the connectors live on.

    Raises:
        SystemAwayError: the source cannot be asked just now.
        RunStoppedError: it cannot be asked until somebody mends something, or so much is missing that a person decides.

    """
    return _Comparing(session, complete, is_time_up).go_on()


class _Comparing:
    """One slice of one comparison."""

    def __init__(self, session: Session, complete: Complete, is_time_up: Callable[[], bool]) -> None:
        self._session = session
        self._complete = complete
        self._is_time_up = is_time_up
        with transaction.atomic():
            self._row, _ = Comparison.objects.get_or_create(
                run_id=session.run_id,
                defaults={
                    "customer_id": session.customer_id,
                    "flow_id": session.flow_id,
                    "begun_at": timezone.now(),
                },
            )

    def go_on(self) -> RunAgain | None:
        row = self._row
        if row.pages == 0 and self._is_reading_half_way():
            return RunAgain(timezone.now() + READING_CHECKED_AFTER)
        if not row.listed_all and not self._list_on():
            return RunAgain()
        if not row.judged:
            self._judge()
        if row.held:
            raise RunStoppedError(self._doubted(), self._session.source_id)
        if not self._look_again():
            return RunAgain()
        self._end()
        return None

    def _is_reading_half_way(self) -> bool:
        """Tell whether a reading has begun and not come to its end: what it delivers next would not be known yet."""
        begun = Q(state__in=[RunState.RUNNING, RunState.WAITING], started_at__isnull=False)
        with transaction.atomic():
            readings = Run.objects.filter(begun, flow_id=self._session.flow_id, reading_done=False)
            return readings.exclude(mode__in=(Run.Mode.COMPARE, Run.Mode.RECONCILE)).exists()

    def _list_on(self) -> bool:
        """List all numbers, a page at a time. Returns False when the time is up before the end."""
        pages = self._session.source.read(self._session.pinned.source_object.name, self._row.position)
        while not self._take_page(pages):
            if self._is_time_up():
                return False
        return True

    def _take_page(self, pages: AsyncIterator[Page]) -> bool:
        """Take down the numbers of one page; returns whether it was the last."""
        try:
            page = self._complete(_following(pages))
        except RemoteError as error:
            raise stopped_or_away(error, self._session.source_id) from error
        row, keys = self._row, [fit_source_key(record.key) for record in page.records] if page else []
        row.listed_all = page is None or page.last
        row.position = dict(page.checkpoint) if page else row.position
        row.pages += 1
        with transaction.atomic():
            self._session.work.advance()
            if keys:
                ListedPage.objects.create(customer_id=self._session.customer_id, run_id=self._session.run_id, keys=keys)
            row.save(update_fields=["listed_all", "position", "pages"])
        return row.listed_all

    def _judge(self) -> None:
        row = self._row
        with transaction.atomic():
            self._session.work.advance()
            compared = self._compared()
            rule = ComparisonRule.objects.filter(flow_id=self._session.flow_id).first() or ComparisonRule()
            doubt = doubt_about(compared, Guard(rule.most_percent, rule.most_records))
            row.listed, row.known, row.missing = compared.listed, compared.known, compared.missing
            row.held = doubt is not None and not self._session.payload.get(AGREED)
            row.judged = True
            if row.held:
                self._let_go()
            row.save(update_fields=["listed", "known", "missing", "held", "judged", "ended_at"])

    def _compared(self) -> Compared:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {**self._terms(), "unlisted": self._unlisted_before()})
            return Compared(*cursor.fetchone())

    def _terms(self) -> dict[str, Any]:
        return {
            "run": self._session.run_id,
            "flow": self._session.flow_id,
            "begun": self._row.begun_at,
            "delivered": [state.value for state in DELIVERED],
            "unaskable": [f"{prefix}%" for prefix in NO_NUMBER],
        }

    def _unlisted_before(self) -> list[str]:
        earlier = Comparison.objects.filter(flow_id=self._session.flow_id, ended_at__isnull=False, held=False)
        last = earlier.values_list("unlisted", flat=True).first()
        return list(last or ())

    def _doubted(self) -> MisconfiguredError:
        row = self._row
        with transaction.atomic():
            name = Connection.objects.values_list("name", flat=True).get(id=self._session.source_id)
        shows = LISTS_LESS if row.listed else LISTS_NOTHING
        words = {"source": name, "left_count": row.known - row.missing, "count": row.known}
        sentence = f"{shows % words} {WHY_DOUBTED}"
        return MisconfiguredError(sentence, business_class=BusinessClass.SOURCE_SHRUNK)

    def _look_again(self) -> bool:
        """Ask for each missing record by itself. Returns False when the time is up before the last of them."""
        reading = self._session.pinned.source_object.reading
        size = ASKED_SINGLY if reading is not None and reading.one_path else ASKED_TOGETHER
        while keys := self._missing():
            for start in range(0, len(keys), size):
                self._settle(keys[start : start + size], singly=size == ASKED_SINGLY)
                if self._is_time_up():
                    return False
        return True

    def _missing(self) -> list[str]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_MISSING, {**self._terms(), "after": self._row.looked_to, "most": ASKED_TOGETHER})
            return [key for (key,) in cursor.fetchall()]

    def _settle(self, keys: Sequence[str], *, singly: bool) -> None:
        there, unclear = self._complete(self._asked_for(keys, singly=singly))
        gone = [key for key in keys if key not in there and key not in unclear]
        row = self._row
        with transaction.atomic():
            self._session.work.advance()
            row.gone += tell_deleted(self._session, gone, origin=RECONCILIATION)
            row.there += len(there)
            row.unclear += len(unclear)
            row.unlisted = [*row.unlisted, *sorted(there)][:MOST_UNLISTED]
            row.looked_to = keys[-1]
            row.save(update_fields=["gone", "there", "unclear", "unlisted", "looked_to"])

    async def _asked_for(self, keys: Sequence[str], *, singly: bool) -> tuple[set[str], set[str]]:
        """Return which of the records are there, and about which the system would not say. Raises as `compare_on`."""
        there, unclear = set[str](), set[str]()
        for asked in ([key] for key in keys) if singly else (list(keys),):
            try:
                there |= await self._held_by_source(asked)
            except RemoteError as error:
                # A refusal says nothing about the record: the right to see it may be all that is gone.
                if error.kind not in (FailureKind.REJECTED, FailureKind.MISCONFIGURED):
                    raise stopped_or_away(error, self._session.source_id) from error
                unclear |= set(asked)
        return there & set(keys), unclear

    async def _held_by_source(self, keys: Sequence[str]) -> set[str]:
        pages = self._session.source.read(self._session.pinned.source_object.name, None, keys)
        return {record.key async for page in pages for record in page.records}

    def _end(self) -> None:
        with transaction.atomic():
            self._session.work.confirm()
            self._let_go()
            self._row.save(update_fields=["ended_at"])
            Run.objects.filter(id=self._session.run_id).update(reading_done=True)
            connection_state.mark_working(self._session.source_id)
        self._session.reading_done = True

    def _let_go(self) -> None:
        """Drop what was only needed while comparing."""
        ListedPage.objects.filter(run_id=self._session.run_id).delete()
        self._row.ended_at = timezone.now()


async def _following(pages: AsyncIterator[Page]) -> Page | None:
    return await anext(pages, None)
