"""Keeps which record names which other one, so that a matter can be followed when the records themselves are gone."""

from collections.abc import Iterable
from typing import Any

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
ON CONFLICT (customer_id, business_key, field) DO UPDATE
SET connection_id = excluded.connection_id, to_type = excluded.to_type, outside_key = excluded.outside_key
WHERE flows_recordreference.outside_key <> excluded.outside_key
"""


def keep_references(session: Session, judged: Iterable[tuple[Entry, Verdict]]) -> None:
    """Keep what the batch's records name. In the transaction that settles them; nothing for types that name nothing kept."""
    kind = session.compiled.described.name
    fields = kept_fields(kind)
    if not fields:
        return
    rows: dict[tuple[str, str], tuple[Any, ...]] = {}
    for entry, _verdict in judged:
        planned = entry.planned
        for name, to_type in fields:
            named = planned.canonical.get(name)
            if entry.repeat is None and named not in (None, ""):
                key = planned.business_key[:200]
                outside = str(named).replace("\x00", "")[:_LONGEST]
                rows[key, name] = (
                    new_id(), session.customer_id, session.source_id, kind, key, name, to_type, outside,
                )  # fmt: skip
    if rows:
        with connection.cursor() as cursor:
            # In one order for all writers, so that two of them never wait for each other.
            cursor.execute(_WRITE, [list(column) for column in zip(*(rows[key] for key in sorted(rows)), strict=True)])
