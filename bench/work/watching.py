"""Watching what is asked of the database: every statement's time, and how the slowest one reads its tables."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from apps.tenants import scope
from apps.tenants.scope import PartnerRef


@dataclass(slots=True)
class Watch:
    """The statements of one page: (milliseconds, statement, values)."""

    seen: list[tuple[float, str, Any]] = field(default_factory=list)

    def __call__(self, execute: Any, statement: str, values: Any, many: Any, context: Any) -> Any:
        """Run a statement and keep how long it took."""
        begun = time.perf_counter()
        try:
            return execute(statement, values, many, context)
        finally:
            self.seen.append(((time.perf_counter() - begun) * 1000, statement, values))

    @property
    def milliseconds(self) -> float:
        """All statements together."""
        return sum(took for took, _, _ in self.seen)

    @property
    def slowest(self) -> tuple[float, str, Any]:
        """The one that took longest; (0, "", None) where nothing was asked."""
        return max(self.seen, key=lambda one: one[0], default=(0.0, "", None))


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch the statements of what runs inside."""
    watch = Watch()
    with connection.execute_wrapper(watch):
        yield watch


def explained(partner: PartnerRef, statement: str, values: Any) -> str:
    """Return which nodes of a plan read which tables, and how."""
    if not statement.lstrip("( \n").upper().startswith(("SELECT", "WITH")):
        return statement.split("(", maxsplit=1)[0][:60]
    with scope.work_in(partner), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        return ", ".join(dict.fromkeys(_readings(cursor.fetchone()[0][0]["Plan"])))


def _readings(node: dict[str, Any]) -> Iterator[str]:
    if "Scan" in node["Node Type"] and (name := node.get("Index Name") or node.get("Relation Name")):
        yield f"{node['Node Type'].replace(' Scan', '').lower()} {name}"
    for below in node.get("Plans", ()):
        yield from _readings(below)
