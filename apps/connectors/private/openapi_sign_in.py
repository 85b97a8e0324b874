"""Reads where a system stands and how its requests are signed out of an OpenAPI file."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.connectors.private.openapi import Node, OpenApiFile
from apps.connectors.private.readings import Evidence


def sign_in_of(file: OpenApiFile) -> tuple[dict[str, Any], Evidence | None]:
    """Return the sign-in of a document ({"scheme": "bearer"}) and where it was found; none when nothing fits."""
    schemes = _schemes(file)
    asked = [name for one in _listed(file.root.get("security")) if isinstance(one, Mapping) for name in one]
    for name in (*asked, *schemes):
        found = _auth(file, file.node(schemes.get(name)))
        if found:
            return found, Evidence("auth.scheme", "security", str(name)[:80])
    return {"scheme": "none"}, None


def address_of(file: OpenApiFile) -> str:
    """Return the whole address the file names first, "" when it names none (or only a part of one)."""
    for address in _addresses(file):
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        if parts.scheme in {"https", "http"} and parts.hostname and "{" not in address and len(address) <= 400:
            return address.rstrip("/")
    return ""


def _addresses(file: OpenApiFile) -> Iterator[str]:
    if file.is_old:
        schemes = [one for one in _listed(file.root.get("schemes")) if isinstance(one, str)]
        scheme = "https" if "https" in schemes or not schemes else schemes[0]
        if isinstance(file.root.get("host"), str):
            yield f"{scheme}://{file.root['host']}{file.root.get('basePath') or ''}"
        return
    for server in _listed(file.root.get("servers"))[:50]:
        found = file.node(server)
        address = found.get("url")
        if isinstance(address, str):
            variables = found.get("variables")
            for name, one in variables.items() if isinstance(variables, Mapping) else ():
                address = address.replace(f"{{{name}}}", str(file.node(one).get("default", "")))
            yield address


def _schemes(file: OpenApiFile) -> Mapping[str, Any]:
    found = file.root.get("securityDefinitions") if file.is_old else None
    if found is None:
        found = file.node(file.root.get("components")).get("securitySchemes")
    return found if isinstance(found, Mapping) else {}


def _auth(file: OpenApiFile, scheme: Node) -> dict[str, Any]:
    kind, name = scheme.get("type"), scheme.get("scheme")
    if kind == "basic" or (kind == "http" and str(name).lower() == "basic"):
        return {"scheme": "basic"}
    if kind == "http" and str(name).lower() == "bearer":
        return {"scheme": "bearer"}
    if kind == "apiKey" and scheme.get("in") == "header":
        return {"scheme": "header_key", "header": str(scheme.get("name", ""))[:80]}
    if kind == "oauth2":
        return _oauth(file, scheme)
    return {}


def _oauth(file: OpenApiFile, scheme: Node) -> dict[str, Any]:
    flows = file.node(scheme.get("flows"))
    if file.is_old:
        flows = {
            {"application": "clientCredentials", "accessCode": "authorizationCode"}.get(
                str(scheme.get("flow")), ""
            ): scheme
        }
    for flow, known in (("clientCredentials", "client_credentials"), ("authorizationCode", "oauth_code")):
        found = file.node(flows.get(flow))
        if isinstance(found.get("tokenUrl"), str):
            auth = {"scheme": known, "token_path": found["tokenUrl"][:400]}
            if known == "oauth_code":
                auth["authorize_address"] = str(found.get("authorizationUrl", ""))[:400]
            return auth
    return {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
