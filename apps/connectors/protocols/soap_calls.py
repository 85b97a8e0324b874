"""Calls of one SOAP service, answered as if it spoke JSON over HTTP: what reads, writes and tests REST systems works on it.

Paths name operations ("ListEntries", "GetEntry/{key}"), parameters and bodies fill the request by the paths of its message.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from apps.connectors.answers import at_path, nested
from apps.connectors.error_adapter import canonical_field, failure_of
from apps.connectors.errors import BusinessClass, FieldProblem, MisconfiguredError, RejectedError
from apps.connectors.http import Door
from apps.connectors.judgement import Answer
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.soap_answers import told_plainly
from apps.connectors.protocols.soap_reading import undeclared
from apps.connectors.protocols.soap_tree import Node, build_tree
from apps.connectors.protocols.soap_writing import NoPlaceError, UnwritableError, headers_for, write_envelope
from apps.connectors.soap_spec import SoapOperation, SoapSpec

MANY = "\n"  # stands between the keys of one parameter whose element is repeated


class SoapCalls(Calls):
    """What reading, finding and writing of a SOAP connector share."""

    def __init__(self, manifest: SystemManifest, door: Door, settings: Mapping[str, Any]) -> None:
        super().__init__(manifest, door, settings)
        if manifest.soap is None:
            raise ValueError(f"{manifest.slug} does not say how it speaks SOAP")
        self.soap: SoapSpec = manifest.soap
        self._trees: dict[tuple[str, bool], Node | None] = {}

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
        """Ask one operation and return its answer as JSON. `method` GET says that it changes nothing. Raises RemoteError."""
        name, _, key = path.partition("/")
        operation = self._operation(name)
        values = _merged(self._asked(name, unquote(key), parameters or {}), body if isinstance(body, Mapping) else {})
        expected, statuses = self._tree(name, of_answer=True), self.soap.statuses
        answer = await self.door.send(
            "POST",
            self.path(self.soap.path),
            body=self._envelope(name, values, spec),
            headers={**self._fixed_headers(), **headers_for(self.soap.version, operation.action), **(headers or {})},
            writes=method != "GET",
            told=lambda heard: told_plainly(heard, expected, statuses),
        )
        error = failure_of(self.manifest, answer, spec=spec, sent=body if isinstance(body, Mapping) else None)
        if error is not None:
            raise error
        return answer

    def listed(self, spec: ObjectManifest, body: Any) -> Any:
        """Return the records of a list. One that is left out is empty, unless something unknown stands in its place."""
        path = spec.reading.records_path if spec.reading else ""
        found = at_path(body, path)
        if found or spec.reading is None:
            return found
        tree = self._tree(self.path(spec.reading.path).partition("/")[0], of_answer=True)
        node = tree.at(path) if tree else None
        if tree is None or node is None or not node.part.repeated or undeclared(body, tree, path):
            return None
        return []

    def _operation(self, name: str) -> SoapOperation:
        operation = self.soap.operations.get(name)
        if operation is None:
            sentence = (
                f"The description of {self.manifest.name} has no operation {name!r}: add it, or correct the path."
            )
            raise MisconfiguredError(sentence, business_class=BusinessClass.CONNECTION)
        return operation

    def _asked(self, name: str, key: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return what a request says besides a record: what it always says, its parameters, and which record is meant."""
        operation, tree = self._operation(name), self._tree(name)
        flat: dict[str, Any] = {path: self._filled_in(text) for path, text in operation.fixed.items()}
        for path, text in parameters.items():
            node = tree.at(path) if tree else None
            flat[path] = text.split(MANY) if node is not None and node.part.repeated else text
        return nested({**flat, operation.key: key} if key and operation.key else flat)

    def _filled_in(self, text: str) -> str:
        """Return a fixed value, or the setting it names. No address is made of that, so it may be any text."""
        if not (text.startswith("{") and text.endswith("}")):
            return text
        value = str(self._settings.get(text[1:-1]) or "")
        if not value:
            sentence = f"The setting {text[1:-1]!r} of the connection is empty: fill it in on the connection's page."
            raise MisconfiguredError(sentence, business_class=BusinessClass.CONNECTION)
        return value

    def _envelope(self, name: str, values: Mapping[str, Any], spec: ObjectManifest | None) -> bytes:
        request = self._tree(name) or build_tree(self._operation(name).request)
        try:
            return write_envelope(self.soap.version, self.soap.spaces, request, values)
        except NoPlaceError as problem:
            raise MisconfiguredError(
                f"{self.manifest.name} takes no {problem.path!r} in {name}: adapt the mapping or the description.",
                business_class=BusinessClass.SCHEMA_DRIFT,
            ) from None
        except UnwritableError as problem:
            field = canonical_field(spec, _below_record(spec, problem.path))
            told = FieldProblem(field, problem.reason, BusinessClass.VALIDATION)
            raise RejectedError(problem.reason, problems=(told,)) from None

    def _tree(self, name: str, *, of_answer: bool = False) -> Node | None:
        """Return what a request holds, or an answer; None for the answer of an operation that gives none."""
        if (name, of_answer) not in self._trees:
            operation = self._operation(name)
            message = operation.answer if of_answer else operation.request
            self._trees[name, of_answer] = build_tree(message) if message else None
        return self._trees[name, of_answer]


def _merged(values: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested values with others laid over them."""
    merged = dict(values)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _merged(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return merged


def _below_record(spec: ObjectManifest | None, path: str) -> str:
    """Return the name that a field of the request has in the record: without what the record is wrapped in."""
    wrapped = spec.writing.record_path.removesuffix(".0") if spec and spec.writing else ""
    return path.removeprefix(f"{wrapped}.") if wrapped else path
