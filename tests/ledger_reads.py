"""How much of the ledger statements read: counted by the database while it runs them, never guessed from what it expects.

count_rows_of(partner)                       # the planner knows the tables, whatever other tests left of its figures
with watched_ledger() as reads:
    ...                                      # in the partner's scope, or through a test client
assert reads.largest(limit) == []
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, connections
from psycopg import sql

from apps.tenants.scope import PartnerRef

LEDGER = "flows_operation"


def count_rows_of(partner: PartnerRef) -> None:
    """Let the database take its figures of the partner's tables now: without them it expects what an empty table held."""
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [partner.schema_name])
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("ANALYZE {}.{}").format(*map(sql.Identifier, (partner.schema_name, table))))


@dataclass(frozen=True, slots=True)
class Read:
    """One statement: how many lines of the ledger it looked at, whether without an index, and the statement itself."""

    lines: int
    unaided: bool
    statement: str

    def __str__(self) -> str:
        return f"{self.lines} lines{', without an index' if self.unaided else ''}: {' '.join(self.statement.split())[:600]}"


@dataclass(slots=True)
class Reads:
    """The statements that asked the ledger, each kind of statement once."""

    found: dict[str, Read] = field(default_factory=dict)

    def __call__(self, execute: Any, statement: Any, values: Any, many: Any, context: Any) -> Any:
        """Run a statement, and once more to see how it reads."""
        result = execute(statement, values, many, context)
        words = statement if isinstance(statement, str) else ""
        if LEDGER in words and words.lstrip("( \n").upper().startswith(("SELECT", "WITH")) and words not in self.found:
            with connection.connection.cursor() as beside:
                beside.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {words}", values)
                plan = beside.fetchone()[0][0]["Plan"]
            nodes = [node for node in _nodes(plan) if node.get("Relation Name") == LEDGER]
            unaided = any(node["Node Type"] == "Seq Scan" and node["Actual Loops"] for node in nodes)
            self.found[words] = Read(sum(map(_looked_at, nodes)), unaided, words)
        return result

    def largest(self, limit: int) -> list[str]:
        """Return the statements that looked at more lines than `limit`.

        One that walks without an index and stops at its bound is judged like the others, by how far it came.
        """
        return [str(read) for read in self.found.values() if read.lines > limit]


@contextmanager
def watched_ledger() -> Iterator[Reads]:
    """Watch what is asked of the ledger inside."""
    reads = Reads()
    with connection.execute_wrapper(reads):
        yield reads


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _looked_at(node: dict[str, Any]) -> int:
    each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int(each * node["Actual Loops"])
