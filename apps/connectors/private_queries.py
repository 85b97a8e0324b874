"""Reading the systems that a partner describes itself: all of them, one with its versions, and its connections."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from apps.connectors.models import Connection, PrivateSystem, PrivateTrial, PrivateVersion


@dataclass(frozen=True, slots=True)
class PrivateFacts:
    """One private system: what is live, what is worked on, and where it is connected. One of the two versions is there."""

    system: PrivateSystem
    live: PrivateVersion | None
    draft: PrivateVersion | None
    versions: list[PrivateVersion]
    connections: list[Connection]

    @property
    def shown(self) -> PrivateVersion:
        """Return the version that its page is about: the draft while there is one."""
        version = self.draft or self.live
        if version is None:
            raise Http404(_("There is no such system."))
        return version


def list_private_systems() -> list[PrivateFacts]:
    """Return the partner's own systems by name, without their connections."""
    lean = PrivateVersion.objects.defer("document", "reading")
    found = PrivateSystem.objects.prefetch_related(Prefetch("versions", lean))
    return [_facts(system, list(system.versions.all()), []) for system in found]


def get_private_system(system_id: UUID) -> PrivateFacts:
    """Return one of the partner's own systems. Raises Http404."""
    system = PrivateSystem.objects.filter(id=system_id).first()
    if system is None:
        raise Http404(_("There is no such system."))
    return _facts(system, list(system.versions.all()), list(_connections(system)))


def get_trial(version: PrivateVersion, trial_id: UUID) -> PrivateTrial:
    """Return one try of a version. Raises Http404."""
    trial = _trials(version).filter(id=trial_id).first()
    if trial is None:
        raise Http404(_("There is no such try."))
    return trial


def latest_trial(version: PrivateVersion) -> PrivateTrial | None:
    """Return the latest try of a version, None before the first."""
    return _trials(version).first()


def _trials(version: PrivateVersion) -> QuerySet[PrivateTrial]:
    return PrivateTrial.objects.filter(version=version).select_related("connection")


def _connections(system: PrivateSystem) -> QuerySet[Connection]:
    return Connection.objects.filter(system=system.slug).select_related("customer")


def _facts(system: PrivateSystem, versions: list[PrivateVersion], connections: list[Connection]) -> PrivateFacts:
    live = next((one for one in versions if one.id == system.live_id), None)
    draft = next((one for one in versions if one.state == PrivateVersion.State.DRAFT), None)
    return PrivateFacts(system, live, draft, versions, connections)
