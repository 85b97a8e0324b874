"""Jira over its REST API: one form of projects for lists and single ones, people without apps, a lead for new projects."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.catalog.jira.manifest import PROJECTS, USERS
from apps.connectors.contract import OutsideRecord, Page, Write, WriteOutcome
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector

_OF_A_PROJECT = ("id", "key", "name", "description", "projectTypeKey", "lead")
_LEAD = "leadAccountId"


class JiraCalls(Calls):
    """Calls whose projects look alike, whether they come from a list or alone."""

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a project with what lists and single answers have in common."""
        if spec.name != PROJECTS.name:
            return record
        lead = record.get("lead")
        named = {"accountId": lead["accountId"]} if isinstance(lead, dict) and "accountId" in lead else {}
        return {**{part: record.get(part) for part in _OF_A_PROJECT}, "lead": named, _LEAD: named.get("accountId")}


class JiraConnector(RestConnector):
    """One open connection to one site."""

    calls_class = JiraCalls

    async def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield projects, or people: the list of users has apps and the customers of service desks in it too."""
        async for page in super().read(object_name, checkpoint, keys):
            if object_name == USERS.name:
                people = (record for record in page.records if record.values.get("accountType") == "atlassian")
                yield replace(page, records=tuple(people))
            else:
                yield page

    async def upsert(self, object_name: str, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Create or update each project; a new one without a lead gets the one of the settings, since Jira demands one."""
        return await super().upsert(object_name, [self._led(write) for write in writes])

    def _led(self, write: Write) -> Write:
        lead = str(self._settings.get("lead") or "").strip()
        if write.target_key is not None or write.values.get(_LEAD) or not lead:
            return write
        return replace(write, values={**write.values, _LEAD: lead})


CONNECTOR = JiraConnector
