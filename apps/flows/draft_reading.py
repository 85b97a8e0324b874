"""What was typed into the editor's form, as one change of the draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.flows.engine.content import FlowContent, step_name
from apps.flows.engine.edits import PARTS, Edit, EditError, SetPart, SetStep
from apps.flows.engine.step_forms.reading import Sent, is_empty, read_fields
from apps.flows.queries.draft_page import READING_STEP, choose_step

_FILTER = "filter"


@dataclass(frozen=True, slots=True)
class SetParts:
    """Several parts of the flow changed at once: kept together or not at all, and undone as one."""

    edits: Sequence[SetPart]

    @property
    def words(self) -> str:
        """What was done."""
        return "; ".join(edit.words for edit in self.edits)

    def apply(self, content: FlowContent) -> FlowContent:
        """Return the content with every part."""
        for edit in self.edits:
            content = edit.apply(content)
        return content


def read_edit(start: FlowContent, name: str, sent: Sent) -> Edit | None:
    """Return what changes a step, or the flow as a whole, from how it was in `start` to what was sent; None for nothing.

    Raises:
        EditError: there is no such step (any more).

    """
    chosen = choose_step(start, name)
    if chosen.name != name:
        raise EditError(f"There is no step called {name!r} any more: somebody removed it.")
    read = read_fields(chosen.fields, sent, chosen.stored)
    if name != READING_STEP:
        step = next(one for one in start.steps if step_name(one) == name)
        return None if read == dict(step) else SetStep(name, read)
    now, wanted = _parts(dict(chosen.stored)), _parts(read)
    changed = [SetPart(key, wanted.get(key)) for key in PARTS if now.get(key) != wanted.get(key)]
    return SetParts(changed) if changed else None


def _parts(flat: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a definition from the keys of its form, "filter.expression" among them."""
    inner = {key.partition(".")[2]: value for key, value in flat.items() if key.startswith(f"{_FILTER}.")}
    parts = {key: value for key, value in flat.items() if "." not in key}
    kept = {key: value for key, value in inner.items() if not is_empty(value)}
    return parts | ({_FILTER: kept} if kept else {})
