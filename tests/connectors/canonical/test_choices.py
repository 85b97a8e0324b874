"""Words a choice may hold: every system says only these, or is told which word it has no place for."""

from collections.abc import Iterator

import pytest

from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type, restore
from apps.connectors.canonical.shapes import CanonicalField
from apps.connectors.manifest import MappingLine, ObjectManifest, ValueKind
from apps.connectors.registry import all_manifests

# What comes with words of its own, by nature: whoever sends it can be told to use ours, or maps them.
FREE = {"webhooks", "sftp_files", "postgresql_tables"}
# The custom field that a firm names for its approvals.
FREE_LINES = {("redmine", "approval")}


def _choices() -> Iterator[tuple[str, ObjectManifest, MappingLine, CanonicalField]]:
    for system in all_manifests():
        for spec in system.objects:
            for line in spec.reading_lines:
                field = canonical_type(spec.canonical_type).field_named(line.target)
                if field is not None and field.choices:
                    yield system.slug, spec, line, field


CHOICES = [pytest.param(*case, id=f"{case[0]}-{case[1].name}-{case[2].target}") for case in _choices()]


def _words_of(spec: ObjectManifest, line: MappingLine) -> list[str] | None:
    """Return every word that a line can yield, None where its source may say anything."""
    constant = [] if line.default is None else [line.default]
    if line.value_map is not None:
        return [*line.value_map.values(), *([line.value_map_default] if line.value_map_default else []), *constant]
    for step in line.transforms:
        if step.startswith("yes_no_as:"):
            return [*step.removeprefix("yes_no_as:").split(","), *constant]
    if line.source:
        source = next((field for field in spec.fields if field.name == line.source), None)
        return [*source.choices, *constant] if source is not None and source.choices else None
    return None if line.expression else constant


@pytest.mark.parametrize(("slug", "spec", "line", "field"), CHOICES)
def test_a_system_says_only_words_that_the_type_has(
    slug: str, spec: ObjectManifest, line: MappingLine, field: CanonicalField
) -> None:
    words = _words_of(spec, line)
    if words is None:
        known = slug in FREE or (slug, line.target) in FREE_LINES or slug.startswith("sandbox_")
        assert line.expression or known, f"{slug} may say anything for {line.target}: give the line a value table"
        return
    assert set(words) <= set(field.choices)


@pytest.mark.parametrize("name", CANONICAL_TYPES)
def test_every_choice_says_what_may_be_chosen_and_nothing_else_does(name: str) -> None:
    for field in canonical_type(name).fields:
        assert bool(field.choices) == (field.kind is ValueKind.CHOICE), field.name
        assert len(set(field.choices)) == len(field.choices)


def test_a_word_that_a_choice_does_not_have_is_told_with_those_it_has() -> None:
    values, problems = restore(canonical_type("TimeEntry"), {"approval": "Signed", "hours": "1"})
    assert list(values) == ["hours"]
    assert [(found.field, found.code) for found in problems] == [("approval", "unknown_choice")]
    assert problems[0].message == ("Approval: “Signed” is not one of open, submitted, approved, rejected, locked.")
    assert restore(canonical_type("TimeEntry"), {"approval": " "}) == ({}, ())
