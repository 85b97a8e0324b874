"""Keeps which record names which other one, so that a matter can be followed when the records themselves are gone."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from apps.connectors.canonical.references import kept_fields
from apps.flows.services.entries import Entry
from apps.flows.services.ledger_writes import new_id
from apps.flows.services.session import Session
from apps.flows.services.verdicts import Verdict

_LONGEST = 120
_WRITE = """
INSERT INTO flows_recordreference (id, customer_id, connection_id, canonical_type, business_key, field, to_type, outside_key)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (customer_id, business_key, field) DO
"""
_SAYS_NOW = """
UPDATE SET connection_id = excluded.connection_id, to_type = excluded.to_type, outside_key = excluded.outside_key
WHERE flows_recordreference.outside_key <> excluded.outside_key
"""
_SAID_ONCE = "NOTHING"


class Said(NamedTuple):
    """What a record said, in canonical form, and where it was read from."""

    customer_id: UUID
    source_id: UUID
    canonical_type: str
    business_key: str
    values: Mapping[str, Any]


def keep_references(session: Session, judged: Iterable[tuple[Entry, Verdict]]) -> None:
    """Keep what the batch's records name. In the transaction that settles them; nothing for types that name nothing kept."""
    kind = session.compiled.described.name
    if kept_fields(kind):
        planned = (entry.planned for entry, _verdict in judged if entry.repeat is None)
        _write(
            (Said(session.customer_id, session.source_id, kind, one.business_key, one.canonical) for one in planned),
            _SAYS_NOW,
        )


def add_references(records: Iterable[Said]) -> int:
    """Keep what earlier records named where nothing is kept of them yet; returns how many references are new."""
    return _write(records, _SAID_ONCE)


def _write(records: Iterable[Said], where_kept: str) -> int:
    rows: dict[tuple[str, str], tuple[Any, ...]] = {}
    for said in records:
        key = said.business_key[:200]
        for name, to_type in kept_fields(said.canonical_type):
            named = said.values.get(name)
            if named not in (None, ""):
                outside = str(named).replace("\x00", "")[:_LONGEST]
                rows[key, name] = (
                    new_id(), said.customer_id, said.source_id, said.canonical_type, key, name, to_type, outside,
                )  # fmt: skip
    if not rows:
        return 0
    with connection.cursor() as cursor:
        # In one order for all writers, so that two of them never wait for each other.
        columns = [list(column) for column in zip(*(rows[key] for key in sorted(rows)), strict=True)]
        cursor.execute(_WRITE + where_kept, columns)
        return int(cursor.rowcount)
