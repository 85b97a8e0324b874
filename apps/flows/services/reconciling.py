"""Setting both sides of a flow against each other: the source's window, the target's records and the ledger, by cause.

A run of its own mode, in the lane of its flow and behind all live work. What each page or question showed and the place in
the list are committed together, so a killed worker goes on with the next. What a list does not show is asked for by itself
before it counts: a page that shifted must not look like a loss.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.connectors import breaker, call_hours, connection_state
from apps.connectors.contract import Connector, Page, SourceRecord
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import BusinessClass, FailureKind, MisconfiguredError, RemoteError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.opening import open_connector
from apps.dispatch.kinds import RunAgain
from apps.flows.models import Reconciliation, Run, SeenPage
from apps.flows.services.halting import RunStoppedError, stopped_or_away
from apps.flows.services.reconciliation_picture import Questions, picture_of
from apps.flows.services.reconciliation_result import finish
from apps.flows.services.reconciliation_sides import SideReader
from apps.flows.services.reconciliation_steps import Place
from apps.flows.services.session import Session

ASKED_SINGLY = 10  # records asked for between two commits, where each takes a call
ASKED_TOGETHER = 200  # the same where one call names several, or the list must be read for them
MOST_RECORDS = 200_000  # of both sides together: they are set against each other in memory
MOST_TARGET_PAGES = 500  # then the target has so much of others that asking is quicker
LISTED_FOR = timedelta(days=3)  # of an older window, the target would list all that came since
_CLOCK_MARGIN = timedelta(minutes=10)  # between the two systems' clocks
Method = Reconciliation.Method
Side = SeenPage.Side
Complete = Callable[[Coroutine[Any, Any, Any]], Any]


def reconcile_on(session: Session, complete: Complete, is_time_up: Callable[[], bool]) -> RunAgain | None:
    """Carry a reconciliation on; returns when to continue, None when it is over. Outside any transaction.

    `complete` runs a coroutine on the loop that the connectors live on. The payload names the window as
    triggers/reconciliations.py writes it.

    Raises:
        SystemAwayError: one of the systems cannot be asked just now.
        RunStoppedError: it cannot be asked until somebody mends something, or the window holds too much.

    """
    return _Reconciling(session, complete, is_time_up).go_on()


def lists(kind: ObjectManifest) -> bool:
    """Say whether records of this kind can be listed at all."""
    return kind.reading is not None and kind.reading.is_list


class _Reconciling:
    """One slice of one reconciliation."""

    def __init__(self, session: Session, complete: Complete, is_time_up: Callable[[], bool]) -> None:
        self._session = session
        self._complete = complete
        self._is_time_up = is_time_up
        self._reader = SideReader(session)
        with transaction.atomic():
            session.work.confirm()
            self._row, _ = Reconciliation.objects.get_or_create(run_id=session.run_id, defaults=self._beginning())

    def go_on(self) -> RunAgain | None:
        row = self._row
        if row.finished_at is not None:
            return None
        if not row.source_done and not self._list(Side.SOURCE):
            return RunAgain()
        if not row.target_done and not self._list(Side.TARGET):
            return RunAgain()
        while questions := self._end_or_ask():
            if not self._ask(questions):
                return RunAgain()
        return None

    def _beginning(self) -> dict[str, Any]:
        session, asked, now = self._session, self._session.payload, timezone.now()
        until = min(datetime.fromisoformat(asked["until"]), now)
        source, target = session.pinned.source_object, session.pinned.target_object
        # What steps made stands in several systems: each thing is asked for.
        by_list = lists(target) and now - until < LISTED_FOR and not session.compiled.definition.walks
        return {
            "customer_id": session.customer_id,
            "flow_id": session.flow_id,
            "version_number": session.version,
            "first": date.fromisoformat(asked["first"]),
            "last": date.fromisoformat(asked["last"]),
            "zone": asked["zone"],
            "since": datetime.fromisoformat(asked["since"]),
            "until": until,
            "source_method": Method.LISTED if lists(source) else Method.LEDGER,
            "source_done": not lists(source),
            "target_method": Method.LISTED if by_list else Method.ASKED,
            "target_done": not by_list,
            "begun_at": now,
        }

    def _list(self, side: Side) -> bool:
        """List one side, a page at a time. Returns False when the time is up before the end."""
        pages, first = self._pages(side), True
        while True:
            try:
                page = self._complete(_following(pages))
            except RemoteError as error:
                if first and _knows_no_spans(error):
                    return self._fall_back(side) or self._list(side)
                raise stopped_or_away(error, self._connection_of(side)) from error
            first = False
            if self._take(side, page):
                return True
            if self._is_time_up():
                return False

    def _pages(self, side: Side) -> AsyncIterator[Page]:
        row, session = self._row, self._session
        if side is Side.TARGET:
            since, until = row.since - _CLOCK_MARGIN, row.begun_at + timedelta(days=1)
            return session.target.read_window(session.pinned.target_object.name, since, until, row.target_position)
        name = session.pinned.source_object.name
        if row.source_method == Method.EVERYTHING:
            return session.source.read(name, row.source_position)
        return session.source.read_window(name, row.since, row.until, row.source_position)

    def _fall_back(self, side: Side) -> bool:
        """Choose the next way for a side that cannot be asked for a span of time; returns True where nothing is to be listed."""
        row = self._row
        if side is Side.TARGET:
            row.target_method, row.target_done = Method.ASKED, True
        else:
            reading = self._session.pinned.source_object.reading
            everything = row.source_method == Method.LISTED and reading is not None and reading.lists_everything
            row.source_method = Method.EVERYTHING if everything else Method.LEDGER
            row.source_done = not everything
        with transaction.atomic():
            self._session.work.advance()
            row.save(update_fields=["source_method", "source_done", "target_method", "target_done"])
        return row.target_done if side is Side.TARGET else row.source_done

    def _connection_of(self, side: Side) -> Any:
        return self._session.source_id if side is Side.SOURCE else self._session.target_id

    def _take(self, side: Side, page: Page | None) -> bool:
        """Take down what one page shows; returns whether it was the last."""
        row = self._row
        records = page.records if page else ()
        rows = self._rows(side, records)
        done = page is None or page.last
        with transaction.atomic():
            self._session.work.advance()
            if side is Side.TARGET:
                row.target_pages += 1
                if not done and row.target_pages >= MOST_TARGET_PAGES:
                    row.target_method, done = Method.ASKED, True
                row.target_done, row.target_position = done, dict(page.checkpoint) if page else None
            else:
                row.source_done, row.source_position = done, dict(page.checkpoint) if page else None
            row.seen += len(rows)
            self._keep(side, rows)
            row.save()
        if row.seen > MOST_RECORDS:
            raise self._too_much()
        return done

    def _rows(self, side: Side, records: Sequence[SourceRecord]) -> list[Any]:
        if side in (Side.TARGET, Side.TARGET_ASKED):
            return [self._reader.target_row(record) for record in records]
        return [self._reader.source_row(record) for record in records]

    def _keep(
        self,
        side: Side,
        rows: Sequence[Any],
        asked: Sequence[str] = (),
        unclear: Sequence[str] = (),
        *,
        place: str = "",
    ) -> None:
        if rows or asked or unclear:
            SeenPage.objects.create(
                customer_id=self._session.customer_id,
                run_id=self._session.run_id,
                side=side,
                place=place,
                rows=[list(row) for row in rows],
                asked=list(asked),
                unclear=list(unclear),
            )

    def _too_much(self) -> RunStoppedError:
        sentence = (
            f"More than {MOST_RECORDS:,} records were changed in these days: choose fewer days at a time. "
            "Nothing was changed."
        )
        error = MisconfiguredError(sentence, business_class=BusinessClass.TOO_LARGE)
        return RunStoppedError(error, self._session.source_id)

    def _end_or_ask(self) -> Questions | None:
        """Write down what it comes to, unless something has still to be asked: then return that."""
        with transaction.atomic():
            self._session.work.confirm()
            picture = picture_of(self._session, self._row)
            if picture.made is not None and len(picture.made.things) > MOST_RECORDS:
                raise self._too_much()
            questions = picture.questions()
            if questions:
                return questions
            finish(self._session, self._row, picture)
            for connection_id in (self._session.source_id, *picture.answered(self._session.target_id)):
                connection_state.mark_working(connection_id)
            Run.objects.filter(id=self._session.run_id).update(reading_done=True)
        self._session.reading_done = True
        return None

    def _ask(self, questions: Questions) -> bool:
        """Ask all sides for single records. Returns False when the time is up before the last of them."""
        session, pinned = self._session, self._session.pinned
        both = (
            _Asked(Side.TARGET_ASKED, session.target, pinned.target_object, session.target_id),
            _Asked(Side.SOURCE_ASKED, session.source, pinned.source_object, session.source_id),
        )
        for asked, keys in zip(both, (questions.target, questions.source), strict=True):
            if not self._ask_for(asked, keys):
                return False
        return all(self._ask_place(place, keys) for place, keys in questions.made) and all(
            self._look_again(place, names) for place, names in questions.again
        )

    def _ask_place(self, place: Place, keys: Sequence[str]) -> bool:
        return self._at(
            place,
            Side.MADE_ASKED,
            keys,
            lambda connector: self._ask_for(
                _Asked(Side.MADE_ASKED, connector, place.kind, place.connection.id, place), keys
            ),
        )

    def _look_again(self, place: Place, names: Mapping[str, str]) -> bool:
        """Look by business key for what is gone under its number; `names` by number."""
        return self._at(place, Side.MADE_AGAIN, list(names), lambda connector: self._look_for(place, connector, names))

    def _look_for(self, place: Place, connector: Connector, names: Mapping[str, str]) -> bool:
        lost = list(names)
        for start in range(0, len(lost), ASKED_SINGLY):
            portion = {key: names[key] for key in lost[start : start + ASKED_SINGLY]}
            found = self._complete(_found_again(connector, place, portion))
            rows = [place.reader.row(record)._replace(own=key) for key, record in (found or {}).items()]
            asked, unclear = (portion, ()) if found is not None else ((), portion)
            with transaction.atomic():
                self._session.work.advance()
                self._keep(Side.MADE_AGAIN, rows, list(asked), list(unclear), place=place.name)
            if self._is_time_up():
                return False
        return True

    def _at(self, place: Place, side: Side, keys: Sequence[str], ask: Callable[[Connector], bool]) -> bool:
        """Ask a system that steps write to; one that cannot be opened, being switched off, say, would not say anything."""
        connection_id = place.connection.id
        breaker.require_closed([connection_id])
        try:
            with transaction.atomic():
                connector = open_connector(place.connection, correlation_id=self._session.correlation_id)
        except (RemoteError, UnsealError):
            with transaction.atomic():
                self._session.work.advance()
                self._keep(side, (), unclear=keys, place=place.name)
            return True
        self._complete(connector.__aenter__())
        try:
            return ask(connector)
        finally:
            self._complete(connector.__aexit__(None, None, None))
            call_hours.note_calls(connection_id, connector.take_counts())

    def _ask_for(self, asked: "_Asked", keys: Sequence[str]) -> bool:
        singly = asked.kind.reading is not None and asked.kind.reading.one_path
        size = ASKED_SINGLY if singly else ASKED_TOGETHER
        for start in range(0, len(keys), size):
            portion = keys[start : start + size]
            found, unclear = self._complete(_answers(asked, portion))
            answered = [key for key in portion if key not in unclear]
            rows = self._rows(asked.side, found) if asked.place is None else [*map(asked.place.reader.row, found)]
            with transaction.atomic():
                self._session.work.advance()
                name = asked.place.name if asked.place is not None else ""
                self._keep(asked.side, rows, answered, sorted(unclear), place=name)
            if self._is_time_up():
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is asked for single records."""

    side: Side
    connector: Connector
    kind: ObjectManifest
    connection_id: UUID
    place: Place | None = None


async def _answers(asked: _Asked, keys: Sequence[str]) -> tuple[list[SourceRecord], set[str]]:
    """Return the records that are there, and about which keys the system would not say. Raises as `reconcile_on`."""
    found, unclear, kind = list[SourceRecord](), set[str](), asked.kind
    singly = kind.reading is not None and bool(kind.reading.one_path)
    for wanted in ([key] for key in keys) if singly else (list(keys),):
        try:
            async for page in asked.connector.read(kind.name, None, wanted):
                found += [record for record in page.records if record.key in wanted]
        except RemoteError as error:
            # A refusal says nothing about the record: the right to see it may be all that is gone.
            if error.kind not in (FailureKind.REJECTED, FailureKind.MISCONFIGURED):
                raise stopped_or_away(error, asked.connection_id) from error
            unclear |= set(wanted)
    return found, unclear


async def _found_again(connector: Connector, place: Place, names: Mapping[str, str]) -> dict[str, SourceRecord] | None:
    """Return the records of these business keys by the number that is gone; None where the system would not say."""
    try:
        found = await connector.find(place.kind.name, sorted(set(names.values())))
    except RemoteError as error:
        if error.kind not in (FailureKind.REJECTED, FailureKind.MISCONFIGURED):
            raise stopped_or_away(error, place.connection.id) from error
        return None
    return {
        key: SourceRecord(place.kind.name, found[name].key, "", found[name].values)
        for key, name in names.items()
        if name in found
    }


def _knows_no_spans(error: RemoteError) -> bool:
    """Say whether a system cannot be asked for a span of time, or for a list at all; other failures are no such answer."""
    return isinstance(error, MisconfiguredError) and error.business_class is BusinessClass.VALIDATION


async def _following(pages: AsyncIterator[Page]) -> Page | None:
    return await anext(pages, None)
