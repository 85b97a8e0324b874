"""The pipeline: what is decided for a record, and why."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.contract import SourceRecord
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import FieldSpec, MappingLine, ObjectManifest, ValueKind
from apps.flows.engine import records
from apps.flows.engine.counts import Counts
from apps.flows.engine.definition import FlowDefinition, parse_definition
from apps.flows.engine.flow import CompiledFlow, compile_flow, compile_reading, compile_writing
from apps.flows.engine.identity import EffectScope
from apps.flows.engine.pipeline import build_business_keys, plan_batch
from apps.flows.engine.records import Correction, LinkState, OpenOperation, PlannedOperation
from apps.flows.engine.states import OperationState
from apps.flows.mapping.compiled import MappingError, Reference
from apps.flows.mapping.layers import Layers, LineChange

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = "TimeEntry:psa:te-1"
SCOPE = EffectScope("partner", "flow", "connection")
SOURCE = ObjectManifest(
    name="entries",
    label="Northwind PSA",
    canonical_type="TimeEntry",
    reading_lines=(
        MappingLine("resource", "person"),
        MappingLine("project", "project"),
        MappingLine("work_date", "day"),
        MappingLine("hours", "hours"),
        MappingLine("bill_rate", "rate"),
        MappingLine("currency", "currency"),
        MappingLine("approval", "status"),
        MappingLine("billable", "billable"),
        MappingLine("note", "note"),
    ),
)
TARGET = ObjectManifest(
    name="lines",
    label="ERP line",
    canonical_type="TimeEntry",
    fields=(
        FieldSpec("reference", required=True),
        FieldSpec("project", ValueKind.REFERENCE),
        FieldSpec("quantity", ValueKind.HOURS),
        FieldSpec("amount", ValueKind.MONEY),
        FieldSpec("text", max_length=30),
        FieldSpec("company", ValueKind.WHOLE),
    ),
    writing_lines=(
        MappingLine("reference", "id"),
        MappingLine("project", "project", reference="Project"),
        MappingLine("quantity", "hours"),
        MappingLine("amount", "bill_amount"),
        MappingLine("text", "note"),
    ),
)
DEFINITION = parse_definition({"canonical_type": "TimeEntry", "filter": {"conditions": ["approved", "billable"]}})
FLOW = compile_flow(DEFINITION, SOURCE, TARGET, source_system="psa")
VALUES = {
    "person": "E1",
    "project": "PRJ-0001",
    "day": "2026-11-03",
    "hours": 7.5,
    "rate": "100.00",
    "currency": "EUR",
    "status": "approved",
    "billable": True,
    "note": "Fieldwork",
}


def record(version: str = "5", key: str = "te-1", **values: Any) -> SourceRecord:
    return SourceRecord("entries", key, version, {**VALUES, **values})


def plan_one(
    what: SourceRecord,
    *,
    link: LinkState | None = None,
    still_open: OpenOperation | None = None,
    correction: Correction | None = None,
    flow: CompiledFlow = FLOW,
) -> PlannedOperation:
    plan = plan_batch(
        flow,
        [what],
        {KEY: link} if link else {},
        {KEY: still_open} if still_open else {},
        {KEY: correction} if correction else {},
        NOW,
        scope=SCOPE,
    )
    (entry,) = plan.entries
    return entry


PRINT = plan_one(record()).fingerprint


def test_a_new_record_is_delivered_as_a_new_one() -> None:
    entry = plan_one(record())
    assert entry.to_deliver
    assert (entry.decision, entry.step, entry.reason) == (OperationState.WAITING, "deliver", "")
    assert (entry.business_key, entry.source_key, entry.source_version) == (KEY, "te-1", "5")
    assert entry.mapped == {
        "reference": "te-1", "project": "PRJ-0001", "quantity": 7.5, "amount": 750.0, "text": "Fieldwork",
    }  # fmt: skip
    assert entry.references == (Reference("project", "Project", "PRJ-0001"),)
    assert entry.canonical["hours"] == Decimal("7.5")
    assert entry.target_key is None
    assert entry.amount is not None
    assert (entry.amount.value, entry.amount.currency) == (Decimal("750.00"), "EUR")
    assert entry.refs == ("", "PRJ-0001", "2026-11", "2026-11-03")
    assert entry.idempotency_key == SCOPE.key("te-1", "5")
    assert entry.problems == ()


DECISIONS = [
    pytest.param(record(status="submitted"), None, None, OperationState.SKIPPED, "not_approved", id="not approved"),
    pytest.param(record(status="locked"), None, None, OperationState.WAITING, "", id="locked is approved"),
    pytest.param(record(billable=False), None, None, OperationState.SKIPPED, "not_billable", id="not billable"),
    pytest.param(record(billable=None), None, None, OperationState.WAITING, "", id="no mark means billable"),
    pytest.param(
        record(status="open", hours="seven"),
        None,
        None,
        OperationState.SKIPPED,
        "not_approved",
        id="skipped before checked",
    ),
    pytest.param(record(hours=25), None, None, OperationState.REJECTED, "problems", id="25 hours"),
    pytest.param(
        record(), LinkState("T1", "5", PRINT), None, OperationState.UNCHANGED, "same_version", id="delivered before"
    ),
    pytest.param(
        record("6"),
        LinkState("T1", "5", PRINT),
        None,
        OperationState.UNCHANGED,
        "same_content",
        id="same content, new version",
    ),
    pytest.param(
        record("4"),
        LinkState("T1", "5", PRINT),
        None,
        OperationState.UNCHANGED,
        "same_content",
        id="same content, old version",
    ),
    pytest.param(
        record(),
        LinkState("T1", "5"),
        None,
        OperationState.UNCHANGED,
        "same_version",
        id="a link without a fingerprint",
    ),
    pytest.param(record("6"), LinkState("T1", "5", "other"), None, OperationState.WAITING, "", id="changed content"),
    pytest.param(record("5"), LinkState("T1", "5", "other"), None, OperationState.WAITING, "", id="a changed mapping"),
    pytest.param(
        record("4"), LinkState("T1", "5", "x"), None, OperationState.SUPERSEDED, "older_version", id="too late"
    ),
    pytest.param(record("5"), LinkState("T1"), None, OperationState.WAITING, "", id="a link found by look-up"),
    pytest.param(
        record(hours=25),
        LinkState("T1", "5", "x"),
        None,
        OperationState.UNCHANGED,
        "same_version",
        id="mended and delivered",
    ),
    pytest.param(
        record("6", hours=25),
        LinkState("T1", "5", "x"),
        None,
        OperationState.REJECTED,
        "problems",
        id="wrong again, later",
    ),
    pytest.param(
        record(),
        None,
        OpenOperation("5", OperationState.WAITING),
        OperationState.WAITING,
        "already_waiting",
        id="waits",
    ),
    pytest.param(
        record("6"),
        None,
        OpenOperation("5", OperationState.WAITING),
        OperationState.WAITING,
        "behind_earlier",
        id="lines up",
    ),
    pytest.param(
        record("4"),
        None,
        OpenOperation("5", OperationState.WAITING),
        OperationState.SUPERSEDED,
        "older_version",
        id="overtaken",
    ),
    pytest.param(
        record("6"),
        None,
        OpenOperation("5", OperationState.REJECTED),
        OperationState.WAITING,
        "",
        id="a new version heals",
    ),
    pytest.param(
        record(),
        None,
        OpenOperation("5", OperationState.REJECTED, "x"),
        OperationState.WAITING,
        "",
        id="a changed mapping tries again",
    ),
    pytest.param(
        record(),
        None,
        OpenOperation("5", OperationState.REJECTED, PRINT),
        OperationState.REJECTED,
        "still_rejected",
        id="what was refused is not sent again",
    ),
]


@pytest.mark.parametrize(("what", "link", "still_open", "decision", "reason"), DECISIONS)
def test_a_decision_and_its_reason(
    what: SourceRecord,
    link: LinkState | None,
    still_open: OpenOperation | None,
    decision: OperationState,
    reason: str,
) -> None:
    entry = plan_one(what, link=link, still_open=still_open)
    assert (entry.decision, entry.reason) == (decision, reason)
    assert entry.to_deliver == (decision is OperationState.WAITING and not reason)


def test_a_change_goes_to_the_record_that_is_there() -> None:
    assert plan_one(record("6"), link=LinkState("T1", "5", "x")).target_key == "T1"


def test_a_refusal_keeps_its_problems() -> None:
    known = (FieldProblem("project", "Closed.", BusinessClass.CLOSED_PERIOD),)
    entry = plan_one(record(), still_open=OpenOperation("5", OperationState.REJECTED, PRINT, problems=known))
    assert entry.problems == known


WRONG = [
    pytest.param({"hours": 25}, "check", ["hours"], "25 hours on one day cannot be right", id="25 hours"),
    pytest.param({"hours": "7,5"}, "extract", ["hours"], "Hours: “7,5” is written with a decimal comma", id="a comma"),
    pytest.param({"project": None}, "check", ["project"], "The project is missing. Choose one", id="no project"),
    pytest.param(
        {"day": "2026-02-30", "rate": -1}, "extract", ["work_date", "bill_rate"], "not a day", id="two things"
    ),
    pytest.param({"note": "x" * 31}, "map", ["note"], "31 characters, 30 fit", id="a text that does not fit"),
    pytest.param({"currency": None}, "check", ["currency"], "currency is missing", id="no currency"),
]


@pytest.mark.parametrize(("values", "step", "fields", "words"), WRONG)
def test_a_wrong_record_is_rejected_with_sentences_that_name_the_source(
    values: dict[str, Any], step: str, fields: list[str], words: str
) -> None:
    entry = plan_one(record(**values))
    assert (entry.decision, entry.step) == (OperationState.REJECTED, step)
    assert [found.field for found in entry.problems] == fields
    assert words in entry.problems[0].message
    assert all("{source}" not in found.message for found in entry.problems)
    assert any("Northwind PSA" in found.message for found in entry.problems)
    assert entry.mapped is None
    assert not entry.to_deliver


def test_a_record_without_any_key_is_rejected() -> None:
    (entry,) = plan_batch(FLOW, [record(key="")], {}, {}, {}, NOW).entries
    assert [found.field for found in entry.problems] == ["id"]


def test_a_correction_mends_the_record_and_raises_the_revision() -> None:
    entry = plan_one(record(hours="7,5", note="x" * 99), correction=Correction({"hours": "7.5", "note": ""}, 2, "5"))
    assert entry.to_deliver
    assert entry.mapped is not None
    assert entry.mapped["quantity"] == 7.5
    assert "text" not in entry.mapped
    assert entry.amount is not None
    assert entry.amount.value == Decimal("750.00")
    assert entry.revision == 2
    assert entry.idempotency_key == f"{SCOPE.key('te-1', '5')}:2"


def test_a_correction_holds_for_its_version_only() -> None:
    correction = Correction({"hours": "7.5"}, 1, "5")
    assert plan_one(record("6", hours=25), correction=correction).decision is OperationState.REJECTED
    assert plan_one(record("6", hours=25), correction=replace(correction, source_version="")).to_deliver


def test_a_wrong_correction_is_a_problem_itself() -> None:
    entry = plan_one(record(), correction=Correction({"hours": "many", "colour": "red"}))
    assert [found.field for found in entry.problems] == ["hours", "colour"]


def test_a_mended_record_is_tried_although_the_same_version_waits_or_was_refused() -> None:
    for state in (OperationState.WAITING, OperationState.REJECTED):
        still_open = OpenOperation("5", state, PRINT)
        assert plan_one(record(), still_open=still_open, correction=Correction({"note": "Mended"})).to_deliver


def test_a_mended_record_that_was_delivered_is_unchanged_when_read_again() -> None:
    correction = Correction({"hours": "8"}, 1, "5")
    delivered = plan_one(record(hours=25), correction=correction)
    again = plan_one(record(hours=25), link=LinkState("T1", "5", delivered.fingerprint), correction=correction)
    assert again.decision is OperationState.UNCHANGED


def test_a_record_sent_twice_in_one_reading_is_planned_once() -> None:
    plan = plan_batch(FLOW, [record("5"), record("6", hours=8), record("5"), record("1", key="b")], {}, {}, {}, NOW)
    assert plan.duplicates == 1
    assert [(entry.source_key, entry.source_version, entry.decision.value) for entry in plan.entries] == [
        ("te-1", "5", "superseded"),
        ("te-1", "6", "waiting"),
        ("b", "1", "waiting"),
    ]
    assert plan.entries[0].reason == records.NEWER_IN_BATCH


def test_an_older_version_read_later_does_not_win() -> None:
    plan = plan_batch(FLOW, [record("6"), record("5")], {}, {}, {}, NOW)
    assert [entry.decision.value for entry in plan.entries] == ["waiting", "superseded"]


def test_business_keys_come_in_the_order_of_the_records() -> None:
    assert build_business_keys(FLOW, [record(), record(key="b")]) == [KEY, "TimeEntry:psa:b"]


def test_a_record_no_column_could_take_does_not_reach_one() -> None:
    odd = record("v\x00", key="k\x00" + "x" * 200, project="P\x00", person="E\x00", hours="\x00", currency="DOGE")
    (entry,) = plan_batch(FLOW, [odd], {}, {}, {}, NOW).entries
    texts = [
        entry.business_key,
        entry.source_key,
        entry.source_version,
        *entry.refs,
        FLOW.described.describe(entry.canonical),
    ]
    assert "\x00" not in "".join([*texts, *(found.message for found in entry.problems)])
    assert len(entry.source_key) <= 120
    assert entry.amount is not None
    assert entry.amount.currency == ""


def test_a_very_long_version_fits_and_is_recognised_again() -> None:
    long = record("v" * 300)
    entry = plan_one(long)
    assert len(entry.source_version) <= 80
    assert plan_one(long, link=LinkState("T1", entry.source_version)).decision is OperationState.UNCHANGED


def with_check(**options: Any) -> CompiledFlow:
    steps = [{"kind": "extract"}, {"kind": "check", **options}, {"kind": "map"}, {"kind": "deliver"}]
    definition = parse_definition({"canonical_type": "TimeEntry", "steps": steps})
    return compile_flow(definition, SOURCE, TARGET, source_system="psa")


@pytest.mark.parametrize(
    ("options", "values", "codes"),
    [
        pytest.param({"currencies": ["USD"]}, {}, ["currency_not_agreed"], id="a currency not agreed here"),
        pytest.param({"project_form": "A-##"}, {}, ["wrong_form"], id="a project code of another form"),
        pytest.param({"without": ["hours_of_one_day"]}, {"hours": 25}, [], id="a check left out"),
        pytest.param(
            {"rules": [{"name": "short", "expression": "r.hours <= 5.0", "sentence": "Too long.", "field": "hours"}]},
            {},
            ["short"],
            id="a rule of the flow's own",
        ),
        pytest.param(
            {"rules": [{"name": "short", "expression": "r.hours <= 8.0", "sentence": "Too long."}]},
            {},
            [],
            id="a rule kept",
        ),
        pytest.param(
            {"rules": [{"name": "region", "expression": 'r.region == "N"', "sentence": "No."}]},
            {},
            ["region"],
            id="a rule that cannot be judged",
        ),
    ],
)
def test_a_flow_has_checks_of_its_own(options: dict[str, Any], values: dict[str, Any], codes: list[str]) -> None:
    entry = plan_one(record(**values), flow=with_check(**options))
    assert [found.code for found in entry.problems] == codes


def test_a_zone_makes_the_approval_check_strict() -> None:
    source = replace(SOURCE, reading_lines=(*SOURCE.reading_lines, MappingLine("approved_at", "approved")))
    steps = [{"kind": "extract"}, {"kind": "check", "zone": "Europe/Berlin"}, {"kind": "map"}, {"kind": "deliver"}]
    definition = parse_definition({"canonical_type": "TimeEntry", "steps": steps})
    strict = compile_flow(definition, source, TARGET, source_system="psa")
    tolerant = compile_flow(FlowDefinition("TimeEntry"), source, TARGET, source_system="psa")
    early = record(approved="2026-11-02T20:00:00Z")
    assert plan_one(early, flow=strict).decision is OperationState.REJECTED
    assert plan_one(early, flow=tolerant).to_deliver


@pytest.mark.parametrize(
    ("expression", "reason"),
    [("r.hours > 5.0", ""), ("r.hours > 9.0", "filtered"), ('r.region == "N"', "")],
    ids=["it holds", "it does not hold", "it cannot be judged, so nothing is lost"],
)
def test_a_filter_expression_leaves_records_out(expression: str, reason: str) -> None:
    definition = parse_definition({"canonical_type": "TimeEntry", "filter": {"expression": expression}})
    flow = compile_flow(definition, SOURCE, TARGET, source_system="psa")
    assert plan_one(record(), flow=flow).reason == reason


def test_layers_change_both_mappings_of_a_flow() -> None:
    flow = compile_flow(
        DEFINITION,
        SOURCE,
        TARGET,
        Layers(
            template=(
                LineChange("text", {"label": "Text"}),
                LineChange("company", {"default": 1}),
                LineChange("company_name", {"default": "x"}),
                LineChange("elsewhere", {"label": "not here"}),
                MappingLine("unknown", "id"),
            ),
            customer=(LineChange("company", {"default": 2}),),
        ),
        source_system="psa",
        source_label="Time",
        reading_layers=Layers(customer=(LineChange("hours", {"transforms": ("decimal_comma",)}),)),
    )
    entry = plan_one(record(hours="7,5"), flow=flow)
    assert entry.mapped is not None
    assert (entry.mapped["quantity"], entry.mapped["company"]) == (7.5, 2)
    assert [line.target for line in flow.delivery.lines][-2:] == ["text", "company"]
    assert "Time" in plan_one(record(hours="x"), flow=flow).problems[0].message


def test_all_mistakes_of_both_mappings_are_told_at_once() -> None:
    with pytest.raises(MappingError) as refused:
        compile_flow(
            DEFINITION,
            SOURCE,
            TARGET,
            Layers(customer=(LineChange("text", {"source": "nothing"}),)),
            source_system="psa",
            reading_layers=Layers(customer=(LineChange("project", removed=True),)),
        )
    assert [found.target for found in refused.value.problems] == ["project", "text"]


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (replace(SOURCE, canonical_type="Project"), TARGET, "the source 'Northwind PSA' holds Project"),
        (SOURCE, replace(TARGET, canonical_type="Project"), "the target 'ERP line' holds Project"),
    ],
)
def test_a_flow_between_other_types_is_refused(source: ObjectManifest, target: ObjectManifest, words: str) -> None:
    with pytest.raises(MappingError, match=words):
        compile_flow(DEFINITION, source, target, source_system="psa")


def test_publishing_tells_a_change_of_a_line_that_the_layer_below_removed() -> None:
    layers = Layers(
        partner=(LineChange("text", removed=True),), customer=(LineChange("text", {"transforms": ("shorten:9",)}),)
    )
    with pytest.raises(MappingError) as refused:
        compile_flow(DEFINITION, SOURCE, TARGET, layers, source_system="psa")
    (found,) = refused.value.problems
    assert found.target == "text"
    assert "the partner's layer has removed this line: take the change away" in found.message


def test_the_reading_and_each_writing_tell_their_own_orphans() -> None:
    described, trimmed = canonical_type("TimeEntry"), LineChange("text", {"transforms": ("trim",)})
    assert compile_writing(described, TARGET, Layers(customer=(trimmed,))).lines
    for compiled in (
        lambda: compile_writing(
            described, replace(TARGET, writing_lines=TARGET.writing_lines[:4]), Layers((), (trimmed,))
        ),
        lambda: compile_reading(described, SOURCE, Layers((), (), (trimmed,))),
    ):
        with pytest.raises(MappingError, match="changes this line, but no layer below has this line any more"):
            compiled()


def test_a_record_cannot_refer_to_itself() -> None:
    layers = Layers(customer=(LineChange("project", {"source": "id", "reference": "TimeEntry"}),))
    with pytest.raises(MappingError, match="that is just being written, by its own id: choose"):
        compile_flow(DEFINITION, SOURCE, TARGET, layers, source_system="psa")


def test_every_reason_has_a_sentence() -> None:
    reasons = {entry.values[4] for entry in DECISIONS if entry.values[4]} - {"not_approved", "not_billable"}
    assert reasons <= set(records.REASONS)


HUGE = SourceRecord("entries", "a", "1", {**VALUES, "hours": 7063047575089, "rate": 14158194311574})
JSON = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)
)
RECORDS = st.builds(
    SourceRecord,
    object_name=st.just("entries"),
    key=st.sampled_from(["a", "b", "c", ""]),
    version=st.sampled_from(["1", "2", "2026-11-03T09:00:00Z", "x"]),
    values=st.dictionaries(st.sampled_from(list(VALUES)), JSON, max_size=9).map(lambda some: VALUES | some),
)
STATES = st.builds(LinkState, st.just("T"), st.sampled_from(["", "1", "2"]), st.sampled_from(["", PRINT, "x"]))
OPEN = st.builds(
    OpenOperation, st.sampled_from(["1", "2"]), st.sampled_from([OperationState.WAITING, OperationState.REJECTED])
)
KEYS = st.sampled_from(["TimeEntry:psa:a", "TimeEntry:psa:b", "TimeEntry:psa:"])


@settings(max_examples=100)
@example(batch=[HUGE], links={}, still_open={})
@given(
    batch=st.lists(RECORDS, max_size=8),
    links=st.dictionaries(KEYS, STATES, max_size=3),
    still_open=st.dictionaries(KEYS, OPEN, max_size=3),
)
def test_planning_answers_once_for_every_record_version_whatever_came(
    batch: list[SourceRecord], links: dict[str, LinkState], still_open: dict[str, OpenOperation]
) -> None:
    plan = plan_batch(FLOW, batch, links, still_open, {}, NOW)
    answered = Counter((entry.source_key, entry.source_version) for entry in plan.entries)
    assert answered == Counter({(what.key, what.version) for what in batch})
    assert len(plan.entries) + plan.duplicates == len(batch)
    assert Counts.of(entry.decision for entry in plan.entries).read == len(plan.entries)
    delivered = Counter(entry.business_key for entry in plan.entries if entry.to_deliver)
    assert all(number == 1 for number in delivered.values()), "one key is never sent twice in one batch"
    again = plan_batch(FLOW, batch, links, still_open, {}, NOW)
    assert again == plan
