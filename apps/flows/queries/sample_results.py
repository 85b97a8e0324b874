"""What becomes of a template's samples in one version of a flow: which give another result, and what differs."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.connectors.errors import FieldProblem
from apps.flows.engine.conditions import REASON_SENTENCES
from apps.flows.engine.definition import FlowDefinition
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import FlowVersion
from apps.flows.queries.mapping import problem_sentences
from apps.flows.queries.step_words import kind_title, step_title
from apps.flows.services.samples import SampleRun, run_of_change, run_of_version
from apps.flows.templates_library import LeftOut, Refused, Waits
from apps.flows.templates_library.samples import Expected
from apps.flows.templates_library.trying import Difference, Outcome, SampleResult
from apps.tenants.templatetags.wording import MASK

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ChangedSample:
    """A sample that gives another result. Each difference has what it is about, how it was and how it is.

    `fails`: what must come of it does not come any more; else only what is delivered differs.
    """

    name: str
    differences: list[tuple[str, str, str]]
    fails: bool = False


@dataclass(frozen=True, slots=True)
class SampleReport:
    """How samples fare, beside the live version or the template itself. `problem`: why they could not be run, else ""."""

    total: int
    changed: list[ChangedSample]
    problem: str = ""
    against_live: bool = False
    own: int = 0  # how many of them are the customer's

    @property
    def held(self) -> int:
        """How many give the same result."""
        return self.total - len(self.changed)

    @property
    def failing(self) -> int:
        """How many do not give any more what must come of them: going live takes a reason."""
        return sum(sample.fails for sample in self.changed)


def report_of_version(version: FlowVersion, *, can_see: bool = True) -> SampleReport | None:
    """Return what a version makes of its template's samples otherwise than the template itself, on the same systems.

    None without samples: the template has none, is gone, or the version stands on another version of it.
    """
    return report_of_run(run_of_version(version), can_see=can_see)


def report_of_change(live: FlowVersion | None, candidate: FlowVersion, *, can_see: bool = True) -> SampleReport | None:
    """Return what a version that is not live yet makes of the samples otherwise than the live one; None as above."""
    return report_of_run(run_of_change(live, candidate), can_see=can_see)


def report_of_run(run: SampleRun | None, *, can_see: bool = True) -> SampleReport | None:
    """Return a run of samples as people read it; without `can_see` the customer's own show no values of their records."""
    if run is None:
        return None
    if run.wrong is not None:
        return SampleReport(run.total, [], _problem(run.wrong))
    changed = [_changed(_(one.sample.name), one, run.definition) for one in run.results if one.differences]
    changed += [_changed(one.sample.name, one, run.definition, can_see=can_see) for one in run.own if one.differences]
    return SampleReport(run.total, changed, against_live=run.against_live, own=len(run.own))


def _changed(name: str, result: SampleResult, definition: FlowDefinition, *, can_see: bool = True) -> ChangedSample:
    told = [_words(one, result, definition) for one in result.differences]
    return ChangedSample(name, told if can_see else [(about, MASK, MASK) for about, _was, _is in told], result.fails)


def _problem(wrong: Exception) -> str:
    if isinstance(wrong, MappingError):
        return " ".join(problem_sentences(wrong.problems))
    return str(wrong.args[0]) if wrong.args else str(wrong)


def _words(one: Difference, result: SampleResult, definition: FlowDefinition) -> tuple[str, str, str]:
    if not one.where:
        before = outcome_words(result.before, definition) if result.before else one.expected
        return "", before, outcome_words(result.outcome, definition)
    step, _dot, field = one.where.partition(".")
    return f"{_step_words(step, definition)}: {field}", one.expected[:_LONGEST], one.found[:_LONGEST]


def outcome_words(outcome: Outcome, definition: FlowDefinition) -> str:
    """Return in the reader's language what came of a sample."""
    words = {"step": _step_words(outcome.step, definition)}
    if outcome.how is Refused:
        return _("is refused at “%(step)s”: %(why)s") % {**words, "why": _why(outcome.problems)}
    if outcome.how is LeftOut:
        return _("is left out: %(why)s") % {"why": _(REASON_SENTENCES.get(outcome.reason, outcome.reason))}
    return _("waits at “%(step)s”") % words if outcome.how is Waits else _("gets through")


def expected_words(expected: Expected, definition: FlowDefinition) -> str:
    """Return in the reader's language what must come of a sample."""
    if isinstance(expected, Refused):
        return _("is refused at “%(step)s”") % {"step": _step_words(expected.step, definition)}
    if isinstance(expected, LeftOut):
        return _("is left out: %(why)s") % {"why": _(REASON_SENTENCES.get(expected.reason, expected.reason))}
    if isinstance(expected, Waits):
        return _("waits at “%(step)s”") % {"step": _step_words(expected.step, definition)}
    return _("gets through")


def _why(problems: tuple[FieldProblem, ...]) -> str:
    return " ".join(problem.message.replace("{source}", _("the source")) for problem in problems)[:300]


def _step_words(name: str, definition: FlowDefinition) -> str:
    titles: Mapping[str, str] = {step.name: step_title(step) for step in definition.walk}
    return titles.get(name) or kind_title(name)
