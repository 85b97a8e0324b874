"""Calls of one REST system: addresses filled in from settings, answers judged by the manifest's own error rules."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from apps.connectors.answers import at_path
from apps.connectors.contract import OutsideRecord
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, FieldProblem, MisconfiguredError, RejectedError
from apps.connectors.http import Door
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.pagination import NEXT_LINK, TOTAL, next_link

_PLACE = re.compile(r"\{(\w+)\}")


class Calls:
    """What the reading, finding and writing halves of a REST connector share."""

    def __init__(self, manifest: SystemManifest, door: Door, settings: Mapping[str, Any]) -> None:
        self.manifest, self.door = manifest, door
        self._settings = settings
        self._headers: dict[str, str] | None = None
        self._paths: dict[str, str] = {}

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return what stands where the answer of a list keeps its records; systems that leave an empty list out override this."""
        return at_path(body, spec.reading.records_path if spec.reading else "")

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a record as the manifest names its fields; systems whose records lie otherwise override this."""
        return record

    def path(self, template: str) -> str:
        """Return the path with the connection's settings filled in; {key} stays. Raises MisconfiguredError."""
        if template not in self._paths:
            self._paths[template] = _PLACE.sub(self._filled, template)
        return self._paths[template]

    def path_of(self, template: str, key: str) -> str:
        """Return the path of the record called `key`. Raises RejectedError for a key that is no name."""
        if key in {"", ".", ".."}:
            problem = FieldProblem("", f"{key!r} cannot be the number of a record.", BusinessClass.MISSING_REFERENCE)
            raise RejectedError(problem.message, problems=(problem,))
        return self.path(template).replace("{key}", quote(key, safe=""))

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
        """Call and return a good answer. Raises RemoteError, worded by the manifest's rules, for any other."""
        sent = {**self._fixed_headers(), **(headers or {})} if self.manifest.headers else headers
        answer = await self.door.send(method, path, parameters=parameters, body=body, headers=sent)
        told = self.as_told(answer)
        error = failure_of(self.manifest, told, spec=spec, sent=body if isinstance(body, Mapping) else None)
        if error is not None:
            raise error
        return answer

    def as_told(self, answer: Answer) -> Answer:
        """Return an answer in the form the manifest's ErrorShape reads; systems that word refusals otherwise override it."""
        return answer

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return the parsed answer of a list and its records; `headers` are sent along.

        With paging by Link header, what stands in for the answer is {NEXT_LINK: address or ""}; with a length told in a
        header it is {TOTAL: what that says}.

        Raises:
            MisconfiguredError: the list is not where the manifest says, or holds something else than records.

        """
        answer = await self.call("GET", path, parameters=parameters, headers=headers, spec=spec)
        body = answer.json()
        records = self.records_in(spec, answer, body)
        if spec.reading is not None and spec.reading.paging.style == "link_header":
            return {NEXT_LINK: next_link(", ".join(_all(answer.headers, "Link")))}, records
        if spec.reading is not None and spec.reading.paging.total_header:
            return {TOTAL: answer.headers.get(spec.reading.paging.total_header)}, records
        return body, records

    def records_in(self, spec: ObjectManifest, answer: Answer, body: Any) -> list[OutsideRecord]:
        """Return the records in the parsed answer of a list. Raises MisconfiguredError when there is no such list."""
        records = self.listed(spec, body)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            error = MisconfiguredError(
                f"{self.manifest.name} no longer answers with a list of {spec.label.lower()}: its format has changed.",
                business_class=BusinessClass.SCHEMA_DRIFT,
                status=answer.status,
            )
            error.exchange = answer.exchange
            raise error
        return [self.shaped(spec, record) for record in records]

    def _fixed_headers(self) -> Mapping[str, str]:
        """Return the manifest's own headers with the connection's settings filled in. Raises MisconfiguredError."""
        if self._headers is None:
            self._headers = {
                name: _PLACE.sub(lambda place: self._setting(place[1]), value)
                for name, value in self.manifest.headers.items()
            }
        return self._headers

    def _filled(self, place: re.Match[str]) -> str:
        name = place[1]
        if name == "key":
            return place[0]
        return quote(self._setting(name), safe="")

    def _setting(self, name: str) -> str:
        value = str(self._settings.get(name) or "")
        if value in {"", ".", ".."} or not (value.isascii() and value.isprintable()):
            what = "holds a character that cannot be sent" if value else "is empty"
            raise MisconfiguredError(
                f"The setting {name!r} of the connection {what}: fill it in on the connection's page.",
                business_class=BusinessClass.CONNECTION,
            )
        return value


def _all(headers: Mapping[str, str], name: str) -> list[str]:
    """Return every value of a header that may come more than once."""
    every = getattr(headers, "getall", None)
    return list(every(name, [])) if every else [value for value in (headers.get(name),) if value]
