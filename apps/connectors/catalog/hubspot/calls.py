"""Calls of one HubSpot account: searches, batches of records by id or by a unique property, and whose deal it is.

https://developers.hubspot.com/docs/api-reference/legacy/crm/search-the-crm
https://developers.hubspot.com/docs/api-reference/error-handling
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from apps.connectors.answers import at_path
from apps.connectors.contract import OutsideRecord
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.http import Door
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_problems import Problem, with_problems

PROPERTIES = "properties"
_OBJECTS = "crm/v3/objects"
_COMPANIES_OF_DEALS = "crm/v4/associations/deals/companies/batch/read"
_PRIMARY = 5  # the type of association from a deal to the company it is with
_AT_ONCE = 100

Filter = Mapping[str, Any]


class HubSpotCalls(Calls):
    """What reading, finding and writing of a HubSpot connector share."""

    def __init__(self, manifest: SystemManifest, door: Door, settings: Mapping[str, Any]) -> None:
        super().__init__(manifest, door, settings)
        named = str(settings.get("custom_properties") or "").replace(",", " ").replace(";", " ").split()
        self._further = [part.partition(".") for part in named]

    async def call(  # noqa: PLR0913  the arguments of every call, and what a search is
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        spec: ObjectManifest | None = None,
        writes: bool | None = None,
    ) -> Answer:
        """Call and return a good answer; `writes` False marks a search. Raises RemoteError for any other answer."""
        answer = await self.door.send(method, path, parameters=parameters, body=body, headers=headers, writes=writes)
        error = failure_of(self.manifest, with_problems(answer, problems_of), spec=spec)
        if error is not None:
            raise error
        return answer

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return one record of a list, whatever is asked for: the connection test wants no more."""
        return {}, await self.search(spec, (), sort="hs_object_id", limit=1)

    async def search(
        self, spec: ObjectManifest, filters: Sequence[Filter], *, sort: str, limit: int
    ) -> list[OutsideRecord]:
        """Return the first records that meet all `filters`, in the ascending order of one property."""
        body = {
            "filterGroups": [{"filters": [dict(part) for part in filters]}] if filters else [],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            PROPERTIES: self._properties(spec),
            "limit": limit,
        }
        return await self._listed(spec, f"{_OBJECTS}/{spec.name}/search", body)

    async def named(self, spec: ObjectManifest, names: Sequence[str], by: str = "") -> list[OutsideRecord]:
        """Return the records with these ids, or these values of the unique property `by`; the others are left out."""
        wanted = [name for name in dict.fromkeys(names) if by or name.isdecimal()]
        found = list[OutsideRecord]()
        for start in range(0, len(wanted), _AT_ONCE):
            body: dict[str, Any] = {"inputs": [{"id": name} for name in wanted[start : start + _AT_ONCE]]}
            body |= {PROPERTIES: self._properties(spec)} | ({"idProperty": by} if by else {})
            found.extend(await self._listed(spec, f"{_OBJECTS}/{spec.name}/batch/read", body))
        return found

    async def _listed(self, spec: ObjectManifest, path: str, body: Mapping[str, Any]) -> list[OutsideRecord]:
        answer = await self.call("POST", path, body=body, spec=spec, writes=False)
        records = at_path(answer.json(), "results")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise MisconfiguredError(
                f"{self.manifest.name} no longer answers with a list of {spec.label.lower()}: its format has changed.",
                business_class=BusinessClass.SCHEMA_DRIFT,
                status=answer.status,
            )
        plain = [{part: record.get(part) for part in ("id", PROPERTIES)} for record in records]
        return await self._with_companies(spec, plain) if spec.name == "deals" and plain else plain

    async def _with_companies(self, spec: ObjectManifest, deals: list[OutsideRecord]) -> list[OutsideRecord]:
        """Add to each deal the company it is with: a search tells nothing of associations."""
        companies = self.manifest.object_named("companies")
        by_deal = dict[str, str]()
        for start in range(0, len(deals), _AT_ONCE):
            body = {"inputs": [{"id": str(deal.get("id"))} for deal in deals[start : start + _AT_ONCE]]}
            answer = await self.call("POST", _COMPANIES_OF_DEALS, body=body, spec=spec, writes=False)
            by_deal.update(_companies_in(answer.json()))
        there = {str(row.get("id")): row for row in await self.named(companies, list(by_deal.values()))}
        return [{**deal, "company": there.get(by_deal.get(str(deal.get("id")), ""))} for deal in deals]

    def _properties(self, spec: ObjectManifest) -> list[str]:
        own = [field.name.partition(".")[2] for field in spec.fields if field.name.startswith(f"{PROPERTIES}.")]
        return list(dict.fromkeys([*own, *(name for owner, _, name in self._further if owner == spec.name and name)]))


def _companies_in(body: Any) -> Iterator[tuple[str, str]]:
    """Yield deal and company of an answer about associations; of several companies the primary one."""
    for result in at_path(body, "results") or []:
        to = [each for each in at_path(result, "to") or [] if isinstance(each, Mapping)]
        primary = [each for each in to if any(at_path(kind, "typeId") == _PRIMARY for kind in each["associationTypes"])]
        if to:
            yield str(at_path(result, "from.id")), str((primary or to)[0].get("toObjectId"))


def problems_of(error: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of one refusal as {"code", "message", "field"}.

    They stand in a list of their own, or as JSON inside the message: 'Property values were not valid: [{"error":
    "INVALID_EMAIL", "name": "email", ..}]'. Every part of either may be missing.
    """
    category, message = str(error.get("category") or ""), str(error.get("message") or "")
    text, parted, listed = message.partition(": [")
    if parted:
        try:
            inside = orjson.loads(f"[{listed}")
        except ValueError:
            inside = []
        told = [_problem(part, "error", part.get("name"), category) for part in inside if isinstance(part, Mapping)]
        if told:
            return told
    details = [part for part in error.get("errors") or [] if isinstance(part, Mapping)]
    told = [
        _problem(part, "code", at_path(part, "context.propertyName.0") or part.get("in"), category) for part in details
    ]
    return told or [{"code": category, "message": text, "field": ""}]


def _problem(part: Mapping[str, Any], code: str, field: Any, category: str) -> Problem:
    named = f"{PROPERTIES}.{field}" if isinstance(field, str) and field else ""
    return {"code": str(part.get(code) or category), "message": str(part.get("message") or ""), "field": named}
