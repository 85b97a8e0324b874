"""What an uploaded description gave: kinds of records to choose from with everything found around each (plain values).

All kinds of descriptions (descriptions.py) end here, so that choosing, drafting and the pages know no formats. What holds for
one kind of record stands in its drafted object; what holds for the whole system beside sign-in, in `Reading.parts`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from apps.connectors.manifest import FieldSpec

MOST_LISTS = 300
MOST_FIELDS = 120  # of one kind of record
LARGEST_BYTES = 10 * 1024 * 1024


class DescriptionError(ValueError):
    """A file describes no system that can be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a guess comes from: `part` of the description, a `source` out of SOURCES, and what it is called there."""

    part: str
    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the file and what it is good for: "list", "one", "create", "update" or "delete"."""

    use: str
    method: str
    path: str


@dataclass(slots=True)
class Candidate:
    """One list of the file with everything that was found around it, as plain values; paths begin without a slash.

    `path` is what a choice names: no two lists of a file have the same.
    """

    path: str
    label: str
    operations: list[Operation] = field(default_factory=list)
    fields: tuple[FieldSpec, ...] = ()
    taken: tuple[FieldSpec, ...] = ()  # the fields of a new record
    records_path: str = ""
    paging: dict[str, Any] = field(default_factory=dict)
    since_parameter: str = ""
    parameters: tuple[str, ...] = ()
    create_key_path: str = ""
    key_header: str = ""
    settings: tuple[str, ...] = ()
    evidence: list[Evidence] = field(default_factory=list)

    def path_for(self, use: str) -> tuple[str, str]:
        """Return method and path of the operation for a use, two empty texts when there is none."""
        return next(((one.method, one.path) for one in self.operations if one.use == use), ("", ""))


@dataclass(slots=True)
class Reading:
    """What one file gave: the lists to choose from, the sign-in, the address, and what was left out.

    `kind` is the name of the description's kind. `lists` are rows as drafting.list_row makes them; a row may bring "parts" of
    its own for the document, and an "offer" of parts for its object that a person takes by saying that records are written.
    `left_out` names what the
    file lists and nobody can choose, by the reason: {"several_keys": ["OrderLines"]}. `parts` are parts of the document
    that belong to the protocol: {"odata": {"version": 4}}.
    """

    title: str
    lists: list[dict[str, Any]]
    more_lists: bool = False
    kind: str = "openapi"
    auth: dict[str, Any] = field(default_factory=lambda: {"scheme": "none"})
    address: str = ""
    outside: list[str] = field(default_factory=list)
    left_out: Mapping[str, list[str]] = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the reading as plain values, kept beside the draft until it is live."""
        return asdict(self)


def clean(text: str) -> str:
    """Return a text of the file without what cannot be shown in a line."""
    return "".join(sign for sign in text if sign.isprintable()).strip()
