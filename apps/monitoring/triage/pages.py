"""What the pages show of proposals, as plain values: templates read these and compute nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Seen:
    """One piece of evidence in words, with the page of what it speaks of."""

    words: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProposalPanel:
    """A proposal on its case's page. `hindered` says why this reader cannot apply it, "" where nothing stands in the way."""

    id: UUID
    deed: str
    deed_name: str
    sentence: str
    cause: str
    seems: str
    queue: str
    team: str
    source: str
    confidence: int
    client_sentence: str
    evidence: tuple[Seen, ...]
    handling: str
    needs_two: bool
    hindered: str
    first_name: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal in the list."""

    id: UUID
    case_id: UUID
    title: str
    customer: str
    kind: str
    deed: str
    source: str
    confidence: int
    state: str
    state_words: str
    made_at: datetime
    decided_at: datetime | None
    decided_by: str
    refusal: str
    held: str


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """The score of one kind of failure and source, in words, with the addresses of the proposals behind each figure."""

    kind: str
    source: str
    accepted: int
    changed: int
    refused: int
    share: int | None
    floor: int
    applied: int
    held: int
    accepted_url: str
    changed_url: str
    refused_url: str
    applied_url: str
    held_url: str
    fallback_id: UUID | None
    fell_at: datetime | None
