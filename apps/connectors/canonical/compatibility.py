"""What a change of a canonical type would break for those who read or send its records (pure).

A type's schema is a promise: what is listed here needs the type's next version. Fields, choices and checks that are only
added break nobody who leaves alone what they do not know.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
# What must stay as it is for each field, and how it is called in a sentence.
_KEPT = (("x-kind", "kind"), ("x-unit", "unit"), ("x-currency-field", "currency field"))


def breaking_changes(old: Schema, new: Schema) -> tuple[str, ...]:
    """Return one sentence for each thing of `old` that `new` breaks, () when everybody can go on as before.

    Both are schemas as `build_schema` returns them, or as they were read back from JSON.
    """
    return (*_of_fields(old, new, ""), *_of_keys(old, new))


def _of_keys(old: Schema, new: Schema) -> Iterator[str]:
    before, after = old.get("x-key", []), new.get("x-key", [])
    if before != after:
        yield f"Records were known by {_joined(before)} and are now known by {_joined(after)}."


def _of_fields(old: Schema, new: Schema, inside: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, told in before.items():
        if name not in after:
            yield f"{inside}{name} was removed."
            continue
        yield from _of_field(f"{inside}{name}", told, after[name])
    for name in new.get("required", []):
        if name not in old.get("required", []):
            yield f"{inside}{name} must now be given."


def _of_field(name: str, old: Schema, new: Schema) -> Iterator[str]:
    for key, word in _KEPT:
        if old.get(key) != new.get(key):
            yield f"The {word} of {name} was {old.get(key) or 'nothing'} and is now {new.get(key) or 'nothing'}."
    yield from _of_choices(name, old, new)
    if "items" in old:
        yield from _of_fields(old["items"], new.get("items", {}), f"{name}.")
    elif "items" in new:
        yield f"{name} was free and is now a list with {_joined(list(new['items'].get('properties', {})))}."


def _of_choices(name: str, old: Schema, new: Schema) -> Iterator[str]:
    if "enum" not in new:
        return
    if "enum" not in old:
        yield f"{name} was free and may now only be {_joined(new['enum'])}."
    elif gone := [choice for choice in old["enum"] if choice not in new["enum"]]:
        yield f"{name} may no longer be {_joined(gone)}."


def _joined(names: list[str]) -> str:
    return ", ".join(names) if names else "nothing"
