"""What becomes of a template's samples in one version of a flow: which give another result, and what differs."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.connectors.errors import FieldProblem
from apps.flows.engine.conditions import REASON_SENTENCES
from apps.flows.engine.definition import FlowDefinition
from apps.flows.mapping.compile import MappingError
from apps.flows.models import FlowVersion
from apps.flows.queries.mapping import problem_sentences
from apps.flows.queries.step_words import kind_title, step_title
from apps.flows.services.sample_runs import CANNOT_RUN, run_samples_of, template_with_samples
from apps.flows.templates_library import LeftOut, Refused, Waits
from apps.flows.templates_library.samples import Expected
from apps.flows.templates_library.trying import Difference, Outcome, SampleResult

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ChangedSample:
    """A sample that gives another result. Each difference has what it is about, how it was and how it is."""

    name: str
    differences: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class SampleReport:
    """How the samples of a template fare. `problem` says why they could not be run, "" when they were."""

    total: int
    changed: list[ChangedSample]
    problem: str = ""


def report_of_version(version: FlowVersion) -> SampleReport | None:
    """Return what a version makes of its template's samples otherwise than the template itself, on the same systems.

    None without samples: the template has none, is gone, or the version stands on another version of it.
    """
    return _report(version, None)


def report_of_change(live: FlowVersion, candidate: FlowVersion) -> SampleReport | None:
    """Return what a version that is not published yet makes of the samples otherwise than the live one."""
    return _report(candidate, live)


def _report(version: FlowVersion, before: FlowVersion | None) -> SampleReport | None:
    template = template_with_samples(version)
    if template is None:
        return None
    try:
        results = run_samples_of(template, version, before)
    except MappingError as error:
        return SampleReport(len(template.samples), [], " ".join(problem_sentences(error.problems)))
    except CANNOT_RUN as error:
        return SampleReport(len(template.samples), [], str(error.args[0]) if error.args else str(error))
    definition = template.definition
    changed = [
        ChangedSample(_(result.sample.name), [_words(one, result, definition) for one in result.differences])
        for result in results
        if result.differences
    ]
    return SampleReport(len(results), changed)


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
