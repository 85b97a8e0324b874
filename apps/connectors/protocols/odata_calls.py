"""Calls of one OData v4 service: query options composed, keys in parentheses, pages by the service's own links."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from apps.connectors.contract import OutsideRecord
from apps.connectors.errors import BusinessClass, FieldProblem, MisconfiguredError, RejectedError
from apps.connectors.http import Door
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.odata_forms import with_numbers
from apps.connectors.protocols.odata_query import NEXT, following_link, is_guid, is_whole, plain_record, query_of

_EXACT = "application/json;odata.metadata=minimal;IEEE754Compatible=true"
_MOST_LINKS = 100  # of one question for names


class ODataCalls(Calls):
    """What reading, finding and writing of an OData connector share."""

    def __init__(self, manifest: SystemManifest, door: Door, settings: Mapping[str, Any]) -> None:
        super().__init__(manifest, door, settings)
        self.odata = manifest.odata or ODataSpec()

    def path_of(self, template: str, key: str) -> str:
        """Return the path of the record called `key`. Raises RejectedError for a key that this service cannot have."""
        if "'{key}'" in template and key:
            return self.path(template).replace("{key}", quote(key.replace("'", "''"), safe="'"))
        if not self._can_be_key(template, key):
            problem = FieldProblem("", f"{key!r} cannot be the number of a record.", BusinessClass.MISSING_REFERENCE)
            raise RejectedError(problem.message, problems=(problem,))
        return super().path_of(template, key)

    def _can_be_key(self, template: str, key: str) -> bool:
        """Say whether a set that is keyed by numbers or GUIDs may have a key; the manifest may say which of them it is."""
        known = self.odata.types.get(template.partition("(")[0].rpartition("/")[2], "")
        if known:
            return is_guid(key) if known == "Edm.Guid" else is_whole(key)
        return is_guid(key) or (self.odata.whole_keys and is_whole(key))

    async def call(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        spec: ObjectManifest | None = None,
    ) -> Answer:
        """Call as the protocol wants it; lists, which come with `parameters`, in pages of the manifest's size."""
        wanted = dict(headers or {})
        if self.odata.exact_numbers:
            wanted["Accept"] = _EXACT
            if body is not None:
                wanted["Content-Type"] = _EXACT
        elif body is not None:
            body = with_numbers(body)
        if parameters is not None and spec is not None and spec.reading is not None:
            wanted["Prefer"] = f"odata.maxpagesize={spec.reading.paging.size}"
        return await super().call(method, path, parameters=parameters, body=body, headers=wanted, spec=spec)

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return the place of the next page as {"next": link or None}, and the records without annotations.

        The pages of an answer to a question for names are gathered: who asks for names knows no links.
        """
        query = dict(parameters) if "?" in path else query_of(spec, self.odata, parameters)
        if query is None:
            return {NEXT: None}, []
        link, records = await self._page(spec, path, query, headers)
        if any(not name.startswith("$") and " " not in name for name in parameters):
            met = {link}
            while link is not None:
                link, more = await self._page(spec, link, {}, headers)
                records.extend(more)
                if link in met or len(met) >= _MOST_LINKS:
                    raise endless(self.manifest, spec)
                met.add(link)
        return {NEXT: link}, records

    async def _page(
        self, spec: ObjectManifest, path: str, query: Mapping[str, str], headers: Mapping[str, str] | None
    ) -> tuple[str | None, list[OutsideRecord]]:
        body, listed = await super().list_records(spec, path, query, headers=headers)
        link = following_link(path, body)
        if link is not None and link.startswith("/"):
            link = f"{self.door.destination.origin}{link}"
        return link, [plain_record(values) for values in listed]


def endless(manifest: SystemManifest, spec: ObjectManifest) -> MisconfiguredError:
    """Return the error for links that go round in a circle."""
    return MisconfiguredError(
        f"{manifest.name} repeats the same pages of {spec.label.lower()} again and again: reading was stopped.",
        business_class=BusinessClass.SCHEMA_DRIFT,
    )
