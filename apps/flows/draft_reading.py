"""What was typed into the editor's form, as one change of the draft."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.flows.engine.content import FlowContent, step_name
from apps.flows.engine.edits import PARTS, Edit, EditError, SetPart, SetStep
from apps.flows.engine.step_forms.reading import Sent, is_empty, read_fields
from apps.flows.queries.draft_page import READING_STEP, choose_step

MOST_CHARACTERS = 200_000  # of one change as JSON; far more than any step that somebody reads
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # JSON may say them, the database keeps neither
_FILTER = "filter"


def require_storable(value: Any) -> None:
    """Refuse what cannot be kept: a change that is too large, or a character that is none. Raises EditError."""
    if len(json.dumps(value, default=str)) > MOST_CHARACTERS:
        raise EditError("This is too long to be kept: make it shorter.")
    if any(_UNSTORABLE.search(text) for text in _texts(value)):
        raise EditError("A text has a character in it that cannot be kept: take it out.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (str(key), *_texts(inner))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


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
    require_storable(read)
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
