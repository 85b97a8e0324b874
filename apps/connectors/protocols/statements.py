"""Query statements out of a manifest's words, for systems that are read by a language like SQL (pure).

A reading's parameters say what is asked: "select" and "from", "where" for what always holds, "orderby". All others are
conditions: "MetaData.LastUpdatedTime >=" compares, "DisplayName in" takes several values, parted by `find_joiner`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apps.connectors.manifest import ObjectManifest

_CLAUSES = frozenset({"select", "from", "where", "orderby"})
BETWEEN_KEYS = "\n"  # what parts the values of one condition: no name that is looked for holds it


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language writes its literals and its order: `quote` gives a whole text literal, quotation marks included.

    `instant` is the same for a point in time.
    """

    quote: Callable[[str], str]
    order: str = "ORDER BY"
    instant: Callable[[str], str] | None = None


def backslashed(text: str) -> str:
    r"""Return a literal whose apostrophes are escaped: 'O\'Neil'."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def doubled(text: str) -> str:
    """Return a literal whose apostrophes are doubled: 'O''Neil'."""
    return "'" + text.replace("'", "''") + "'"


def statement_of(dialect: Dialect, spec: ObjectManifest, parameters: Mapping[str, str]) -> str:
    """Return the statement that asks for what `parameters` say, over what the manifest's reading always asks."""
    asked = {**(spec.reading.parameters if spec.reading else {}), **parameters}
    conditions = [asked["where"]] if asked.get("where") else []
    conditions += [_condition(dialect, name, value) for name, value in asked.items() if name not in _CLAUSES]
    parts = [f"SELECT {asked.get('select', '*')} FROM {asked['from']}"]  # noqa: S608  the literals below are quoted
    if conditions:
        parts.append(f"WHERE {' AND '.join(conditions)}")
    if asked.get("orderby"):
        parts.append(f"{dialect.order} {asked['orderby']}")
    return " ".join(parts)


def _condition(dialect: Dialect, name: str, value: str) -> str:
    if name.lower().endswith(" in"):
        literals = ", ".join(dialect.quote(text) for text in value.split(BETWEEN_KEYS))
        return f"{name} ({literals})"
    return f"{name} {(dialect.instant or dialect.quote)(value)}"
