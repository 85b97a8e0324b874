"""Puts refusals that no dotted path can read into one form: {"problems": [{"code", "message", "field"}, ..]}."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from apps.connectors.judgement import Answer
from apps.connectors.manifest import ErrorShape

Problem = dict[str, str]
PROBLEMS = ErrorShape(problems_path="problems")


def with_problems(answer: Answer, problems_of: Callable[[Mapping[str, Any]], Sequence[Problem]]) -> Answer:
    """Return a refused answer with its problems as PROBLEMS reads them; a good one, or one that is no JSON, as it is."""
    if answer.status < 400:
        return answer
    try:
        said = orjson.loads(answer.body)
    except ValueError:
        return answer
    return replace(answer, body=orjson.dumps({"problems": problems_of(said)})) if isinstance(said, Mapping) else answer
