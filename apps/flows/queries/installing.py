"""What a template can be installed between: a customer's fitting connections for each part, and the systems still missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.manifest import SystemManifest
from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.flows.templates_library import FlowTemplate

SOURCE, TARGET = "source", "target"


@dataclass(frozen=True, slots=True)
class Part:
    """One system that a template needs. `name` is source, target or a role; `systems` of the catalogue could be it."""

    name: str
    label: str
    connections: tuple[Connection, ...]
    systems: tuple[SystemManifest, ...]

    @property
    def lacks(self) -> str:
        """Return which system to connect first, "" when one is connected."""
        if self.connections:
            return ""
        words = {"part": self.label, "systems": ", ".join(system.name for system in self.systems)}
        if len(self.systems) == 1:
            return _("%(part)s: connect %(systems)s first.") % words
        return _("%(part)s: connect one of these first: %(systems)s.") % words


@dataclass(frozen=True, slots=True)
class Fit:
    """A template and what a customer has for it, part by part: source, target, further roles in the template's order."""

    template: FlowTemplate
    parts: tuple[Part, ...]

    @property
    def lacking(self) -> list[str]:
        """Return a sentence for each part that no connection can be."""
        return [part.lacks for part in self.parts if part.lacks]

    @property
    def systems_to_connect(self) -> list[SystemManifest]:
        """Return the systems of the catalogue that would fill what is missing, each once."""
        found = [system for part in self.parts if part.lacks for system in part.systems]
        return list({system.slug: system for system in found}.values())


def list_installable_connections(customer: Customer) -> list[Connection]:
    """Return a customer's connections that are not switched off, by name."""
    return list(Connection.objects.filter(customer=customer).exclude(state=Connection.State.DISABLED))


def fit_of(template: FlowTemplate, connections: Sequence[Connection]) -> Fit:
    """Return which of the connections can be which part of a template."""
    systems = {system.slug: system for system in registry.all_manifests()}
    labels = {SOURCE: _("Reads from"), TARGET: _("Writes to"), **{r: _(label) for r, label in template.roles.items()}}
    return Fit(template, tuple(_part(template, name, label, connections, systems) for name, label in labels.items()))


def _part(
    template: FlowTemplate,
    name: str,
    label: str,
    connections: Sequence[Connection],
    systems: dict[str, SystemManifest],
) -> Part:
    able = {slug: system for slug, system in systems.items() if _can_be(template, name, system)}
    return Part(name, label, tuple(one for one in connections if one.system in able), tuple(able.values()))


def _can_be(template: FlowTemplate, name: str, system: SystemManifest) -> bool:
    if name == SOURCE:
        return template.can_read(system)
    return template.can_write(system) if name == TARGET else template.can_play(name, system)
