"""What can be filled in for each kind of step: every key that a definition may hold, once."""

from collections.abc import Mapping

from apps.flows.engine.step_forms.shapes import Among, Holds, StepField


def _(words: str) -> str:
    """Mark words that pages translate when they show them: this module needs no Django."""
    return words


_YEAR_OF_HOURS = 24 * 365
_YEAR_OF_SECONDS = 52 * 7 * 24 * 3_600

KIND_SENTENCES: Mapping[str, str] = {
    "map": _("Makes a record of another kind out of this one and what earlier steps brought."),
    "lookup": _("Reads one record of a system, so that later steps can decide and map by it."),
    "deliver": _("Creates or updates one record in one system, each record once."),
    "withdraw": _("Takes back from a system what this flow created there for the record."),
    "write_back": _("Sets fields of the record in the system it came from."),
    "decide": _("Goes on one way or another, or ends here."),
    "approve": _("Asks people for a yes before it goes on."),
    "wait": _("Waits for an event, for a time, or for some hours."),
    "notify": _("Writes a mail to people of a role, or to an address in the record."),
    "call": _("Starts another flow of the same customer for the record."),
    "milestone": _("Enters a business state that everyone agrees on."),
    "emit": _("Tells other flows, in business words, what has happened."),
}

NAME = StepField(
    "name",
    _("Name"),
    help=_("How other steps call it: r.steps.name. It stays as it is, so that nothing that reads it breaks."),
    is_fixed=True,
)
TITLE = StepField("title", _("Title"), help=_("What people read. Empty: the kind of step."), longest=80)
CONDITION = StepField(
    "condition", _("Only when"), Holds.EXPRESSION, _("When this is false, the step is passed over. Empty: always.")
)
RETRY = StepField(
    "retry",
    _("Tried again"),
    Holds.WAITS,
    _("Instead of the usual waits: for a kind of failure, the seconds between attempts. Without seconds: not again."),
    parts=(
        StepField("kind", _("When it fails because"), Holds.CHOICE, among=Among.FAILURES),
        StepField("waits", _("Seconds, such as 1, 5, 30")),
    ),
)
AFTER_FAILING = (
    RETRY,
    StepField(
        "timeout_seconds",
        _("Time-out"),
        Holds.WHOLE,
        _("Seconds after which a call or a wait is over. Empty: as usual."),
        least=1,
        most=_YEAR_OF_SECONDS,
    ),
    StepField(
        "queue",
        _("Who works what it refuses"),
        Holds.CHOICE,
        _("Empty: as is usual for this kind of step."),
        among=Among.QUEUES,
    ),
    StepField(
        "undo",
        _("Taking it back"),
        Holds.CHOICE,
        _("When a later step fails and what was done is taken back."),
        among=Among.UNDOS,
    ),
    StepField(
        "proceed_on_error",
        _("Go on when it fails"),
        Holds.FLAG,
        _("What it refuses is noted, and the next step follows."),
    ),
)
RULES = StepField(
    "rules",
    _("Rules of this flow's own"),
    Holds.ROWS,
    _("Each expression must be true; otherwise the record is refused with the sentence."),
    parts=(
        StepField("name", _("Name")),
        StepField("expression", _("Must be true"), Holds.EXPRESSION),
        StepField("sentence", _("What people read when it is not")),
        StepField("field", _("Field it is about"), Holds.CHOICE, among=Among.FIELDS),
        StepField("business_class", _("Kind of exception"), Holds.CHOICE, among=Among.CLASSES),
    ),
)
LINES = StepField(
    "lines",
    _("How its fields are filled"),
    Holds.ROWS,
    _("A field of the record that came in, or an expression. A row without a field to fill is taken away."),
    parts=(
        StepField("target", _("Fills"), among=Among.MADE_FIELDS),
        StepField("source", _("from the field"), among=Among.SOURCES),
        StepField("expression", _("or from the expression"), Holds.EXPRESSION),
        StepField("transforms", _("Steps, one on each line"), Holds.TEXTS),
        StepField("value_map", _("Table of values, such as open = started"), Holds.TABLE),
        StepField("default", _("When there is none")),
        StepField("checks", _("Checks, one on each line"), Holds.TEXTS),
    ),
)

_SYSTEM = StepField("role", _("System"), Holds.CHOICE, among=Among.SYSTEMS)
_TYPE = StepField("type", _("Kind of record"), Holds.CHOICE, among=Among.TYPES, is_required=True)
_ABOUT = StepField(
    "about", _("About"), Holds.EXPRESSION, _("What it is about, such as r.id. Empty: the record itself.")
)

OPTIONS: Mapping[str, tuple[StepField, ...]] = {
    "map": (
        _TYPE,
        LINES,
        StepField(
            "part",
            _("Only some of its fields"),
            Holds.FLAG,
            _("To change a record that is there: what every record needs may be left out."),
        ),
    ),
    "lookup": (
        StepField("role", _("System"), Holds.CHOICE, among=Among.SYSTEMS, is_required=True),
        StepField(
            "type",
            _("Kind of record"),
            Holds.CHOICE,
            _("Works with any system that holds this kind. Or name one system's own object below."),
            among=Among.TYPES,
        ),
        StepField("object", _("The system's own object"), help=_("Its name in that system, when no kind is chosen.")),
        StepField("key", _("Key"), Holds.EXPRESSION, _("Gives the key of the record to find."), is_required=True),
        StepField("keep", _("Fields to keep"), Holds.TEXTS, _("One on each line. Later steps read r.steps.name.field.")),
        StepField("required", _("It must be found"), Holds.FLAG, _("When it is not, the record is refused here.")),
        RULES,
    ),
    "deliver": (
        _SYSTEM,
        _TYPE,
        StepField(
            "of",
            _("The record made by"),
            Holds.CHOICE,
            _("An earlier step that maps. Empty: the record itself."),
            among=Among.EARLIER_MAPS,
        ),
        StepField(
            "onto",
            _("Onto the record found by"),
            Holds.CHOICE,
            _("An earlier look-up: the record it found is changed, and none is ever made."),
            among=Among.EARLIER_LOOKUPS,
        ),
    ),
    "withdraw": (_SYSTEM, _TYPE),
    "write_back": (
        StepField(
            "values",
            _("Fields to set"),
            Holds.PAIRS,
            _("Fields of the source's own record, each with an expression for its value."),
            is_required=True,
            parts=(
                StepField("name", _("Field of the source")),
                StepField("value", _("Value"), Holds.EXPRESSION),
            ),
        ),
    ),
    "decide": (
        StepField("when", _("Question"), Holds.EXPRESSION, _("Is this true?"), is_required=True),
        StepField("then", _("If yes"), Holds.CHOICE, _("Where it goes on. Empty: the next step."), among=Among.LATER_STEPS),
        StepField("otherwise", _("If no"), Holds.CHOICE, _("Where it goes on. Empty: the next step."), among=Among.LATER_STEPS),
        StepField(
            "sentence", _("When it ends here"), help=_("The reason people read at a record that ends here."), longest=300
        ),
    ),
    "approve": (
        StepField("question", _("Question"), Holds.SENTENCE, _("Such as: Set up {name}?"), is_required=True, longest=300),
        StepField("role", _("Who is asked"), Holds.CHOICE, among=Among.APPROVERS, is_required=True),
        StepField("needed", _("How many must say yes"), Holds.WHOLE, least=1, most=9),
        StepField(
            "facts",
            _("What they see"),
            Holds.PAIR_LIST,
            _("A sentence such as {client}, or an expression after =, such as =string(r.hours)."),
            parts=(StepField("label", _("Label")), StepField("text", _("What it says"), Holds.SENTENCE)),
        ),
        StepField("free_below", _("Nobody is asked below"), Holds.MONEY, _("An amount, such as 10000. Empty: always ask.")),
        StepField(
            "thresholds",
            _("From an amount on, others"),
            Holds.ROWS,
            _("The highest amount that is reached decides who is asked."),
            parts=(
                StepField("above", _("From"), Holds.MONEY),
                StepField("role", _("Who is asked"), Holds.CHOICE, among=Among.APPROVERS),
                StepField("needed", _("How many"), Holds.WHOLE, least=1, most=9),
            ),
        ),
        StepField("due_hours", _("Answer within hours"), Holds.WHOLE, least=1, most=_YEAR_OF_HOURS),
        StepField("remind_hours", _("Remind after hours"), Holds.WHOLE, least=1, most=_YEAR_OF_HOURS),
        StepField("escalate_to", _("When nobody answers, ask"), Holds.CHOICE, among=Among.APPROVERS),
        StepField("go_on_refused", _("Go on after a no"), Holds.FLAG, _("Later steps read r.steps.name.approved.")),
    ),
    "wait": (
        StepField("event", _("For the event"), help=_("Or a time, or hours, below: one of the three."), among=Among.EVENTS, longest=60),
        StepField("about", _("About"), Holds.EXPRESSION, _("What the event must be about, such as r.id.")),
        StepField("at_most_hours", _("At most hours"), Holds.WHOLE, _("For an event. Empty: without an end."), least=1, most=_YEAR_OF_HOURS),
        StepField("go_on_without", _("Go on without it"), Holds.FLAG, _("When the hours are over. Otherwise someone must act.")),
        StepField("until", _("Until"), Holds.EXPRESSION, _("Instead of an event: a day or a moment, such as r.ends.")),
        StepField("hours", _("For hours"), Holds.WHOLE, _("Instead of an event."), least=1, most=_YEAR_OF_HOURS),
        StepField(
            "give_way",
            _("A newer version of the record ends the wait"),
            Holds.FLAG,
            _("It walks in its place: a long wait would otherwise act on what the record said when it began."),
        ),
    ),
    "notify": (
        StepField("role", _("People of the role"), Holds.CHOICE, among=Among.PEOPLE),
        StepField("address", _("Address"), Holds.EXPRESSION, _("Instead of a role: where the record holds it, such as r.client_email.")),
        StepField("subject", _("Subject"), Holds.SENTENCE, is_required=True, longest=200),
        StepField("text", _("Text"), Holds.SENTENCE, is_required=True),
    ),
    "call": (
        StepField("template", _("Flow"), Holds.CHOICE, _("This customer's flow made from the template."), among=Among.TEMPLATES, is_required=True),
        StepField("key", _("For the record"), Holds.EXPRESSION, _("Its key in the source. Empty: the same record.")),
        StepField("wait", _("Wait for its end"), Holds.FLAG),
    ),
    "milestone": (StepField("state", _("State"), Holds.CHOICE, among=Among.MILESTONES, is_required=True), _ABOUT),
    "emit": (
        StepField("event", _("Event"), help=_("Such as client.onboarded."), among=Among.EVENTS, is_required=True, longest=60),
        _ABOUT,
        StepField(
            "payload",
            _("What it says"),
            Holds.PAIRS,
            _("Each value is an expression."),
            parts=(StepField("name", _("Name")), StepField("value", _("Value"), Holds.EXPRESSION)),
        ),
    ),
}  # fmt: skip

CHECK: tuple[StepField, ...] = (
    StepField(
        "without", _("Checks left out"), Holds.CHOICES, _("Of those every record of this kind must hold."), among=Among.CHECKS
    ),
    StepField("library", _("Rules before posting"), Holds.CHOICES, _("From the library."), among=Among.RULES),
    StepField(
        "switched_off",
        _("Switched off for now"),
        Holds.PAIRS,
        _("Rules before posting that do not count, each with the reason."),
        parts=(StepField("name", _("Rule"), Holds.CHOICE, among=Among.RULES), StepField("reason", _("Why"))),
    ),
    RULES,
    StepField("currencies", _("Only these currencies"), Holds.TEXTS, _("One code on each line, such as EUR. Empty: every currency.")),
    StepField("project_form", _("Form of project codes"), help=_("# stands for a digit, such as PRJ-####.")),
    StepField("zone", _("Time zone of approvals"), help=_("Where the day of an approval is counted, such as Europe/Berlin. Empty: any.")),
)  # fmt: skip

# What the flow is about as a whole. The keys are those of the definition, with the filter's own after a dot.
WHOLE: tuple[StepField, ...] = (
    StepField("filter.conditions", _("Only records that are"), Holds.CHOICES, among=Among.CONDITIONS),
    StepField(
        "filter.expression",
        _("And for which this is true"),
        Holds.EXPRESSION,
        _("Such as r.stage == \"won\". What it leaves out is skipped, and the record says so."),
    ),
    StepField("batch_size", _("Records at once"), Holds.WHOLE, _("Smaller is gentler to the systems, larger is quicker."), least=1, most=500),
)  # fmt: skip
ON_FAILURE = StepField(
    "on_failure",
    _("When a record fails on its way"),
    Holds.CHOICE,
    _("What earlier steps did for it."),
    among=Among.ON_FAILURE,
)


def fields_of(kind: str) -> tuple[StepField, ...]:
    """Return everything that can be filled in for a walking step of this kind, in the order people are asked."""
    return (TITLE, NAME, *OPTIONS[kind], CONDITION, *AFTER_FAILING)


def fields_of_whole(*, walks: bool) -> tuple[StepField, ...]:
    """Return what can be filled in for the flow as a whole; a batch has nothing to take back."""
    return (*WHOLE, ON_FAILURE) if walks else WHOLE
