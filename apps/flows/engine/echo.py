"""Our own writing, known again: which fields of a record that came back say just what the flow there had written (pure).

A mapping loses: "planned" becomes "closed for time" there, and would come back as "closed". So what came back is not compared
with the record it was made from, but with what the flow there makes of that record. Where both say the same, nobody else has
changed the field, and it has nothing to tell.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import WriteMode
from apps.flows.engine.flow import CompiledFlow
from apps.flows.engine.ownership import is_same


class Echo:
    """The flow in the other direction, as far as its writing can be compared with what comes back."""

    __slots__ = ("_compiled", "_lines")

    def __init__(self, there: CompiledFlow) -> None:
        self._compiled = there
        self._lines: dict[str, list[str]] = defaultdict(list)
        incomparable = set()
        for line in there.delivery.lines:
            # A reference is written as a number of the other system, and these modes need not have written anything.
            if line.line.reference or line.line.write_mode is not WriteMode.OVERWRITE:
                incomparable.add(line.blame)
            self._lines[line.blame].append(line.target)
        for name in incomparable:
            del self._lines[name]

    def own_fields(self, ours: SourceRecord, returned: Mapping[str, Any]) -> frozenset[str]:
        """Return the canonical fields in which `returned` is what the flow there writes from `ours`, as it stands now."""
        canonical, problems = self._compiled.extract.plan(ours)
        mapped, _ = self._compiled.map.plan(canonical)
        if problems or mapped.problems:
            return frozenset()
        written = mapped.values
        return frozenset(
            name
            for name, targets in self._lines.items()
            if all(is_same(at_path(returned, target), written.get(target)) for target in targets)
        )
