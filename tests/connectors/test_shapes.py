"""Shapes of objects: what counts as a change, and which changes are agreed to without a person."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.manifest import FieldSpec, ObjectManifest, ValueKind, Writing
from apps.connectors.shapes import (
    Change,
    Difference,
    DiscoveredField,
    ShapeSource,
    agree_on,
    differences,
    fingerprint,
    live_shape,
    manifest_shape,
    read_document,
    to_document,
)

K, C, LIVE, MANIFEST = ValueKind, Change, ShapeSource.LIVE, ShapeSource.MANIFEST
HOURS = DiscoveredField("hours", K.DECIMAL, "Hours")
STATUS = DiscoveredField("status", K.CHOICE, choices=("open", "done"))
HARMLESS = {C.ADDED, C.CHOICE_ADDED, C.LENGTH}
CHANGES = {
    "nothing": (HOURS, HOURS, set()),
    "another label only": (HOURS, replace(HOURS, label="Time"), set()),
    "a kind that can stand for it": (HOURS, replace(HOURS, kind=K.HOURS), set()),
    "another kind": (HOURS, replace(HOURS, kind=K.TEXT), {C.OTHER_KIND}),
    "needed from now on": (HOURS, replace(HOURS, required=True), {C.REQUIRED}),
    "no longer needed": (replace(HOURS, required=True), HOURS, set()),
    "no longer written": (HOURS, replace(HOURS, read_only=True), {C.READ_ONLY}),
    "a choice more": (STATUS, replace(STATUS, choices=("open", "done", "void")), {C.CHOICE_ADDED}),
    "a choice less": (STATUS, replace(STATUS, choices=("open",)), {C.CHOICE_GONE}),
    "one choice for another": (STATUS, replace(STATUS, choices=("open", "closed")), {C.CHOICE_GONE, C.CHOICE_ADDED}),
    "any value goes now": (STATUS, replace(STATUS, kind=K.TEXT, choices=()), set()),
    "less room": (replace(HOURS, max_length=80), replace(HOURS, max_length=40), {C.LENGTH}),
    "something else is demanded": (HOURS, DiscoveredField("region", required=True), {C.GONE, C.ADDED, C.REQUIRED}),
    "renamed": (HOURS, replace(HOURS, name="duration"), {C.GONE, C.ADDED}),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_of_a_field_is_told_as_what_it_is(case: str) -> None:
    was, now, told = CHANGES[case]
    assert {one.change for one in differences([was], [now], LIVE)} == told


@pytest.mark.parametrize("case", CHANGES)
def test_what_could_harm_stays_different_until_a_person_agrees_and_the_rest_is_taken_in(case: str) -> None:
    was, now, told = CHANGES[case]
    agreed = agree_on([was], [now], LIVE)
    assert {one.change for one in differences(agreed, [now], LIVE)} == told - HARMLESS


def test_a_manifest_cannot_say_that_a_field_is_gone_or_changed_but_what_is_new_is_told() -> None:
    now = [replace(STATUS, kind=K.DATE, choices=()), DiscoveredField("colour")]
    assert differences([HOURS, STATUS], now, MANIFEST) == (Difference(C.ADDED, "colour"),)
    assert agree_on([HOURS], [], MANIFEST) == (HOURS,)


def test_a_manifests_shape_says_which_fields_a_record_had_and_what_else_it_held() -> None:
    spec = ObjectManifest(
        "things",
        "Things",
        "Task",
        fields=(FieldSpec("id", required=True), FieldSpec("client.name"), FieldSpec("note", max_length=9)),
        writing=Writing("things"),
    )
    shape = manifest_shape(spec, {"id": 1, "client": {"name": None}, "size": 2, "tags": ["a"], "hot": True})
    told = {field.name: (field.seen, field.kind) for field in shape.fields}
    assert told == {
        "id": (True, K.TEXT),
        "client.name": (True, K.TEXT),
        "note": (False, K.TEXT),
        "size": (True, K.DECIMAL),
        "tags": (True, K.NESTED),
        "hot": (True, K.YES_NO),
    }
    assert [field.name for field in shape.fields if field.required] == ["id"]
    assert {field.seen for field in manifest_shape(spec).fields} == {None}
    assert all(field.read_only for field in manifest_shape(replace(spec, writing=None)).fields)


def test_a_live_shape_takes_its_labels_from_the_manifest_where_the_system_has_none() -> None:
    spec = ObjectManifest("things", "Things", "Task", fields=(FieldSpec("id", label="Number"),))
    shape = live_shape(spec, [DiscoveredField("id"), DiscoveredField("id", label="Twice"), DiscoveredField("x" * 201)])
    assert [(field.name, field.label) for field in shape.fields] == [("id", "Twice")]
    assert live_shape(spec, [DiscoveredField("id")]).fields[0].label == "Number"


def test_what_must_be_filled_in_matters_only_where_records_are_written() -> None:
    spec, told = ObjectManifest("things", "Things", "Task"), [DiscoveredField("id", required=True)]
    assert not live_shape(spec, told).fields[0].required
    assert live_shape(replace(spec, writing=Writing("things")), told).fields[0].required


FIELDS = st.lists(
    st.builds(
        DiscoveredField,
        name=st.sampled_from(["a", "b", "c"]),
        kind=st.sampled_from(K),
        required=st.booleans(),
        read_only=st.booleans(),
        choices=st.lists(st.sampled_from(["x", "y, z", "w"]), unique=True).map(tuple),
        max_length=st.none() | st.integers(1, 99),
        known=st.just(value=True),
    ),
    unique_by=lambda field: field.name,
)


@given(FIELDS, FIELDS)
def test_agreeing_leaves_only_what_could_harm_and_agreeing_again_changes_nothing(
    was: list[DiscoveredField], now: list[DiscoveredField]
) -> None:
    agreed = agree_on(was, now, LIVE)
    left = differences(agreed, now, LIVE)
    assert all(one.is_harmful for one in left)
    assert agree_on(agreed, now, LIVE) == agreed
    assert set(left) == {one for one in differences(was, now, LIVE) if one.is_harmful}


@given(FIELDS)
def test_what_is_stored_comes_back_and_its_fingerprint_knows_no_order(fields: list[DiscoveredField]) -> None:
    assert list(read_document(json.loads(json.dumps(to_document(fields))))) == fields
    assert fingerprint(fields) == fingerprint(fields[::-1])
    assert differences(fields, fields, LIVE) == ()


def test_a_field_that_no_mapping_can_use_comes_changes_and_goes_without_harm() -> None:
    spec = ObjectManifest("things", "Things", "Task", fields=(FieldSpec("id"), FieldSpec("client.name")))
    first = live_shape(spec, [DiscoveredField("id"), DiscoveredField("client"), DiscoveredField("colour")])
    assert {field.name: field.known for field in first.fields} == {"id": True, "client": True, "colour": False}
    other = live_shape(spec, [DiscoveredField("id"), DiscoveredField("client"), DiscoveredField("colour", K.DATE)])
    gone = live_shape(spec, [DiscoveredField("id"), DiscoveredField("client")])
    for now in (other, gone):
        assert [one.is_harmful for one in differences(first.fields, now.fields, LIVE)] == [False]
        assert agree_on(first.fields, now.fields, LIVE) == now.fields
