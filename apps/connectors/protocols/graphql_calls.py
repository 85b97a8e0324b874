"""Calls of one GraphQL service: questions posted to one address, answers judged by what they say, not by their status.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from apps.connectors.answers import at_path, walk_path
from apps.connectors.contract import OutsideRecord
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, MisconfiguredError, RateLimitedError, RemoteError
from apps.connectors.graphql_spec import GraphQLField, GraphQLSpec
from apps.connectors.http import Door
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest, Reading, SystemManifest
from apps.connectors.pagination import page_parameters
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.graphql_query import Question, ask, described, record_of, selected
from apps.connectors.protocols.graphql_refusals import PROBLEMS, RULES, Refusal, points_wait, refusal_in
from apps.connectors.redaction import redact_body


class GraphQLCalls(Calls):
    """What reading, finding and writing of a GraphQL connector share."""

    def __init__(self, manifest: SystemManifest, door: Door, settings: Mapping[str, Any]) -> None:
        super().__init__(manifest, door, settings)
        self.graphql = manifest.graphql or GraphQLSpec()
        self._judged = replace(manifest, error_shape=PROBLEMS, error_rules=(*manifest.error_rules, *RULES))

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
        """Ask for the field that a path leads to, as a query for GET and as a mutation else.

        What is returned has that field's payload for its body. Raises RemoteError.
        """
        writes, known = method != "GET", spec or self._listed_at(path)
        values = dict(body) if isinstance(body, Mapping) else self._first_page(spec, known, path)
        values.update(parameters or {})
        names = self._payload_names(path, spec) if writes and spec is not None else self._names(path, spec, known)
        question = ask("mutation" if writes else "query", path, values, names, record_of(known).fields)
        answer, payload = await self.put(
            question, writes=writes, of=described(known, path), headers=headers, spec=spec, sent=_record_in(body, spec)
        )
        return replace(answer, body=orjson.dumps(payload))

    async def put(
        self,
        question: Question,
        *,
        writes: bool,
        of: GraphQLField,
        headers: Mapping[str, str] | None = None,
        spec: ObjectManifest | None = None,
        sent: Mapping[str, Any] | None = None,
    ) -> tuple[Answer, Any]:
        """Post a question; return the answer and the payload that the question's path leads to. Raises RemoteError."""
        posted, sent_headers = question.to_json(), {**self._fixed_headers(), **(headers or {})}
        answer = await self.door.send(
            "POST",
            self.path(self.graphql.path),
            body=posted,
            headers=sent_headers,
            writes=writes,
            told=lambda heard: self._told(heard, question, of, posted),
        )
        if answer.status >= 400:
            raise await self._failure(answer, spec, sent)
        body = self._body(answer)
        if self.graphql.cost is not None and (wait := points_wait(body, self.graphql.cost)):
            await self.door.hold(wait)
        return answer, at_path(body, f"data.{question.path}".rstrip("."))

    def _told(self, heard: Answer, question: Question, of: GraphQLField, posted: Mapping[str, Any]) -> Answer:
        """Return an answer with the status that what it says has elsewhere; one that refuses nothing as it is."""
        if heard.status < 400 and b'"errors"' not in heard.body and not (heard.writes and of.problems):
            return heard
        try:
            body = orjson.loads(heard.body)
        except ValueError:
            return heard
        payload = at_path(body, f"data.{question.path}".rstrip("."))
        refusal = refusal_in(body, payload, of, status=heard.status, writes=heard.writes, cost=self.graphql.cost)
        return heard if refusal is None else _refused(heard, posted, refusal)

    async def list_records(
        self,
        spec: ObjectManifest,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, list[OutsideRecord]]:
        """Return what the list's field answers (its pages are told inside) and the records in it."""
        of = described(spec, path)
        values = {name: _as_argument(spec, of, name, value) for name, value in parameters.items()}
        question = ask("query", path, values, _listed_names(spec, selected(spec)), record_of(spec).fields)
        answer, payload = await self.put(question, writes=False, of=of, headers=headers, spec=spec)
        return payload, self.records_in(spec, answer, payload)

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return the records of a list: "nodes" is one, "edges.node" walks each edge. Empty places hold no record."""
        path = spec.reading.records_path if spec.reading else ""
        steps = path.split(".") if path else []
        for place in range(len(steps) + 1):
            found = at_path(body, ".".join(steps[:place]))
            if isinstance(found, list):
                return list(walk_path(found, ".".join(steps[place:])))
        return None

    def _first_page(self, spec: ObjectManifest | None, known: ObjectManifest | None, path: str) -> dict[str, Any]:
        """Return what a list wants even where nobody asks for a page of it: the connection test does so."""
        if spec is not None or known is None or known.reading is None:
            return {}
        reading, of = known.reading, described(known, path)
        asked = {**reading.parameters, **page_parameters(replace(reading.paging, size=1), None)}
        return {name: _as_argument(known, of, name, value) for name, value in asked.items()}

    def _names(self, path: str, spec: ObjectManifest | None, known: ObjectManifest | None) -> Iterable[str]:
        """Return what is asked for of one record, of a list that is only tried, or of what tells who is signed in."""
        if spec is not None:
            return _below(spec.reading.one_record_path if spec.reading else "", selected(spec))
        if known is not None and not self.manifest.test_path:
            return _listed_names(known, (known.key_field,))
        sheet = self.manifest
        return filter(None, (sheet.identity_path, sheet.account_path, sheet.rights_path))

    def _payload_names(self, path: str, spec: ObjectManifest) -> Iterable[str]:
        """Return what a mutation is asked for: the number of a new record, and the problems it lists."""
        of, writing = described(spec, path), spec.writing
        if writing is not None and path == self.path(writing.create_path) and writing.key_path:
            yield writing.key_path
        parts = [part for part in (of.problem_code, of.problem_message, of.problem_field) if part]
        if of.problems:
            yield from _below(of.problems, parts) if parts else (of.problems,)

    def _listed_at(self, path: str) -> ObjectManifest | None:
        """Return the object whose list stands at a path, None when none does."""
        read = (spec for spec in self.manifest.objects if spec.reading is not None)
        return next((spec for spec in read if spec.reading and self.path(spec.reading.path) == path), None)

    def _body(self, answer: Answer) -> Mapping[str, Any]:
        """Return the parsed body of an answer that refuses nothing. Raises RemoteError when it is no such."""
        error = failure_of(self.manifest, answer)
        if error is not None:
            raise error
        body = answer.json()
        if not isinstance(body, Mapping) or "data" not in body:
            raise self._speaks_otherwise(answer)
        return body

    async def _failure(self, told: Answer, spec: ObjectManifest | None, sent: Mapping[str, Any] | None) -> RemoteError:
        error = failure_of(self._judged, told, spec=spec, sent=sent) or self._speaks_otherwise(told)
        if isinstance(error, RateLimitedError) and told.status not in {429, 503}:
            # The door holds the others back by the status; here it was a rule of the manifest that said so.
            await self.door.hold((error.until - datetime.now(UTC)).total_seconds())
        return error

    def _speaks_otherwise(self, answer: Answer) -> MisconfiguredError:
        error = MisconfiguredError(
            f"{self.manifest.name} does not answer like a GraphQL service: check the base address.",
            business_class=BusinessClass.CONNECTION,
            status=answer.status,
        )
        error.exchange = answer.exchange
        return error


def _as_argument(spec: ObjectManifest, of: GraphQLField, name: str, value: str) -> Any:
    """Return a parameter as its argument takes it: names that are looked for together become a list."""
    if not of.arguments.get(name, "").startswith("["):
        return value
    joiner = spec.find_joiner
    parts = value.split(joiner) if spec.find_at_once > 1 and joiner else [value]
    return parts if len(parts) == 1 else [*parts, value]  # a name may hold the joiner itself


def _listed_names(spec: ObjectManifest, fields: Iterable[str]) -> Iterable[str]:
    reading = spec.reading or Reading("")
    paging = reading.paging
    yield from _below(reading.records_path, fields)
    yield from filter(None, (paging.next_path, paging.total_path, paging.more_path, paging.end_path))


def _below(place: str, names: Iterable[str]) -> Iterable[str]:
    return (f"{place}.{name}" if place else name for name in names)


def _record_in(body: Any, spec: ObjectManifest | None) -> Mapping[str, Any] | None:
    """Return the record inside the arguments of a mutation: sentences of error rules may name its values."""
    place = spec.writing.record_path if spec is not None and spec.writing is not None else ""
    record = at_path(body, place)
    return record if isinstance(record, Mapping) else None


def _refused(answer: Answer, posted: Mapping[str, Any], refusal: Refusal) -> Answer:
    """Return a refused answer as error rules read it, with its evidence: the door keeps that only where a status refuses."""
    exchange = replace(
        answer.exchange,
        request=redact_body(orjson.dumps(posted, default=str), answer.secrets),
        response=redact_body(answer.body, answer.secrets),
    )
    waits = answer.headers if refusal.wait is None else {"Retry-After": f"{refusal.wait:.1f}"}
    problems = orjson.dumps(refusal.problems)
    return replace(answer, status=refusal.status, headers=waits, body=problems, exchange=exchange)
