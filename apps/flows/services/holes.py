"""What a flow's connections lack before anything can run through them: found by looking, never stored."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.models import Connection, Credential
from apps.flows.models import Flow
from apps.flows.services.walk_session import systems_of


class Lack(StrEnum):
    """What is not there. A flow that ran before goes on without the last two: its first call tells."""

    REMOVED = "removed"
    OFF = "off"
    ADDRESS = "address"
    SETTINGS = "settings"
    SECRETS = "secrets"
    UNTESTED = "untested"
    FAILING = "failing"


_STOPS_ALWAYS = frozenset({Lack.REMOVED, Lack.ADDRESS, Lack.SETTINGS, Lack.SECRETS})


@dataclass(frozen=True, slots=True)
class Hole:
    """One thing that is lacking, at one connection; `names` are the labels of the settings or secrets."""

    connection: Connection
    lack: Lack
    names: tuple[str, ...] = ()

    @property
    def stops_always(self) -> bool:
        """True when not even a flow that ran before may go on without it."""
        return self.lack in _STOPS_ALWAYS

    @property
    def words(self) -> str:
        """Return what is lacking and what to do, in the reader's language."""
        named = {"name": self.connection.name, "what": ", ".join(_(name) for name in self.names)}
        return {
            Lack.REMOVED: _("%(name)s was removed: install the flow anew with another connection."),
            Lack.OFF: _("%(name)s is switched off: switch it on."),
            Lack.ADDRESS: _("%(name)s has no address yet: enter it."),
            Lack.SETTINGS: _("%(name)s lacks %(what)s: enter it among its settings."),
            Lack.SECRETS: _("%(name)s lacks %(what)s: enter it, nothing was copied from elsewhere."),
            Lack.UNTESTED: _("%(name)s was never tested: test it."),
            Lack.FAILING: _("%(name)s does not work at present: look at its page."),
        }[self.lack] % named


def list_holes(flow: Flow) -> list[Hole]:
    """Return what a flow lacks, source first. Two queries besides its two connections."""
    connections = list({one.id: one for one in systems_of(flow).values()}.values())
    held: dict[object, set[str]] = {}
    for connection_id, name in Credential.objects.filter(connection__in=connections).values_list(
        "connection_id", "name"
    ):
        held.setdefault(connection_id, set()).add(name)
    return [hole for one in connections for hole in _holes_of(one, held.get(one.id, set()))]


def require_whole(flow: Flow, *, ran_before: bool) -> None:
    """Raise ValidationError that names every hole; for a flow that ran before only those that stop it in any case."""
    found = [hole for hole in list_holes(flow) if hole.stops_always or not ran_before]
    if found:
        raise ValidationError([hole.words for hole in found])


def _holes_of(connection: Connection, held: Collection[str]) -> list[Hole]:
    if connection.removed_at is not None:
        return [Hole(connection, Lack.REMOVED)]
    if not registry.is_listed(connection.system):
        return []  # a system that left the catalogue says nothing about what it needs
    manifest = registry.manifest(connection.system)
    found = [] if connection.base_url else [Hole(connection, Lack.ADDRESS)]
    settings = tuple(f.label or f.name for f in manifest.settings if f.required and not connection.settings.get(f.name))
    secrets = tuple(spec.label for spec in manifest.secrets if spec.name not in held)
    found += [Hole(connection, Lack.SETTINGS, settings)] if settings else []
    found += [Hole(connection, Lack.SECRETS, secrets)] if secrets else []
    if connection.state == Connection.State.DISABLED:
        return [*found, Hole(connection, Lack.OFF)]
    if connection.state == Connection.State.ATTENTION:
        return [*found, Hole(connection, Lack.FAILING)]
    if connection.state == Connection.State.UNTESTED and not found:
        return [Hole(connection, Lack.UNTESTED)]
    return found
