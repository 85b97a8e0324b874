"""What a form has to know about one key of a step: what it is called, what it holds and what it may be chosen from."""

from dataclasses import dataclass
from enum import StrEnum


class Holds(StrEnum):
    """What a key holds, and so which control it is filled in with."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    SENTENCE = "sentence"  # filled from the record: "Set up {name}?"
    EXPRESSION = "expression"  # CEL
    WHOLE = "whole"
    MONEY = "money"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"  # several of a list
    TEXTS = "texts"  # a list, one on each line
    PAIRS = "pairs"  # a group: a name and a text each
    PAIR_LIST = "pair_list"  # the same as a list, where the order is read by people
    WAITS = "waits"  # by kind of failure, seconds between the attempts
    ROWS = "rows"  # a list of groups with the same keys
    TABLE = "table"  # translations, one on each line: "old = new", "* = any other"


class Among(StrEnum):
    """Where the choices of a key come from."""

    NOTHING = ""
    TYPES = "types"  # canonical types
    SYSTEMS = "systems"  # the systems of the flow, by the name its steps call them
    PEOPLE = "people"  # roles of people
    APPROVERS = "approvers"  # those of them who may approve
    EARLIER_MAPS = "earlier_maps"  # steps before this one that make a record
    EARLIER_LOOKUPS = "earlier_lookups"
    LATER_STEPS = "later_steps"
    QUEUES = "queues"
    UNDOS = "undos"
    MILESTONES = "milestones"
    TEMPLATES = "templates"
    EVENTS = "events"  # known names; others may be written
    FIELDS = "fields"  # of the record that walks
    SOURCES = "sources"  # the same, and what earlier steps brought; others may be written
    MADE_FIELDS = "made_fields"  # of the type that the step makes
    CHECKS = "checks"  # of the canonical type
    RULES = "rules"  # business rules of the library for the type
    CONDITIONS = "conditions"
    CLASSES = "classes"  # of exceptions
    FAILURES = "failures"  # kinds of failure
    ON_FAILURE = "on_failure"


# Lists from which a form only suggests: the key may also hold what nobody has thought of yet.
SUGGESTED = frozenset({Among.EVENTS, Among.SOURCES, Among.MADE_FIELDS})


@dataclass(frozen=True, slots=True)
class StepField:
    """One key. `parts` are the columns of PAIRS, PAIR_LIST, WAITS and ROWS, the first of them names the row.

    `least` and `most` bound a whole number; `longest` a text. `is_fixed`: it is chosen once and only shown afterwards.
    """

    key: str
    label: str
    holds: Holds = Holds.TEXT
    help: str = ""
    among: Among = Among.NOTHING
    is_required: bool = False
    least: int = 0
    most: int = 0
    longest: int = 2_000
    parts: tuple["StepField", ...] = ()
    is_fixed: bool = False

    @property
    def has_rows(self) -> bool:
        """True when it is filled in row by row."""
        return bool(self.parts)

    @property
    def is_suggested(self) -> bool:
        """True when its choices are suggestions only."""
        return self.among in SUGGESTED
