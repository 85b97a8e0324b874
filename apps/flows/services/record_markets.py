"""Keeps which service line, segment and region clients and deals belong to, so that failures can be counted by them."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from apps.connectors.canonical.markets import TOLD_BY
from apps.flows.services.entries import Entry
from apps.flows.services.ledger_writes import new_id
from apps.flows.services.session import Session
from apps.flows.services.verdicts import Verdict

_PARTS = ("service_line", "segment", "region")
_KEY, _NAME, _PART = 200, 120, 80  # letters
_WRITE = """
INSERT INTO flows_recordmarket AS kept (id, customer_id, connection_id, canonical_type, business_key, outside_key, name, project,
                                        service_line, segment, region)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::text[], %s::text[])
ON CONFLICT (customer_id, business_key) DO UPDATE
SET connection_id = excluded.connection_id, outside_key = excluded.outside_key, name = excluded.name,
    project = excluded.project, service_line = excluded.service_line, segment = excluded.segment, region = excluded.region
WHERE (kept.connection_id, kept.outside_key, kept.name, kept.project, kept.service_line, kept.segment, kept.region)
  <> (excluded.connection_id, excluded.outside_key, excluded.name, excluded.project, excluded.service_line, excluded.segment, excluded.region)
"""


def keep_markets(session: Session, judged: Iterable[tuple[Entry, Verdict]]) -> None:
    """Keep what the batch's clients or deals say. In the transaction that settles them; nothing for records of other types.

    What was refused counts too: its source has said it all the same.
    """
    kind = session.compiled.described.name
    told = TOLD_BY.get(kind, {})
    if not told:
        return
    rows: dict[str, tuple[Any, ...]] = {}
    for entry, _verdict in judged:
        planned = entry.planned
        if entry.repeat is not None:
            continue
        key = planned.business_key[:_KEY]
        name, project = (planned.refs.client, "") if kind == "Customer" else ("", planned.refs.project)
        parts = [_text(planned.canonical.get(told.get(part, "")), _PART) for part in _PARTS]
        rows[key] = (
            new_id(), session.customer_id, session.source_id, kind, key, planned.source_key[:_NAME],
            _text(name, _NAME), _text(project, _NAME), *parts,
        )  # fmt: skip
    if rows:
        with connection.cursor() as cursor:
            # In one order for all writers, so that two of them never wait for each other.
            cursor.execute(_WRITE, [list(column) for column in zip(*(rows[key] for key in sorted(rows)), strict=True)])


def _text(value: object, longest: int) -> str:
    return "" if value is None else str(value).replace("\x00", "").strip()[:longest]
