"""Changes of lines that are not there any more: what an upper layer still changes although a lower one removed it (pure)."""

from collections.abc import Mapping, Sequence

from apps.connectors.manifest import MappingLine
from apps.flows.mapping.layers import Layer, LineChange, Origin

_WHOSE: Mapping[Origin, str] = {
    "system": "system's",
    "template": "template's",
    "partner": "partner's",
    "customer": "customer's",
}


def find_orphans(system: Sequence[MappingLine], template: Layer, partner: Layer, customer: Layer) -> dict[str, str]:
    """Return {target: sentence} of the changes that have no line to change and bring no value of their own.

    A change that says where the value comes from (source, expression or default) is a line of its own: no orphan.
    """
    present = {line.target for line in system}
    removed: dict[str, Origin] = {}
    orphans: dict[str, str] = {}
    upper: tuple[tuple[Origin, Layer], ...] = (("template", template), ("partner", partner), ("customer", customer))
    for origin, layer in upper:
        for entry in layer:
            if isinstance(entry, LineChange) and entry.removed:
                present.discard(entry.target)
                orphans.pop(entry.target, None)
                removed[entry.target] = origin
            elif entry.target in present or _stands_alone(entry):
                present.add(entry.target)
                orphans.pop(entry.target, None)
            else:
                orphans[entry.target] = _sentence(origin, removed.get(entry.target))
    return orphans


def _stands_alone(entry: LineChange | MappingLine) -> bool:
    if isinstance(entry, MappingLine):
        return True
    return any(entry.changes.get(key) not in (None, "") for key in ("source", "expression", "default"))


def _sentence(origin: Origin, removed_by: Origin | None) -> str:
    if removed_by is None:
        why = "no layer below has this line any more"
    else:
        why = f"the {_WHOSE[removed_by]} layer has removed this line"
    return (
        f"the {_WHOSE[origin]} layer changes this line, but {why}: take the change away (reset it), or say in it where "
        "the value comes from"
    )
