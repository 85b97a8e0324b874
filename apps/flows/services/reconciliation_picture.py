"""All that is known of a window's records on both sides and in the ledger, and what has still to be asked. Call in a transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Max

from apps.flows.engine.absence import NO_NUMBER, is_deletion
from apps.flows.engine.identity import fit_version, instant_of
from apps.flows.engine.reconcile import Absence, Cause, Entry, Line, Money, Shown, finding_of, mark_of
from apps.flows.engine.states import OperationState, RunState
from apps.flows.models import Operation, Reconciliation, Run, SeenPage
from apps.flows.services.ledger_writes import lowest_id_at
from apps.flows.services.made_again import look_again
from apps.flows.services.reconciliation_sides import SourceRow, TargetRow
from apps.flows.services.reconciliation_steps import MadeThings, Place, Thing, keys_walked, things_of
from apps.flows.services.session import Session

# A version that was read later than this after its window is met where the source still shows it, and only there.
READ_WITHIN = timedelta(days=31)
_DELIVERED = (OperationState.WRITTEN, OperationState.UNCHANGED)
_AT_ONCE = 2_000
_IN_WINDOW = """
SELECT business_key, source_version, created_at FROM flows_operation
WHERE customer_id = %s AND flow_id = %s AND id >= %s AND id < %s
"""
_LINES = """
SELECT id, business_key, source_key, source_version, target_key, state, error_class, label, amount, currency
FROM flows_operation WHERE flow_id = %s AND canonical_type = %s AND business_key = ANY(%s) ORDER BY id
"""
_LINKS = """
SELECT business_key, outside_key FROM flows_link
WHERE connection_id = %s AND canonical_type = %s AND business_key = ANY(%s)
"""


@dataclass(slots=True)
class Known:
    """What the ledger knows of one record: `findings` are its open ones by what was found, and the mark of what it is about.

    `accepted` are the marks of what a person left as it is: "" for the record itself, else something that was made of it.
    """

    source_key: str = ""
    target_key: str = ""
    label: str = ""
    lines: list[Line] = field(default_factory=list)
    delivered_id: UUID | None = None
    last_id: UUID | None = None
    findings: dict[tuple[Cause, str], UUID] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)

    @property
    def is_delivered(self) -> bool:
        """Return True when the ledger says that the target holds it."""
        return self.delivered_id is not None

    @property
    def carried(self) -> Money | None:
        """Return what the version that was delivered last is worth."""
        return next((line.money for line in reversed(self.lines) if line.state in _DELIVERED), None)


@dataclass(slots=True)
class Questions:
    """What has still to be asked: the source's own keys, the target's, and those of the places that steps write to."""

    source: list[str] = field(default_factory=list)
    target: list[str] = field(default_factory=list)
    made: list[tuple[Place, list[str]]] = field(default_factory=list)
    again: list[tuple[Place, dict[str, str]]] = field(default_factory=list)  # by business key, what is gone there

    def __bool__(self) -> bool:
        """Say whether there is anything to ask."""
        return bool(self.source or self.target or self.made or self.again)


@dataclass(slots=True)
class Picture:
    """Both sides and the ledger of one window. `window` are the keys the statement is about, `again` those looked at besides.

    With `made`, the flow writes step by step: its records are set against the ledger, and what was made of them against the
    systems that should hold it.
    """

    by_ledger: bool  # the source lists nothing: what the ledger was given stands for it
    read_before: datetime | None
    source: dict[str, SourceRow] = field(default_factory=dict)
    source_asked: dict[str, SourceRow | None] = field(default_factory=dict)
    source_unclear: set[str] = field(default_factory=set)
    target: dict[str, TargetRow] = field(default_factory=dict)
    target_asked: set[str] = field(default_factory=set)
    target_unclear: set[str] = field(default_factory=set)
    known: dict[str, Known] = field(default_factory=dict)
    window: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    by_own: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    made: MadeThings | None = None

    def questions(self) -> Questions:
        """Return what has to be asked before the records can be judged."""
        asked = Questions()
        if self.made is not None:
            asked.made, asked.again = self.made.questions(), self.made.questions_again()
        lost = self.made.lost_keys() if self.made is not None else set()
        for key in sorted(self.window | self.again | lost):
            known = self.known.get(key)
            if known is None:
                continue
            if self.made is None and known.is_delivered and not self._target_is_known(known.target_key):
                asked.target.append(known.target_key)
            if self._source_is_wanted(key, known, lost):
                asked.source.append(known.source_key)
        return asked

    def _target_is_known(self, key: str) -> bool:
        return not key or key in self.target or key in self.target_asked or key in self.target_unclear

    def _source_is_wanted(self, key: str, known: Known, lost: Collection[str]) -> bool:
        if key in self.source or known.source_key.startswith(NO_NUMBER) or not known.source_key:
            return False
        if known.source_key in self.source_asked or known.source_key in self.source_unclear:
            return False
        return not self.by_ledger and (known.is_delivered or key in self.again or key in lost)

    def answered(self, target_id: UUID) -> set[UUID]:
        """Return which connections answered besides the source's: the target's, or those that steps write to."""
        if self.made is None:
            return {target_id}
        return {place.connection.id for name, place in self.made.places.items() if self.made.asked[name]}

    def entries(self, keys: Iterable[str]) -> Iterator[Entry]:
        """Yield records as they are judged."""
        for key in sorted(keys):
            yield self._entry(key, self.known.get(key, Known()))

    def things(self, *, window: bool) -> Iterator[tuple[Thing, Entry]]:
        """Yield what was made, as it is judged: of the window's records, or of those looked at besides."""
        if self.made is None:
            return
        for thing in self.made.things:
            if (thing.business_key in self.made.window) is window:
                known = self.known.get(thing.business_key, Known())
                gone = thing.business_key not in self.source and self._absence(known) is Absence.GONE
                yield thing, self.made.entry(thing, accepted=thing.mark in known.accepted, source_gone=gone)

    def row_of(self, key: str) -> SourceRow | None:
        """Return what the source shows of a record: in the window, or when it was asked for by itself."""
        if key in self.source:
            return self.source[key]
        known = self.known.get(key)
        return self.source_asked.get(known.source_key) if known is not None and key in self.again else None

    def _entry(self, key: str, known: Known) -> Entry:
        row = self.row_of(key)
        moment = instant_of(row.version) if row is not None else None
        lines = tuple(known.lines)
        return Entry(
            key,
            self._source_shown(row, known),
            self._target_shown(row, known),
            lines,
            version=fit_version(row.version) if row is not None else self._ledger_version(known),
            absence=self._absence(known),
            expected=row.expected_money if row is not None else None,
            read_before=bool(moment and self.read_before and moment < self.read_before),
            asked=bool(known.target_key) and known.target_key not in self.target_unclear,
            accepted="" in known.accepted,
        )

    def _target_shown(self, row: SourceRow | None, known: Known) -> Shown | None:
        if self.made is None:
            return _shown(self._held(row, known))
        # There is no one target: what was carried through stands as the ledger says.
        return Shown(1, known.carried) if known.is_delivered else None

    def _source_shown(self, row: SourceRow | None, known: Known) -> Shown | None:
        if row is not None:
            return Shown(1, row.money)
        if self.by_ledger and known.lines:
            return Shown(1, known.lines[-1].money)
        if self.made is not None and self._was_read_since(known):
            return Shown(1, known.carried)
        return None

    def _was_read_since(self, known: Known) -> bool:
        """Say whether the source changed a record after the window, and that was read as well: as is the mark of a walk's end."""
        row = self.source_asked.get(known.source_key)
        return row is not None and fit_version(row.version) in {line.version for line in known.lines}

    def _ledger_version(self, known: Known) -> str:
        return known.lines[-1].version if self.by_ledger and known.lines else ""

    def _absence(self, known: Known) -> Absence:
        if known.source_key not in self.source_asked:
            return Absence.UNKNOWN
        return Absence.GONE if self.source_asked[known.source_key] is None else Absence.CHANGED

    def _held(self, row: SourceRow | None, known: Known) -> list[TargetRow]:
        keys = {known.target_key} if known.target_key else set[str]()
        if row is not None and row.own:
            keys.update(self.by_own.get(row.own, ()))
        return [self.target[key] for key in sorted(keys) if key in self.target]


def picture_of(session: Session, row: Reconciliation) -> Picture:
    """Put together what was seen so far. Some statements a thousand records; in a transaction."""
    picture = Picture(
        by_ledger=row.source_method == Reconciliation.Method.LEDGER,
        read_before=_last_reading(session.flow_id, row.begun_at),
    )
    _read_pages(picture, session.run_id)
    created = _created_in_window(session, row)
    findings = _open_findings(session.flow_id)
    walks = session.compiled.definition.walks
    walked = keys_walked(session, row) if walks else set()
    keys = picture.source.keys() | created | findings | walked
    picture.known = _known(session, keys)
    unplaced = {key for key, one in picture.source.items() if instant_of(one.version) is None}
    for key in unplaced - created:
        if picture.known.get(key, Known()).lines:
            del picture.source[key]  # it was read on another day, and says nothing of its own about when it changed
    picture.window = picture.source.keys() | created
    picture.again = findings - picture.window
    if walks:
        picture.made = things_of(session, picture.window | walked, picture.again)
        for page in _pages(session.run_id, SeenPage.Side.MADE_ASKED):
            picture.made.read_page(page)
        look_again(picture.made, _pages(session.run_id, SeenPage.Side.MADE_AGAIN))
    return picture


def _read_pages(picture: Picture, run_id: UUID) -> None:
    side = SeenPage.Side
    for page in _pages(run_id, side.SOURCE, side.SOURCE_ASKED, side.TARGET, side.TARGET_ASKED):
        if page.side in (side.SOURCE, side.SOURCE_ASKED):
            rows = [SourceRow(*stored) for stored in page.rows]
            if page.side == side.SOURCE:
                picture.source.update({one.business_key: one for one in rows})
                continue
            found = {one.key: one for one in rows}
            picture.source_asked.update({key: found.get(key) for key in page.asked})
            picture.source_unclear.update(page.unclear)
            continue
        picture.target.update({one.key: one for one in (TargetRow(*stored) for stored in page.rows)})
        picture.target_asked.update(page.asked)
        picture.target_unclear.update(page.unclear)
    for key, one in picture.target.items():
        if one.own:
            picture.by_own[one.own].append(key)


def _pages(run_id: UUID, *sides: SeenPage.Side) -> Iterator[SeenPage]:
    return SeenPage.objects.filter(run_id=run_id, side__in=sides).order_by("id").iterator(chunk_size=50)


def _created_in_window(session: Session, row: Reconciliation) -> set[str]:
    """Return the keys of the ledger's lines whose version came to be in the window: by its instant, else by the reading."""
    low, high = lowest_id_at(row.since), lowest_id_at(row.until + READ_WITHIN)
    with connection.cursor() as cursor:
        cursor.execute(_IN_WINDOW, [session.customer_id, session.flow_id, low, high])
        return {
            key
            for key, version, created_at in cursor.fetchall()
            if not is_deletion(version)
            and finding_of(version) is None
            and row.since <= (instant_of(version) or created_at) < row.until
        }


def _open_findings(flow_id: UUID) -> set[str]:
    found = Operation.objects.filter(flow_id=flow_id, state=OperationState.REJECTED, error_class="unreconciled")
    return set(found.order_by().values_list("business_key", flat=True)[:_AT_ONCE])


def _known(session: Session, keys: Collection[str]) -> dict[str, Known]:
    known: dict[str, Known] = defaultdict(Known)
    kind = session.compiled.described.name
    ordered = sorted(keys)
    for start in range(0, len(ordered), _AT_ONCE):
        portion = ordered[start : start + _AT_ONCE]
        with connection.cursor() as cursor:
            cursor.execute(_LINES, [session.flow_id, kind, portion])
            for line in cursor.fetchall():
                _add_line(known[line[1]], *line)
            cursor.execute(_LINKS, [session.target_id, kind, portion])
            for key, outside_key in cursor.fetchall():
                if key in known and outside_key:
                    known[key].target_key = outside_key
    return dict(known)


def _add_line(  # noqa: PLR0913, PLR0917  the columns of one row
    known: Known,
    line_id: UUID,
    _key: str,
    source_key: str,
    version: str,
    target_key: str,
    state: str,
    error_class: str,
    label: str,
    amount: Decimal | None,
    currency: str,
) -> None:
    known.source_key = source_key
    if is_deletion(version):
        return
    cause = finding_of(version)
    if cause is not None:
        mark = mark_of(version)
        known.accepted.discard(mark)  # the latest one counts
        if state == OperationState.SKIPPED:
            known.accepted.add(mark)
        if state == OperationState.REJECTED:
            known.findings[cause, mark] = line_id
        return
    known.label, known.last_id = label, line_id
    known.lines.append(Line(version, OperationState(state), error_class, Money.of(amount, currency)))
    if state in _DELIVERED:
        known.delivered_id = line_id
        known.target_key = target_key or known.target_key


def _last_reading(flow_id: UUID, before: datetime) -> datetime | None:
    """Return when the last reading of all changes began that came to its end."""
    ended = Run.objects.filter(
        flow_id=flow_id,
        mode=Run.Mode.READ,
        reading_done=True,
        started_at__lt=before,
        state__in=[RunState.CLEAN, RunState.PARTIAL, RunState.EMPTY, RunState.WAITING],
    )
    last: datetime | None = ended.aggregate(last=Max("started_at"))["last"]
    return last


def _shown(held: list[TargetRow]) -> Shown | None:
    """Return what the target holds of one record, together."""
    if not held:
        return None
    worth = [one.money for one in held]
    currencies = {money.currency for money in worth if money is not None}
    if None in worth or len(currencies) != 1:
        return Shown(len(held))
    total = sum((money.value for money in worth if money is not None), Decimal(0))
    return Shown(len(held), Money(total, currencies.pop()))
