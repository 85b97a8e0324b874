"""What a line's result must fit before it is handed over: its table of values, and its field's choices and length."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from apps.connectors.canonical.shapes import CanonicalField
from apps.connectors.canonical.values import UnusableValueError, plain_text, shown
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import FieldSpec, MappingLine

Work = Callable[[Any], Any]
MOST_ROWS = 10_000
LONGEST_OUTSIDE_VALUE = 200
LONGEST_NEW_VALUE = 500
_MOST_TOLD = 3  # of the rows of one table that are wrong in the same way


def build_value_map(line: MappingLine) -> Work:
    """Return what translates a value by the line's table; a value without a row is a mapping gap."""
    table = {plain_text(key): value for key, value in (line.value_map or {}).items()}
    fallback, name = line.value_map_default, line.label or line.target

    def translate(value: Any) -> Any:
        key = value if type(value) is str else plain_text(value)
        found = table.get(key, table)  # the table itself is no value of its own: it stands for "not there"
        if found is not table:
            return found
        if fallback is not None:
            return fallback
        raise UnusableValueError(
            f"{shown(key)} has no value in the table of {name}. Add it to the table in the mapping",
            BusinessClass.MAPPING_GAP,
        )

    return translate


def value_map_problems(value_map: Mapping[str, Any], convert: Work) -> Iterator[str]:
    """Say what is wrong with a table of values: its size, values that are too long, and values its field cannot take."""
    if len(value_map) > MOST_ROWS:
        yield (
            f"the table has {len(value_map):,} rows, and {MOST_ROWS:,} fit: let the line refer to records by link instead "
            "(a reference), or map the value where it is kept"
        )
        return
    wrong = [sentence for old, new in value_map.items() if (sentence := _row_problem(old, new, convert))]
    yield from wrong[:_MOST_TOLD]
    if len(wrong) > _MOST_TOLD:
        yield f"{len(wrong) - _MOST_TOLD:,} further rows of the table are wrong as well"


def _row_problem(old: Any, new: Any, convert: Work) -> str:
    key = plain_text(old)
    if len(key) > LONGEST_OUTSIDE_VALUE:
        return (
            f"the row {shown(key)} of the table has {len(key)} characters, and {LONGEST_OUTSIDE_VALUE} fit: shorten it"
        )
    if isinstance(new, str) and len(new) > LONGEST_NEW_VALUE:
        return (
            f"the row {shown(key)} of the table becomes {len(new)} characters, and {LONGEST_NEW_VALUE} fit: shorten it"
        )
    try:
        convert(new)
    except (UnusableValueError, ArithmeticError, TypeError, ValueError) as wrong:
        reason = wrong.message if isinstance(wrong, UnusableValueError) else f"{shown(new)} cannot be used"
        return f"the row {shown(key)} of the table does not fit its field: {reason.partition('. ')[0]}"
    return ""


def build_limits(field: FieldSpec | CanonicalField | None) -> Sequence[Work]:
    """Return what refuses a value that a field does not take; nothing for a field without limits."""
    works: list[Work] = []
    if field is not None and field.choices:
        works.append(_build_choice(field.choices))
    if isinstance(field, FieldSpec) and field.max_length is not None:
        works.append(_build_length(field.max_length))
    return works


def _build_choice(choices: tuple[str, ...]) -> Work:
    known = frozenset(choices)

    def require_choice(value: Any) -> Any:
        if value is None or (type(value) is str and value in known) or plain_text(value) in known:
            return value
        raise UnusableValueError(
            f"{shown(value)} is not one of {', '.join(choices)}. Add a value table to this line of the mapping",
            BusinessClass.MAPPING_GAP,
        )

    return require_choice


def _build_length(longest: int) -> Work:
    def require_length(value: Any) -> Any:
        if type(value) is str and len(value) > longest:
            raise UnusableValueError(
                f"the text has {len(value)} characters, {longest} fit. Shorten it in {{source}}, or add the step "
                f"“shorten:{longest}” to this line of the mapping",
                BusinessClass.TOO_LARGE,
            )
        return value

    return require_length
