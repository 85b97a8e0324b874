"""Steps that find a project or a deal in any system and change only what follows from the record at hand."""

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import Rule, Step
from apps.flows.engine.steps import DeliverOptions, MapOptions
from apps.flows.engine.steps.lookup import LookupOptions

_LOOK_SECONDS, _WRITE_SECONDS = 30, 60


def find(  # noqa: PLR0913  each is one fact of the step, all by name
    name: str,
    title: str,
    *,
    into: str,
    key: str,
    role: str = "target",
    keep: tuple[str, ...] = (),
    rules: tuple[Rule, ...] = (),
    condition: str = "",
) -> Step:
    """Find the record of the type `into` that `key` names; without it nothing goes on, and master data is asked."""
    return Step(
        "lookup",
        name=name,
        title=title,
        condition=condition,
        timeout_seconds=_LOOK_SECONDS,
        options=LookupOptions(role, "", key, keep=keep, required=True, type=into, rules=rules),
    )


def changes_of(source: str, name: str, title: str, *, into: str, lines: tuple[MappingLine, ...]) -> Step:
    """Work out what of a record of the type `into` changes; what the source record does not say stays as it is."""
    options = MapOptions.build(canonical_type(source), into, lines, part=True)
    return Step("map", name=name, title=title, options=options)


def change(  # noqa: PLR0913  each is one fact of the step, all by name
    name: str, title: str, *, into: str, of: str, onto: str, role: str = "target", queue: str = "", condition: str = ""
) -> Step:
    """Change the record that the step `onto` found by what the step `of` worked out."""
    return Step(
        "deliver",
        name=name,
        title=title,
        condition=condition,
        timeout_seconds=_WRITE_SECONDS,
        queue=queue,
        options=DeliverOptions(into, role=role, of=of, onto=onto),
    )
