"""Finding a record by the idempotency key that its target was sent: no column holds it, but every ledger line implies it."""

import re
from itertools import islice
from uuid import UUID

from django.db.models import QuerySet

from apps.flows.engine.identity import EffectScope
from apps.flows.models import Operation, OperationStep
from apps.tenants import scope

_KEY = re.compile(r"([0-9a-f]{32})(?::(\d{1,4}))?")
_MOST_LOOKED_AT = 20_000  # the newest ones: working a key out costs some microseconds each
_CHUNK = 2_000


def find_by_effect_key(found: QuerySet[Operation], words: str) -> list[UUID]:
    """Return the lines among the newest of `found` whose delivery carried this idempotency key; [] for other words."""
    fits = _KEY.fullmatch(words.strip().lower())
    if fits is None:
        return []
    walked = OperationStep.objects.filter(idempotency_key=words.strip(), operation__in=found)
    ids = list(walked.values_list("operation_id", flat=True)[:10])
    return ids or _worked_out(found, fits[1], int(fits[2] or 0))


def _worked_out(found: QuerySet[Operation], key: str, revision: int) -> list[UUID]:
    schema = scope.require().partner.schema_name
    scopes: dict[UUID, EffectScope] = {}
    wanted = f"{key}:{revision}" if revision else key
    lines = found.filter(revision__gte=revision).order_by("-id")
    rows = lines.values_list("id", "flow_id", "flow__target_id", "source_key", "source_version")
    matching = []
    for line_id, flow_id, target_id, source_key, version in islice(rows.iterator(_CHUNK), _MOST_LOOKED_AT):
        if flow_id not in scopes:
            scopes[flow_id] = EffectScope(schema, str(flow_id), str(target_id))
        if scopes[flow_id].key(source_key, version, revision) == wanted:
            matching.append(line_id)
    return matching
