"""Microsoft 365 through Graph: what the manifest cannot say - delta links, people behind addresses, and teams that take their time."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.answers import holds
from apps.connectors.catalog.microsoft_365.groups import REMOVED, GroupCalls, GroupDelivery, is_workspace, without_team
from apps.connectors.catalog.microsoft_365.manifest import DELTA_PATHS
from apps.connectors.contract import FoundRecord, OutsideRecord, Page, Receipt, Write, WriteOutcome
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError, RemoteError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_reading import require_reading, source_record

_GONE = 410  # the link is too old: everything is listed anew
_MOST_EMPTY_PAGES = 50


class Microsoft365Connector(RestConnector):
    """One open connection to one directory."""

    calls_class = GroupCalls

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield what has changed since the checkpoint's link, everything without one; or just the groups named by `keys`."""
        spec = self.manifest.object_named(object_name)
        if keys:
            async for page in super().read(object_name, checkpoint, keys):
                yield page
            return
        link, met, empty = str((checkpoint or {}).get("link") or DELTA_PATHS[object_name]), set[str](), 0
        while True:
            answer, listed = await self._changes(spec, link)
            met.add(link)
            link, last = _following(answer)
            there = [record for record in listed if REMOVED not in record]
            kept = there if object_name != "groups" else [group for group in there if is_workspace(group)]
            empty = 0 if kept else empty + 1
            if (not last and link in met) or empty > _MOST_EMPTY_PAGES:
                raise _endless(spec)
            yield Page(tuple(source_record(spec, record) for record in kept), {"link": link}, last=last)
            if last:
                return

    async def _changes(self, spec: ObjectManifest, link: str) -> tuple[Any, list[OutsideRecord]]:
        headers = {"Prefer": f"odata.maxpagesize={require_reading(spec).paging.size}"}
        everything = DELTA_PATHS[spec.name]
        try:
            return await self._calls.list_records(spec, link, {}, headers=headers)
        except RemoteError as error:
            if error.status != _GONE or link == everything:
                raise
        return await self._calls.list_records(spec, everything, {}, headers=headers)

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Make or change each group and answer for every one of them, in any order."""
        spec, owner = self.manifest.object_named(object_name), str(self._settings.get("owner") or "")
        return await GroupDelivery(self._calls, spec, owner).run(writes) if writes else []

    async def inquire(self, object_name: str, receipts: Sequence[Receipt]) -> list[WriteOutcome]:
        """Ask what became of teams; what is refused is the team alone, the group is there."""
        outcomes = await super().inquire(object_name, receipts)
        return [
            replace(outcome, error=without_team(outcome.error)) if isinstance(outcome.error, RejectedError) else outcome
            for outcome in outcomes
        ]

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? A group that lacks its team did not, not wholly."""
        found = await super().probe(object_name, writes)
        wanted = {write.position: {"kind": write.values.get("kind", "site")} for write in writes}
        return {
            position: record
            for position, record in found.items()
            if wanted[position]["kind"] != "team" or holds(record.values, wanted[position])
        }


def _following(answer: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the next link, and whether it is the one for the next reading. Raises MisconfiguredError without any."""
    following, delta = answer.get("@odata.nextLink"), answer.get("@odata.deltaLink")
    if isinstance(following, str) and following:
        return following, False
    if isinstance(delta, str) and delta:
        return delta, True
    raise MisconfiguredError(
        "Microsoft 365 no longer says where its changes go on: its format has changed.",
        business_class=BusinessClass.SCHEMA_DRIFT,
    )


def _endless(spec: ObjectManifest) -> MisconfiguredError:
    return MisconfiguredError(
        f"Microsoft 365 repeats the same pages of {spec.label.lower()} again and again: reading was stopped.",
        business_class=BusinessClass.SCHEMA_DRIFT,
    )


CONNECTOR = Microsoft365Connector
