"""Samples of a template: records as they come in, and what must come of each. They are its contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

SAMPLE_DAY = date(2026, 11, 20)  # "today" of every sample: rules about the future need one that stays


@dataclass(frozen=True, slots=True)
class Delivers:
    """The record gets through. `values` are those each step must send, by step: {"deliver": {"quantity": "7.5"}}.

    A straight flow delivers at "deliver". A walking flow's steps that deliver, write back, emit or enter a state are
    named as they are. What is not mentioned may be anything; a name with None must not be sent at all.
    """

    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """The record is refused at `step` ("check", "map", "deliver" or a walking step); `code` or `field` says why."""

    step: str
    code: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The flow is not about this record: `reason` is the code of the condition, "filtered", or the sentence of a way out."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waits:
    """The record waits at `step`: for people, an event or a time."""

    step: str


Expected = Delivers | Refused | LeftOut | Waits


@dataclass(frozen=True, slots=True)
class Sample:
    """One record and what must come of it.

    `record` holds canonical values as JSON does ({"hours": "7.5", "work_date": "2026-11-02"}); `settings` those that
    differ from the defaults. `results` is what steps bring that ask or call, by step: {"tax": {"found": True, "status":
    "valid"}, "deal_agreed": {"approved": True}}; a delivery that is not mentioned brings the step's name as its key.
    """

    name: str
    record: Mapping[str, Any]
    expected: Expected
    settings: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
