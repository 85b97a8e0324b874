"""How a system describes its own records over a REST interface, as typed data of its manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DescribeSpec:
    """Where a system tells which fields an object has, and where each part stands in the answer, as dotted paths.

    `path` holds {object}, the object's name. `fields_path` leads to the list of fields; the other paths begin at one of
    them and "" says that the system does not tell. A path of a yes/no that begins with "!" says the opposite
    ("!nillable"). `choices_path` walks lists ("picklistValues.value"). `kinds` turns the system's words for types into the
    values of manifest.ValueKind; a word it does not know is text.
    """

    path: str
    fields_path: str = "fields"
    name_path: str = "name"
    label_path: str = ""
    kind_path: str = "type"
    kinds: Mapping[str, str] = field(default_factory=dict)
    required_path: str = ""
    read_only_path: str = ""
    choices_path: str = ""
    length_path: str = ""
