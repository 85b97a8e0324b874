"""Everything that keeps a private system's description from being used: its form, its rules, and lines that do not compile."""

from collections.abc import Iterator
from typing import Any

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import ObjectManifest
from apps.connectors.models import PrivateVersion
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import Document, DocumentError, DocumentProblem, read_document
from apps.connectors.private_systems import make_live
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import CompiledMapping, MappingError
from apps.flows.mapping.layers import merge_layers


class ReleaseError(ValueError):
    """A draft cannot be made live; `problems` says why."""

    def __init__(self, problems: list[DocumentProblem]) -> None:
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in problems))
        self.problems = tuple(problems)


def draft_problems(document: Document) -> list[DocumentProblem]:
    """Return all problems of a description, each with its place: "objects[0].reading_lines.hours" is one line."""
    try:
        manifest = read_document(document, slug="private")
    except DocumentError as wrong:
        return list(wrong.problems)
    problems = list_problems(manifest)
    for index, spec in enumerate(manifest.objects):
        if spec.canonical_type in CANONICAL_TYPES:
            problems += _line_problems(spec, f"objects[{index}]")
    return problems


def compile_reading(spec: ObjectManifest) -> CompiledMapping:
    """Return the lines that read an object, compiled. Raises MappingError."""
    described = CANONICAL_TYPES[spec.canonical_type]
    return compile_mapping(merge_layers(spec.reading_lines), source_fields=spec.fields, target_fields=described.fields)


def release(draft: PrivateVersion, *, seen: int, note: str = "") -> None:
    """Make a draft live. Raises ReleaseError with all its problems, ValidationError when it was changed meanwhile."""
    problems = draft_problems(draft.document)
    if problems:
        raise ReleaseError(problems)
    make_live(draft, seen=seen, note=note)


def _line_problems(spec: ObjectManifest, place: str) -> Iterator[DocumentProblem]:
    if spec.reading is not None:
        yield from _compiled(f"{place}.reading_lines", lambda: compile_reading(spec))
    if spec.writing is not None:
        described = CANONICAL_TYPES[spec.canonical_type]
        yield from _compiled(
            f"{place}.writing_lines",
            lambda: compile_mapping(
                merge_layers(spec.writing_lines),
                source_fields=described.fields,
                target_fields=spec.fields,
                outgoing=True,
            ),
        )


def _compiled(place: str, compile_lines: Any) -> Iterator[DocumentProblem]:
    try:
        compile_lines()
    except MappingError as wrong:
        for one in wrong.problems:
            yield DocumentProblem(f"{place}.{one.target}", one.message)
