"""The deliver step, planned: must anything be sent, and if so as a new record or a change?"""

from apps.flows.engine import records
from apps.flows.engine.identity import is_older
from apps.flows.engine.records import LinkState, OpenOperation
from apps.flows.engine.states import OperationState

Decision = tuple[OperationState, str]
DELIVER: Decision = (OperationState.WAITING, "")


class DeliverStep:
    """Decides by what the target is known to hold and by what is still open."""

    kind = "deliver"
    owner_queue = "finance"

    def plan(
        self, version: str, fingerprint: str, link: LinkState | None, still_open: OpenOperation | None, revision: int
    ) -> Decision:
        """Return the decision and its reason. WAITING without a reason means: send it now."""
        if still_open is not None:
            decision = self._by_open(version, fingerprint, still_open, revision)
            if decision is not None:
                return decision
        return DELIVER if link is None else self._by_link(version, fingerprint, link, revision)

    def _by_link(self, version: str, fingerprint: str, link: LinkState, revision: int) -> Decision:
        if link.fingerprint and link.fingerprint == fingerprint:
            reason = records.SAME_VERSION if link.source_version == version else records.SAME_CONTENT
            return OperationState.UNCHANGED, reason
        # A mended record keeps its version, so an equal version says nothing once a person has changed the content;
        # nor does it once the mapping has changed, which the fingerprint shows.
        if link.source_version == version and not revision and not link.fingerprint:
            return OperationState.UNCHANGED, records.SAME_VERSION
        if link.source_version and is_older(version, link.source_version):
            return OperationState.SUPERSEDED, records.OLDER_VERSION
        return DELIVER

    def _by_open(self, version: str, fingerprint: str, still_open: OpenOperation, revision: int) -> Decision | None:
        if still_open.source_version == version:
            if revision > still_open.revision:
                return None
            if still_open.state is OperationState.WAITING:
                return OperationState.WAITING, records.ALREADY_WAITING
            # Sending again what was refused would be refused again; a changed mapping or correction changes the content.
            if still_open.fingerprint and still_open.fingerprint == fingerprint:
                return OperationState.REJECTED, records.STILL_REJECTED
            return None
        if is_older(version, still_open.source_version):
            return OperationState.SUPERSEDED, records.OLDER_VERSION
        if still_open.state is OperationState.WAITING:
            return OperationState.WAITING, records.BEHIND_EARLIER
        return None
