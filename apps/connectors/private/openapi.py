"""Opens an OpenAPI file (3.0, 3.1, and 2.0 as far as it says the same): JSON or YAML, references inside the file only.

No library reads it for us: those that check a file against the standard turn down many that vendors publish, and those
that follow references also fetch them, which an uploaded file must never make us do.
https://spec.openapis.org/oas/v3.1.0.html and https://swagger.io/specification/v2/.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import orjson
import yaml
from django.utils.translation import gettext as _

from apps.connectors.private.contents import begins_line, is_json, names_key
from apps.connectors.private.readings import DescriptionError

MOST_YAML_BYTES = 2 * 1024 * 1024  # YAML is read some fifty times slower
DEEPEST = 100
_MOST_HOPS = 20
_MOST_PATHS = 60_000
_MEDIA = ("application/json", "text/json", "*/*")
METHODS = ("get", "post", "put", "patch", "delete")

Node = Mapping[str, Any]


class _PlainLoader(yaml.CSafeLoader):
    """Reads YAML without dates: a version such as 2024-01-01 stays the text it is."""


_PlainLoader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for sign, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class OpenApiFile:
    """A parsed file with its references followed on the way. `outside` are those that lead out of it: not followed."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.outside: set[str] = set()
        self.is_old = str(root.get("swagger", "")).startswith("2")

    def node(self, value: Any) -> Node:
        """Return a part as a group of keys with its reference followed; what is none, or leads nowhere, is empty."""
        for _hop in range(_MOST_HOPS):
            if not isinstance(value, Mapping):
                return {}
            target = value.get("$ref")
            if not isinstance(target, str):
                return value
            value = self._target(target)
        return {}

    def name_of(self, value: Any) -> str:
        """Return what a reference is called ("Project" of #/components/schemas/Project), "" when it is none."""
        target = value.get("$ref") if isinstance(value, Mapping) else None
        return target.rpartition("/")[2] if isinstance(target, str) else ""

    def _target(self, target: str) -> Any:
        if not target.startswith("#/"):
            if target != "#" and len(self.outside) < 50:
                self.outside.add(target[:200])
            return {}
        found: Any = self.root
        for step in target[2:].split("/"):
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, Sequence) and not isinstance(found, str) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, Mapping):
                found = found.get(name)
            else:
                return {}
        return found

    def paths(self) -> Iterator[tuple[str, Node]]:
        """Yield each path with what can be done there."""
        listed = self.root.get("paths")
        if isinstance(listed, Mapping):
            for number, (path, item) in enumerate(listed.items()):
                if number < _MOST_PATHS:
                    yield str(path), self.node(item)

    def parameters(self, item: Node, operation: Node) -> list[Node]:
        """Return the parameters of an operation, those of its path included."""
        listed = [*_listed(item.get("parameters")), *_listed(operation.get("parameters"))]
        found = [self.node(one) for one in listed[:200]]
        return [one for one in found if isinstance(one.get("name"), str)]

    def answer_schema(self, operation: Node) -> Any:
        """Return the schema of an operation's good answer, {} when it has none in JSON."""
        answers = operation.get("responses")
        answers = {str(code): answer for code, answer in answers.items()} if isinstance(answers, Mapping) else {}
        for code in ("200", "201", "202", "2XX", "2xx", "default"):
            if code in answers:
                found = self._schema(self.node(answers[code]))
                if found:
                    return found
        return {}

    def body_schema(self, item: Node, operation: Node) -> Any:
        """Return the schema of what an operation takes, {} when it takes no JSON."""
        if self.is_old:
            bodies = [one for one in self.parameters(item, operation) if one.get("in") == "body"]
            return bodies[0].get("schema", {}) if bodies else {}
        return self._schema(self.node(operation.get("requestBody")))

    def _schema(self, part: Node) -> Any:
        if self.is_old:
            return part.get("schema", {})
        content = part.get("content")
        if not isinstance(content, Mapping):
            return {}
        chosen = next((content[media] for media in _MEDIA if media in content), None)
        if chosen is None:
            chosen = next((found for media, found in content.items() if "json" in str(media)), None)
        return self.node(chosen).get("schema", {})


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def is_like(raw: bytes) -> bool:
    """Return whether a file says of itself that it is an OpenAPI file."""
    return names_key(raw, "openapi", "swagger") or begins_line(raw, "openapi", "swagger")


def open_file(raw: bytes) -> OpenApiFile:
    """Parse an uploaded file. Raises DescriptionError with a sentence for the person who uploaded it."""
    if b"\x00" in raw:
        raise DescriptionError(_("This is neither JSON nor YAML: choose the OpenAPI file of the system."))
    root = _parsed_json(raw) if is_json(raw) else _parsed_yaml(raw)
    if not isinstance(root, Mapping):
        raise DescriptionError(
            _("This is not an OpenAPI file: it says neither “openapi” nor “swagger” at its beginning.")
        )
    version = str(root.get("openapi") or root.get("swagger") or "")
    if not version:
        raise DescriptionError(
            _("This is not an OpenAPI file: it says neither “openapi” nor “swagger” at its beginning.")
        )
    if not version.startswith(("3.0", "3.1", "2.0")) and version != "2":
        told = {"version": version[:20]}
        raise DescriptionError(_("OpenAPI %(version)s cannot be read: 3.0, 3.1 and 2.0 can.") % told)
    if not isinstance(root.get("paths"), Mapping) or not root["paths"]:
        raise DescriptionError(_("The file lists no paths, so there is nothing to choose from."))
    return OpenApiFile(root)


def _parsed_json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except (orjson.JSONDecodeError, RecursionError) as error:
        told = {"reason": str(error)[:200]}
        raise DescriptionError(_("The file begins like JSON but is not: %(reason)s.") % told) from None


def _parsed_yaml(raw: bytes) -> Any:
    if len(raw) > MOST_YAML_BYTES:
        raise DescriptionError(_("A YAML file may have 2 MB: turn it into JSON, which may have 10 MB."))
    try:
        text = raw.decode("utf-8-sig")
        _require_plain(text)
        return yaml.load(text, Loader=_PlainLoader)  # noqa: S506  a safe loader: plain values only
    except UnicodeDecodeError:
        raise DescriptionError(_("This is neither JSON nor YAML: choose the OpenAPI file of the system.")) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, DescriptionError):
            raise
        told = {"reason": " ".join(str(error).split())[:200]}
        raise DescriptionError(_("The file is neither JSON nor YAML: %(reason)s.") % told) from None


def _require_plain(text: str) -> None:
    """Refuse what could grow without end while it is read: aliases, and parts within parts within parts."""
    depth = 0
    for step in yaml.parse(text, Loader=_PlainLoader):
        if isinstance(step, yaml.AliasEvent):
            raise DescriptionError(_("The file uses YAML aliases (*name): turn it into JSON, which has none."))
        depth += isinstance(step, yaml.CollectionStartEvent) - isinstance(step, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise DescriptionError(_("The file is nested more than %(most)d levels deep.") % {"most": DEEPEST})
