"""What an import would do: each flow's change in business words, every problem, and the digest that an apply must name."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.flows.config_files.yaml_text import Problem
from apps.flows.queries.versions import ChangedLine


class ChangeKind(StrEnum):
    """What becomes of a flow, or of another entry."""

    CREATED = "created"
    CHANGED = "changed"
    ASKED = "asked"  # its version waits for approval; when it runs is set at once
    UNCHANGED = "unchanged"
    LEFT = "left"  # it is here and not in the file: an import removes nothing


KIND_WORDS: Mapping[ChangeKind, Promise] = {
    ChangeKind.CREATED: _("Would be created, as a draft"),
    ChangeKind.CHANGED: _("Would be changed"),
    ChangeKind.ASKED: _("Would be changed once the change is approved"),
    ChangeKind.UNCHANGED: _("Stays as it is"),
    ChangeKind.LEFT: _("Is not in the file and is left as it is"),
}


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One flow, owner or place of lines: what becomes of it, and what differs afterwards."""

    name: str
    kind: ChangeKind
    lines: tuple[ChangedLine, ...] = ()

    @property
    def words(self) -> str:
        """Return what becomes of it, as people read it."""
        return str(KIND_WORDS[self.kind])


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. `digest` is "" while there are problems: such a plan cannot be applied."""

    changes: tuple[EntryChange, ...]
    problems: tuple[Problem, ...]
    digest: str

    @property
    def is_empty(self) -> bool:
        """True when nothing would change."""
        return all(change.kind in (ChangeKind.UNCHANGED, ChangeKind.LEFT) for change in self.changes)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as programs read it."""
        return {
            "digest": self.digest,
            "problems": [asdict(problem) for problem in self.problems],
            "changes": [
                {"name": one.name, "change": one.kind.value, "lines": [asdict(line) for line in one.lines]}
                for one in self.changes
            ],
        }


def digest_of(*parts: Any) -> str:
    """Return what stands for everything a plan was made from and would make; the language of its words is no part of it."""
    written = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()
