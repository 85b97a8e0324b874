"""A draft before it is published: what it changes in words and raw, what keeps it from going live, what became of its base."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.flows.engine.content import FlowContent, merge_contents
from apps.flows.engine.definition_problems import StepProblem
from apps.flows.models import Flow, FlowVersion
from apps.flows.queries.draft_page import DraftStanding, list_draft_problems, step_titles_of
from apps.flows.queries.problem_words import problem_words
from apps.flows.queries.sample_results import SampleReport, report_of_change
from apps.flows.queries.step_changes import step_value_words
from apps.flows.queries.upgrades import ConflictWords, conflict_words
from apps.flows.queries.versions import ChangedLine, compare_definitions, compare_versions, place_words
from apps.flows.services.drafts import content_of, draft_version


@dataclass(frozen=True, slots=True)
class ReviewProblem:
    """What keeps a draft from being published, and the step at which it is mended."""

    step: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class DraftReview:
    """What a draft changes of the version it was begun from. `conflicts` are with what went live since then."""

    started: FlowVersion
    lines: list[ChangedLine]
    raw_before: dict[str, Any]
    raw_after: dict[str, Any]
    problems: list[ReviewProblem]
    samples: SampleReport | None
    conflicts: list[ConflictWords]
    is_behind: bool

    @property
    def can_publish(self) -> bool:
        """True when nothing stands in the way of a version."""
        return bool(self.lines) and not self.problems and not self.conflicts


def get_review(flow: Flow, standing: DraftStanding) -> DraftReview | None:
    """Return what publishing a draft would change, None where nobody has begun one."""
    opened = standing.opened
    if opened is None:
        return None
    started = opened.draft.started_from
    started.flow = flow
    before, after = content_of(started), standing.content
    problems = list_draft_problems(standing)
    samples = None
    if problems:
        lines = _plainly(before, after)
    else:
        candidate = draft_version(opened)
        candidate.base_definition = dict(started.definition)  # whatever differs from here on is the customer's own work
        lines, samples = compare_versions(started, candidate).lines, report_of_change(started, candidate)
    titles = step_titles_of(after)
    return DraftReview(
        started=started,
        lines=lines,
        raw_before=before.to_json(),
        raw_after=after.to_json(),
        problems=[_problem(one, titles) for one in problems],
        samples=samples,
        conflicts=_conflicts(standing, before),
        is_behind=standing.is_behind,
    )


def _plainly(before: FlowContent, after: FlowContent) -> list[ChangedLine]:
    """Return what differs between contents of which one cannot be a version yet: lines are shown as they are stored."""
    titles = step_titles_of(after)
    found = compare_definitions(before.definition, after.definition, "customer")
    kept = [
        {(place, line["target"]): line for place, lines in one.lines.items() for line in lines}
        for one in (before, after)
    ]
    for where in {**kept[0], **kept[1]}:
        was, now = (_stored_words(one.get(where)) for one in kept)
        if was != now:
            place = place_words(where[0], titles)
            found.append(ChangedLine(f"{place}: {where[1]}" if place else where[1], was, now, "customer"))
    return found


def _stored_words(line: Mapping[str, Any] | None) -> str:
    return step_value_words({key: value for key, value in (line or {}).items() if key != "target"})


def _problem(problem: StepProblem, titles: dict[str, str]) -> ReviewProblem:
    return ReviewProblem(problem.step, titles.get(problem.step, problem.step), problem_words(problem.message))


def _conflicts(standing: DraftStanding, started: FlowContent) -> list[ConflictWords]:
    if not standing.is_behind:
        return []
    merged = merge_contents(started, standing.content, content_of(standing.live))
    return [conflict_words(one, step_titles_of(standing.content)) for one in merged.conflicts]
