"""How a service speaks OData, for systems on that protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ODataSpec:
    """How a service speaks OData, for systems on that protocol. `version` is 4 or 2.

    `guid_fields` take GUIDs, which stand in queries without quotes. A key in a path is written `({key})` when it is a
    GUID (or, with `whole_keys`, a whole number) and `('{key}')` when it is text. With `etags` a change names the version
    it was made on; with `etags_vary` only where the record carries one. `exact_numbers` asks for decimals as text
    (IEEE754Compatible), where a service offers that. With `usual_forms` times and exact numbers of version 2 are turned into
    their usual forms when they are read, and back when they are written. `types` names the types of properties whose
    literals a field's kind does not tell: {"Projects/ChangedAt": "Edm.DateTime"}, and under a set's name that of its keys:
    {"Projects": "Edm.Guid"}.
    """

    version: int = 4
    guid_fields: tuple[str, ...] = ("id",)
    whole_keys: bool = False
    select: bool = True
    etags: bool = True
    exact_numbers: bool = False
    metadata_path: str = ""  # where the service describes itself ($metadata); may name settings
    etags_vary: bool = False
    usual_forms: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
