"""A small system as its OpenAPI file describes it, and ways of spoiling documents."""

import copy
import random
from typing import Any

PROJECT = {
    "type": "object",
    "required": ["code", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "code": {"type": "string", "maxLength": 20},
        "name": {"type": "string"},
        "state": {"type": "string", "enum": ["open", "closed"]},
        "budgetAmount": {"type": "number"},
        "startsOn": {"type": "string", "format": "date"},
        "updatedAt": {"type": "string", "format": "date-time"},
        "client": {
            "type": "object",
            "properties": {"id": {"type": "string"}, "parent": {"$ref": "#/components/schemas/Project"}},
        },
        "tags": {"type": "array", "items": {"type": "string"}},
        "externalId": {"type": "string"},
    },
}


def _query(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string", **schema}}


def _answers(schema: Any, code: str = "200") -> dict[str, Any]:
    return {code: {"description": "ok", "content": {"application/json": {"schema": schema}}}}


def openapi() -> dict[str, Any]:
    """Return the file: projects in pages, one by number, creatable; hours as a plain list below an account."""
    project, body = (
        {"$ref": "#/components/schemas/Project"},
        {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Project"}}}},
    )
    envelope = {
        "type": "object",
        "properties": {"data": {"type": "array", "items": project}, "total": {"type": "integer"}},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Harbour Projects", "version": "1"},
        "servers": [{"url": "https://{region}.harbour.example/api", "variables": {"region": {"default": "eu"}}}],
        "security": [{"key": []}],
        "paths": {
            "/projects": {
                "get": {
                    "parameters": [
                        _query("page", type="integer"),
                        _query("per_page", type="integer", maximum=200),
                        _query("updated_since", format="date-time"),
                        _query("code"),
                    ],
                    "responses": _answers(envelope),
                },
                "post": {"requestBody": body, "responses": _answers(project, "201")},
            },
            "/projects/{projectId}": {
                "get": {"responses": _answers(project)},
                "patch": {"requestBody": body, "responses": _answers(project)},
                "delete": {"responses": {"204": {"description": "gone"}}},
            },
            "/projects/{projectId}/members": {"get": {"responses": _answers({"type": "array", "items": project})}},
            "/accounts/{account}/time_entries": {
                "get": {"responses": _answers({"type": "array", "items": {"$ref": "#/components/schemas/Hour"}})}
            },
            "/ping": {"get": {"responses": _answers({"type": "object", "properties": {"ok": {"type": "boolean"}}})}},
        },
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
            "schemas": {
                "Project": PROJECT,
                "Hour": {
                    "allOf": [
                        {"type": "object", "properties": {"id": {"type": "string"}}},
                        {
                            "type": "object",
                            "properties": {
                                "date": {"type": ["string", "null"], "format": "date"},
                                "hours": {"type": "number"},
                                "user": {"type": "object", "properties": {"id": {"type": "string"}}},
                                "project": {"type": "object", "properties": {"id": {"type": "string"}}},
                            },
                        },
                    ]
                },
            },
        },
    }


def swagger() -> dict[str, Any]:
    """Return a file of version 2.0 that lists people."""
    return {
        "swagger": "2.0",
        "info": {"title": "Old", "version": "1"},
        "host": "old.example",
        "basePath": "/v2",
        "schemes": ["http", "https"],
        "securityDefinitions": {"basic": {"type": "basic"}},
        "paths": {
            "/users": {
                "get": {
                    "parameters": [
                        {"name": "limit", "in": "query", "type": "integer", "maximum": 50},
                        {"name": "offset", "in": "query", "type": "integer"},
                    ],
                    "responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/User"}}}},
                },
                "post": {
                    "parameters": [{"name": "body", "in": "body", "schema": {"$ref": "#/definitions/User"}}],
                    "responses": {"201": {"schema": {"$ref": "#/definitions/User"}}},
                },
            }
        },
        "definitions": {
            "User": {"type": "object", "properties": {"id": {"type": "string"}, "email": {"type": "string"}}}
        },
    }


ODD = (
    None,
    True,
    -1,
    0,
    10**12,
    1.5,
    "",
    "x",
    "\x00",
    "http://elsewhere.example/",
    "{nothing}",
    [],
    {},
    [1],
    [[]],
    [{}],
    {"x": 1},
    {"$ref": "#"},
)


def spoiled(document: Any, chance: random.Random, times: int = 3) -> Any:
    """Return a copy in which some parts are something else, whatever it may be, or gone."""
    spoilt = copy.deepcopy(document)
    for _ in range(times):
        part, steps = spoilt, chance.randint(1, 8)
        for _ in range(steps):
            if not part or not isinstance(part, dict | list):
                break
            name = chance.choice(list(part) if isinstance(part, dict) else range(len(part)))
            if steps == 1 or not isinstance(part[name], dict | list) or chance.random() < 0.2:
                part[name] = copy.deepcopy(chance.choice(ODD))
                break
            part = part[name]
    return spoilt
