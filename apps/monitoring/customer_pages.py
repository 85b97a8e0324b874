"""What the pages of a customer's people show, as plain values: templates read these and compute nothing (pure)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.monitoring.health import Colour
from apps.monitoring.impact import Sum

if TYPE_CHECKING:
    from apps.monitoring.questions.rows import UnpostedProject

Spark = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of work on its way ("Time entries"), in words.

    `sentence` says how it is doing; `week` and `held` count records, `worth` is this week's and `blocked` what is held
    up now. `spark` has one figure for each of the last fourteen days.
    """

    id: UUID
    name: str
    records_word: str
    source: str
    target: str
    colour: Colour
    sentence: str
    last_success_at: datetime | None
    monday: date
    week: int
    held: int
    worth: tuple[Sum, ...]
    blocked: tuple[Sum, ...]
    spark: Spark
    spark_words: str


@dataclass(frozen=True, slots=True)
class Matter:
    """A case in the customer's words.

    `about` is the field it is about ("Hours"), `example` the record it is about, or one of several. `doing` is what happens next, by whoever has the next step; `who` has it ("" for the customer). `hours` None: no
    time, or not known. `ended` says how a closed one ended.
    """

    id: UUID
    title: str
    happened: str
    about: str
    example: str
    doing: str
    yours: str
    waits_for: str
    who: str
    records: int
    hours: Decimal | None
    sums: tuple[Sum, ...]
    quality: str
    since: datetime
    is_open: bool
    is_resolving: bool
    closed_at: datetime | None
    ended: str

    @property
    def is_yours(self) -> bool:
        """Return whether the customer has the next step."""
        return self.is_open and self.waits_for == "customer"


@dataclass(frozen=True, slots=True)
class MatterList:
    """One page of matters; addresses are "" where there is no further page."""

    rows: tuple[Matter, ...]
    total: int
    page: int
    pages: int
    by_view: dict[str, int]


@dataclass(frozen=True, slots=True)
class Share:
    """How much money waits for one party, in one currency."""

    waits_for: str
    label: str
    part: Sum
    cases: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one topic got through on one day, as a sentence."""

    day: date
    flow_id: UUID
    topic: str
    sentence: str
    arrived: int
    held: int
    worth: tuple[Sum, ...]


@dataclass(frozen=True, slots=True)
class CustomerHome:
    """The customer's own overview. `answer` says whether the work is arriving, `reasons` why not."""

    customer: str
    colour: Colour
    answer: str
    reasons: tuple[str, ...]
    topics: tuple[Topic, ...]
    needs_you: tuple[Matter, ...]
    needs_you_count: int
    with_us_count: int
    blocked: tuple[Sum, ...]
    shares: tuple[Share, ...]
    projects: "tuple[UnpostedProject, ...]"
    more_projects: int
    held_hours: Decimal | None
    transfers: tuple[Transfer, ...]
    cut_offs: tuple[Any, ...]
    last_success_at: datetime | None = None
    updates: int = 0  # flows that get a new version


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record in a list. `case_id` while it is held up; `reason` why."""

    id: UUID
    label: str
    topic: str
    customer: str
    project: str
    client: str
    period: str
    state: str
    state_word: str
    amount: Decimal | None
    currency: str
    quality: str
    hours: Decimal | None
    at: datetime
    reason: str = ""
    case_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecordList:
    """One page of records, the newest first; `older_before` is where the next page starts, None when there is none."""

    rows: tuple[RecordLine, ...]
    older_before: UUID | None


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One thing that happened to a record, told; shown with the timeline component."""

    title: str
    moment: datetime
    text: str = ""
    actor: str = ""
    icon: str = "circle-dashed"
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a record in words; `is_blamed` is the one that holds it up."""

    label: str
    value: str
    is_blamed: bool = False


@dataclass(frozen=True, slots=True)
class RecordStory:
    """What happened to one record, the latest first, and where it stands."""

    line: RecordLine
    sentence: str
    tone: str
    icon: str
    facts: tuple[Fact, ...]
    steps: tuple[StoryStep, ...]


@dataclass(frozen=True, slots=True)
class MatterPage:
    """One matter with its records and the conversation about it."""

    matter: Matter
    records: tuple[RecordLine, ...]
    more_records: int
    settled: int
    on_their_way: int
    talk: tuple[StoryStep, ...]
    topic: str = ""
    source: str = ""
    target: str = ""
    correctable_id: UUID | None = None
    extra: dict[str, Any] = field(default_factory=dict)
