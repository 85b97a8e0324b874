"""The map step: a canonical record becomes what the target's object holds."""

from collections.abc import Mapping
from typing import Any

from apps.flows.engine.identity import fingerprint
from apps.flows.mapping.compile import CompiledMapping, Mapped


class MapStep:
    """Maps records with the flow's compiled delivery mapping."""

    kind = "map"
    owner_queue = "integration"

    def __init__(self, delivery: CompiledMapping) -> None:
        self.delivery = delivery

    def plan(self, canonical: Mapping[str, Any]) -> tuple[Mapped, str]:
        """Return what would be delivered and its fingerprint ("" when it cannot be delivered)."""
        mapped = self.delivery.apply(canonical)
        return mapped, "" if mapped.problems else fingerprint(mapped.values)
