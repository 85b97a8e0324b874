"""The extract step: an outside record becomes a canonical one, with a person's corrections laid over it."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.canonical.registry import restore
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.contract import SourceRecord
from apps.flows.engine.records import Correction, Extracted
from apps.flows.mapping.compiled import CompiledMapping


class ExtractStep:
    """Reads records through the source's mapping."""

    kind = "extract"
    owner_queue = "integration"

    def __init__(self, described: CanonicalType, reading: CompiledMapping) -> None:
        self.described = described
        self.reading = reading

    def plan(self, record: SourceRecord, correction: Correction | None = None) -> Extracted:
        """Return the record in canonical form. The source's own key stands in where no line fills the id."""
        canonical, _, problems = self.reading.apply(record.values)
        if "id" not in canonical and record.key:
            canonical["id"] = record.key
        if correction is not None:
            return self._finish(*self._corrected(Extracted(canonical, problems), correction.values))
        return self._finish(canonical, problems)

    def _finish(self, canonical: dict[str, Any], problems: tuple[Any, ...]) -> Extracted:
        canonical.update(self.described.derive(canonical))
        return Extracted(canonical, problems)

    def _corrected(self, read: Extracted, values: Mapping[str, Any]) -> Extracted:
        corrected, wrong = restore(self.described, values)
        canonical = {name: value for name, value in read.canonical.items() if name not in values}
        kept = tuple(problem for problem in read.problems if problem.field not in values)
        return Extracted(canonical | corrected, kept + wrong)
