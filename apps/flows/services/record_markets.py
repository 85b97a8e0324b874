"""Keeps which service line, segment and region clients and deals belong to, so that failures can be counted by them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import connection

from apps.connectors.canonical.markets import TOLD_BY
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.shapes import LedgerReferences
from apps.flows.services.entries import Entry
from apps.flows.services.ledger_writes import new_id
from apps.flows.services.record_references import Said
from apps.flows.services.session import Session
from apps.flows.services.verdicts import Verdict

_PARTS = ("service_line", "segment", "region")
_KEY, _NAME, _PART = 200, 120, 80  # letters
_WRITE = """
INSERT INTO flows_recordmarket AS kept (id, customer_id, connection_id, canonical_type, business_key, outside_key, name, project,
                                        service_line, segment, region)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::text[], %s::text[])
ON CONFLICT (customer_id, business_key) DO
"""
_SAYS_NOW = """
UPDATE SET connection_id = excluded.connection_id, outside_key = excluded.outside_key, name = excluded.name,
    project = excluded.project, service_line = excluded.service_line, segment = excluded.segment, region = excluded.region
WHERE (kept.connection_id, kept.outside_key, kept.name, kept.project, kept.service_line, kept.segment, kept.region)
  <> (excluded.connection_id, excluded.outside_key, excluded.name, excluded.project, excluded.service_line, excluded.segment, excluded.region)
"""
_SAID_ONCE = "NOTHING"


class SaidOfItself(NamedTuple):
    """What a client or a deal said, in canonical form, under which number of its source, and whom the ledger names by it."""

    said: Said
    source_key: str
    refs: LedgerReferences


def keep_markets(session: Session, judged: Iterable[tuple[Entry, Verdict]]) -> None:
    """Keep what the batch's clients or deals say. In the transaction that settles them; nothing for records of other types.

    What was refused counts too: its source has said it all the same.
    """
    kind = session.compiled.described.name
    if kind in TOLD_BY:
        planned = (entry.planned for entry, _verdict in judged if entry.repeat is None)
        _write(
            (
                SaidOfItself(
                    Said(session.customer_id, session.source_id, kind, one.business_key, one.canonical),
                    one.source_key,
                    one.refs,
                )
                for one in planned
            ),
            _SAYS_NOW,
        )


def add_markets(records: Iterable[Said], source_keys: Mapping[str, str]) -> int:
    """Keep what earlier clients and deals said where nothing is kept of them yet; returns how many are new.

    `source_keys` are their numbers in the source, by business key.
    """
    told = (said for said in records if said.canonical_type in TOLD_BY)
    return _write(
        (
            SaidOfItself(
                said, source_keys[said.business_key], canonical_type(said.canonical_type).references(said.values)
            )
            for said in told
        ),
        _SAID_ONCE,
    )


def _write(records: Iterable[SaidOfItself], where_kept: str) -> int:
    rows = {said.business_key[:_KEY]: _row(said, number, refs) for said, number, refs in records}
    if not rows:
        return 0
    with connection.cursor() as cursor:
        # In one order for all writers, so that two of them never wait for each other.
        columns = [list(column) for column in zip(*(rows[key] for key in sorted(rows)), strict=True)]
        cursor.execute(_WRITE + where_kept, columns)
        return int(cursor.rowcount)


def _row(said: Said, source_key: str, refs: LedgerReferences) -> tuple[Any, ...]:
    kind, told = said.canonical_type, TOLD_BY[said.canonical_type]
    name, project = (refs.client, "") if kind == "Customer" else ("", refs.project)
    parts = [_text(said.values.get(told.get(part, "")), _PART) for part in _PARTS]
    return (
        new_id(), said.customer_id, said.source_id, kind, said.business_key[:_KEY], source_key[:_NAME],
        _text(name, _NAME), _text(project, _NAME), *parts,
    )  # fmt: skip


def _text(value: object, longest: int) -> str:
    return "" if value is None else str(value).replace("\x00", "").strip()[:longest]
