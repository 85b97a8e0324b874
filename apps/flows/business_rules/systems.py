"""Which of a flow's two systems can answer a rule's questions: told by what their objects read, before any call."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.connectors.manifest import ChangeRead, ObjectManifest, SystemManifest
from apps.flows.business_rules.rule import BusinessRule, Question


@dataclass(frozen=True, slots=True)
class Answerer:
    """A system that can answer a question, and the object it answers from. The target is asked before the source."""

    is_target: bool
    system: str
    spec: ObjectManifest


@dataclass(frozen=True, slots=True)
class Judgeable:
    """A rule with who answers each of its questions; a rule with a question that nobody answers cannot be judged."""

    rule: BusinessRule
    answers: tuple[tuple[Question, Answerer | None], ...]

    @property
    def can_be_judged(self) -> bool:
        """True when every question has a system that answers it."""
        return all(answerer is not None for _, answerer in self.answers)


def who_answers(question: Question, target: SystemManifest, source: SystemManifest) -> Answerer | None:
    """Return the system that can answer: the target where it can, else the source, None where neither can."""
    for is_target, system in ((True, target), (False, source)):
        for spec in system.objects:
            if spec.canonical_type == question.kind and _can_tell(spec, question):
                return Answerer(is_target, system.name, spec)
    return None


def judgeable(rules: Sequence[BusinessRule], target: SystemManifest, source: SystemManifest) -> tuple[Judgeable, ...]:
    """Return the rules with who answers their questions between these two systems."""
    return tuple(Judgeable(rule, tuple((ask, who_answers(ask, target, source)) for ask in rule.asks)) for rule in rules)


def _can_tell(spec: ObjectManifest, question: Question) -> bool:
    if spec.reading is None or spec.reading.change_read is ChangeRead.ANNOUNCED:
        return False
    if question.field and not spec.find_parameter:
        return False  # it would have to be read whole for every question
    if not question.field and spec.reading.change_read is ChangeRead.BY_NAME:
        return False
    return any(line.target in question.reads for line in spec.reading_lines)
