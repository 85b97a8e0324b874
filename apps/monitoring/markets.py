"""Which service line, segment and region a held-up record is about: told by itself, by its deal, or by its client."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple
from uuid import UUID

from django.db import connection

from apps.connectors.canonical.markets import TOLD_BY, Market, first_told
from apps.connectors.canonical.references import kept_fields
from apps.flows.models import Operation


class Asked(NamedTuple):
    """One of those who may say it: the record itself, the deal it names, its project's deal, its client."""

    customer_id: UUID
    who: Literal["itself", "deal", "project", "client"]
    word: str  # a business key, or what the ledger line says


# All from small tables and by their indexes; the ledger is not asked. A project is known by what its deal calls it, or by the
# number under which it was made from its deal; a client by its name, or by its number in any system. The deal that a client
# was made from says nothing of that client's other projects. Each way has a branch of its own, so that each uses its index.
_SAID = """
WITH asked AS (
  SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS asked (customer_id, who, word)
), meant AS (
  SELECT asked.*, asked.word AS business_key FROM asked WHERE who = 'itself'
  UNION SELECT asked.*, deal.business_key
  FROM asked
  JOIN flows_recordreference AS named ON named.customer_id = asked.customer_id AND named.business_key = asked.word
   AND named.to_type = 'Opportunity'
  JOIN flows_recordmarket AS deal ON deal.customer_id = asked.customer_id AND deal.outside_key = named.outside_key
   AND deal.canonical_type = 'Opportunity'
  WHERE who = 'deal'
  UNION SELECT asked.*, known.business_key
  FROM asked
  JOIN flows_link AS known ON known.customer_id = asked.customer_id AND known.outside_key = asked.word
   AND known.canonical_type = CASE who WHEN 'project' THEN 'Project' ELSE 'Customer' END
  WHERE who IN ('project', 'client')
  UNION SELECT asked.*, deal.business_key
  FROM asked
  JOIN flows_recordmarket AS deal ON deal.customer_id = asked.customer_id AND deal.project = asked.word AND deal.project <> ''
  WHERE who = 'project'
  UNION SELECT asked.*, client.business_key
  FROM asked
  JOIN flows_recordmarket AS client ON client.customer_id = asked.customer_id AND client.name = asked.word AND client.name <> ''
  WHERE who = 'client'
  UNION SELECT asked.*, client.business_key
  FROM asked
  JOIN flows_recordmarket AS client ON client.customer_id = asked.customer_id AND client.outside_key = asked.word
   AND client.canonical_type = 'Customer'
  WHERE who = 'client'
)
SELECT meant.customer_id, meant.who, meant.word, said.service_line, said.segment, said.region
FROM meant
JOIN flows_recordmarket AS said ON said.customer_id = meant.customer_id AND said.business_key = meant.business_key
WHERE meant.who <> 'client' OR said.canonical_type = 'Customer'
"""


def markets_of(operations: Iterable[Operation]) -> dict[UUID, Market]:
    """Return what is known of each ledger line's record. One query however many there are; none where they name nobody."""
    asked = {operation.id: tuple(_asked(operation)) for operation in operations}
    said = _said({one for some in asked.values() for one in some})
    return {key: first_told(said[one] for one in some) for key, some in asked.items()}


def _asked(operation: Operation) -> Iterator[Asked]:
    """Yield who may say it, the nearest first."""
    kind, customer_id = operation.canonical_type, operation.customer_id
    if kind in TOLD_BY:
        yield Asked(customer_id, "itself", operation.business_key)
    if any(to_type == "Opportunity" for _field, to_type in kept_fields(kind)):
        yield Asked(customer_id, "deal", operation.business_key)
    if operation.project_ref:
        yield Asked(customer_id, "project", operation.project_ref)
    if operation.client_ref:
        yield Asked(customer_id, "client", operation.client_ref)


def _said(asked: set[Asked]) -> defaultdict[Asked, list[Market]]:
    found: defaultdict[Asked, list[Market]] = defaultdict(list)
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(_SAID, [list(column) for column in zip(*sorted(asked), strict=True)])
            for customer_id, who, word, *parts in cursor.fetchall():
                found[Asked(customer_id, who, word)].append(Market(*parts))
    return found
