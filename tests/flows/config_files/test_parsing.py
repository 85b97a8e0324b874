"""Configuration files as text: one written form that reads back the same, and every mistake named with its line."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.flows.config_files.document import (
    CustomerDocument,
    CutOffEntry,
    FlowEntry,
    OwnerEntry,
    PartnerDocument,
    PartnerLines,
    StartsEntry,
    SystemEntry,
)
from apps.flows.config_files.parsing import parse_file
from apps.flows.config_files.yaml_text import DEEPEST, MOST_BYTES, DocumentError, read_yaml, write_yaml

# What PostgreSQL can keep: no NUL, no half of a surrogate pair.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
_AMBIGUOUS = st.sampled_from(["no", "007", "1e5", "18:00", "2026-11-22", "null", "~", "1_000", "0x1f", ".5", "=", "<<"])
_NAME = st.one_of(_TEXT.filter(lambda text: bool(text.strip())), _AMBIGUOUS)
_VALUE = st.one_of(_NAME, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.none())
_SYSTEM = st.builds(SystemEntry, _NAME, _NAME)
_LINE = st.fixed_dictionaries(
    {"target": _NAME},
    optional={
        "default": _VALUE,
        "value_map": st.dictionaries(_NAME, _VALUE, max_size=4),
        "transforms": st.lists(_NAME),
    },
)
_LINES = st.lists(_LINE, max_size=3, unique_by=lambda line: line["target"]).map(
    lambda lines: tuple(sorted(lines, key=lambda line: line["target"]))
)
_STARTS = st.one_of(
    st.builds(StartsEntry, every_seconds=st.integers(1, 10**6), event=st.just("contract.signed")),
    st.builds(StartsEntry, cron=st.just("0 7 * * 1-5"), zone=st.just("Europe/Berlin")),
    st.builds(StartsEntry),
)
_FLOW = st.builds(
    FlowEntry,
    name=_NAME,
    template=_NAME,
    template_version=st.integers(1, 99),
    source=_SYSTEM,
    target=_SYSTEM,
    roles=st.dictionaries(_NAME, _SYSTEM, max_size=2),
    settings=st.dictionaries(_NAME, _VALUE, max_size=3),
    starts=_STARTS,
    expected_every_seconds=st.none() | st.integers(1, 10**6),
    quiet=st.sampled_from([{}, {"zone": "UTC", "windows": [{"days": [0, 4], "from": "18:00", "to": "06:00"}]}]),
    lines=st.dictionaries(_NAME, _LINES.filter(bool), max_size=2),
)
_OWNER = st.builds(OwnerEntry, _NAME.map(str.strip), st.just(""), st.just("ERP"), st.just("review"), note=st.just("no"))
_CUT_OFF = st.builds(
    CutOffEntry,
    name=_NAME.map(str.strip),
    rhythm=st.sampled_from(["monthly", "working_day"]),
    day=st.sampled_from([-1, 1, 23]),
    at=st.sampled_from(["00:00", "06:30", "17:00", "23:59"]),
    purpose=st.sampled_from(["", "no", "Invoices"]),
)
_DOCUMENT = st.one_of(
    st.builds(
        CustomerDocument,
        _NAME,
        _NAME,
        _NAME,
        st.lists(_FLOW, max_size=3, unique_by=lambda flow: flow.name).map(
            lambda flows: tuple(sorted(flows, key=lambda flow: flow.name))
        ),
        st.lists(_OWNER, max_size=2, unique_by=lambda owner: owner.type).map(
            lambda owners: tuple(sorted(owners, key=lambda owner: owner.type))
        ),
        st.lists(_CUT_OFF, max_size=2, unique_by=lambda one: one.name).map(
            lambda cut_offs: tuple(sorted(cut_offs, key=lambda one: one.name))
        ),
    ),
    st.builds(
        PartnerDocument,
        st.lists(
            st.builds(PartnerLines, _NAME, _NAME, _NAME, _LINES), max_size=3, unique_by=lambda one: ", ".join(one.key)
        ).map(lambda entries: tuple(sorted(entries, key=lambda one: one.key))),
    ),
)


@given(_DOCUMENT)
def test_what_is_written_reads_back_the_same_and_is_written_the_same(document: Any) -> None:
    written = document.write()
    parsed = parse_file(written.encode()).document
    assert parsed == document
    assert parsed.write() == written


@given(
    st.dictionaries(
        _TEXT,
        st.recursive(
            _VALUE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=6
        ),
        min_size=1,
    )
)
def test_every_plain_value_survives_being_written(value: dict[str, Any]) -> None:
    assert read_yaml(write_yaml(value).encode()).plain() == value


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_a_file_is_read_or_refused(raw: bytes) -> None:
    try:
        parse_file(raw)
    except DocumentError as wrong:
        told = str(wrong)
    else:
        told = "read"
    assert told


HEAD = "file: customer-configuration\nversion: 1\ncustomer: {name: A, currency: EUR, zone: UTC}\n"
FLOW = "  - name: F\n    template: t\n    template_version: 1\n    source: {connection: P, system: p}\n    target: {connection: E, system: e}\n"


@pytest.mark.parametrize(
    ("text", "line", "path", "sentence"),
    [
        ("", None, "", "empty"),
        ("a: [", 2, "", "no YAML"),
        ("just words", 1, "", "group of keys"),
        ("\x00", None, "", "no YAML"),
        ("a: 1\n---\nb: 2", 2, "", "no YAML"),
        ("file: else\nversion: 1", 1, "file", "customer-configuration"),
        ("version: 1", None, "file", "no configuration file"),
        ("file: customer-configuration", None, "version", "version: 1"),
        ("file: customer-configuration\nversion: one", 2, "version", "version: 1"),
        ("file: customer-configuration\nversion: 7\nnews: 1", 2, "version", "Import it where version 7 is known"),
        (HEAD + "flows: &all []", 4, "", "write the value out"),
        (HEAD + "flows: *all", 4, "", "write the value out"),
        (HEAD + "flows: !!python/name:os.system", 4, "", "tags"),
        (HEAD + "1: x", 4, "", "put it in quotes"),
        (HEAD + "owners: []\nowners: []", 5, "", "there twice"),
        (HEAD + "flow: []", 4, "flow", "no such key; choose among customer, cut_offs, file, flows, owners, version"),
        (HEAD + "flows:\n" + FLOW + "    secret: x\n", 10, "flows[0].secret", "no such key"),
        (HEAD + "flows:\n  - name: F\n", 5, "flows[0].source", "is missing"),
        (HEAD + "flows: {}", 4, "flows", "must be a list"),
        (HEAD + "flows:\n" + FLOW + FLOW, 10, "flows[1]", "two flows are called “F”"),
        (HEAD + "flows:\n" + FLOW + "    lines:\n      delivery:\n        - {target: a, sauce: b}\n", 12, "flows[0].lines.delivery", "unknown key 'sauce'"),
        (HEAD + "flows:\n" + FLOW + "    starts: {every_seconds: 60, cron: 0 7 * * *, zone: UTC}\n", 10, "flows[0].starts", "not both"),
        (HEAD + "flows:\n" + FLOW + "    starts: {zone: UTC}\n", 10, "flows[0].starts", "both cron and zone"),
        (HEAD + "flows:\n" + FLOW + "    starts: {every_seconds: 1.5}\n", 10, "flows[0].starts.every_seconds", "whole number"),
        (HEAD + "flows:\n" + FLOW + "    quiet: {zone: UTC, windows: [{days: [7], from: '1:00', to: '2:00'}]}\n", 10, "flows[0].quiet.windows[0].days[0]", "0 for Monday"),
        (HEAD + "owners: [{type: T, field: x, rule: never}]", 4, "owners[0].rule", "review, owner_wins"),
        (HEAD + "cut_offs: [{name: a, rhythm: daily, day: 1, at: '17:00'}]", 4, "cut_offs[0].rhythm", "weekly, monthly, working_day"),
        (HEAD + "cut_offs: [{name: a, rhythm: weekly, day: 7, at: '17:00'}]", 4, "cut_offs[0].day", "0 for Monday to 6"),
        (HEAD + "cut_offs: [{name: a, rhythm: monthly, day: last, at: '17:00'}]", 4, "cut_offs[0].day", "whole number"),
        (HEAD + "cut_offs: [{name: a, rhythm: working_day, day: 0, at: '17:00'}]", 4, "cut_offs[0].day", "-1 for the last"),
        (HEAD + "cut_offs: [{name: a, rhythm: weekly, day: 0, at: '5 pm'}]", 4, "cut_offs[0].at", "such as 17:00"),
        (HEAD + "cut_offs: [{name: a, rhythm: weekly, at: '17:00'}]", 4, "cut_offs[0].day", "is missing"),
        (HEAD.replace("name: A", "name: 12"), 3, "customer.name", "put it in quotes"),
        (HEAD + f"flows: {'[' * (DEEPEST + 1)}{']' * (DEEPEST + 1)}", 4, "", "levels deep"),
        (HEAD + f"flows: {'9' * 5000}", 4, "flows", "too long"),
        (HEAD + "flows: 1e999", 4, "flows", "too large"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_the_fix(text: str, line: int | None, path: str, sentence: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_file(text.encode())
    found = caught.value.problems
    assert any(sentence in one.message and (one.line, one.path) == (line, path) for one in found), found


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [(b"x" * (MOST_BYTES + 1), "at most 2,097,152"), (b"a: 1\nb: \xff", "line 2: The file is no text in UTF-8")],
    ids=["too large", "not UTF-8"],
)
def test_bytes_that_are_no_text_of_ours_are_refused(raw: bytes, sentence: str) -> None:
    with pytest.raises(DocumentError, match=sentence):
        parse_file(raw)


def test_all_mistakes_are_told_at_once() -> None:
    text = HEAD + "flows:\n" + FLOW + "    starts: {every_seconds: no}\n    expected_every_seconds: -1\n"
    with pytest.raises(DocumentError) as caught:
        parse_file(text.encode())
    assert [problem.path for problem in caught.value.problems] == [
        "flows[0].starts.every_seconds",
        "flows[0].expected_every_seconds",
    ]
