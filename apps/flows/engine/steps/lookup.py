"""The lookup step: reads one record of a system, so that later steps can decide and map by it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, ClassVar, Self

from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.errors import FieldProblem
from apps.flows.engine.acts import Act, LookUp, StepContext
from apps.flows.engine.rules import Rule, read_rules
from apps.flows.engine.steps.check import build_rule
from apps.flows.engine.stored import DefinitionError, Group, plain, written


@dataclass(frozen=True, slots=True)
class LookupOptions:
    """Finds the record whose natural key the expression `key` gives, and keeps the fields named.

    Where it looks is either `object`, by the name and with the fields of one system, or `type`: whatever object of that
    system holds the canonical type, read as the canonical record, so that the same step serves many systems. Later steps
    read r.steps.<name>.found, .key and the fields kept; figures are kept as texts: double(r.steps.<name>.hours).

    `rules` go with a type: each is an expression that must be true of the record found, which is `r` there; their sentences
    are filled from the flow's own record. What breaks one is refused at this step, and a retry looks again.
    """

    kind: ClassVar[str] = "lookup"
    owner_queue: ClassVar[str] = "master_data"
    keys: ClassVar[frozenset[str]] = frozenset({"role", "object", "key", "keep", "required", "type", "rules"})
    role: str
    object: str
    key: str
    keep: tuple[str, ...] = ()
    required: bool = False
    type: str = ""
    rules: tuple[Rule, ...] = ()

    @classmethod
    def read(cls, group: Group, described: CanonicalType) -> Self:
        """Read the options. Raises DefinitionError."""
        found = cls(
            role=group.text("role", required=True),
            object=group.text("object"),
            key=group.expression("key", described, required=True),
            keep=group.texts("keep"),
            required=group.flag("required"),
            type=(kind := group.choice("type", tuple(CANONICAL_TYPES)) if group.text("type") else ""),
            rules=read_rules(group, canonical_type(kind)) if kind else (),
        )
        if bool(found.object) == bool(found.type):
            raise DefinitionError(group.where("object"), "or a type must say what is looked up, and only one of them")
        for name in found.keep if found.type else ():
            if canonical_type(found.type).field_named(name) is None:
                raise DefinitionError(group.where("keep"), f"{found.type} has no field {name!r}")
        return found

    def plan(self, context: StepContext) -> Act:
        """Look the record up."""
        judge = partial(_broken, self.rules, context) if self.rules else None
        return LookUp(self.role, self.object, context.text(self.key), self.keep, self.required, self.type, judge)

    def to_json(self) -> dict[str, Any]:
        """Return the options as they are stored."""
        rules = [{name: plain(value) for name, value in asdict(rule).items() if value} for rule in self.rules]
        return written(self, without=("rules",)) | ({"rules": rules} if rules else {})


def _broken(rules: Sequence[Rule], context: StepContext, found: Mapping[str, Any]) -> tuple[FieldProblem, ...]:
    """Return what is wrong with the record found, in sentences about the flow's own record: none of its fields is to blame."""
    told = (replace(rule, sentence=context.fill(rule.sentence), field="") for rule in rules)
    checks = [build_rule(rule, context.settings) for rule in told]
    return tuple(problem for check in checks for problem in check.find(found, context.now.date()))
