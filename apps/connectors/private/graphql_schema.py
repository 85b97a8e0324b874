"""Opens the schema of a GraphQL service: its definition language (SDL), or what introspection answered, as JSON.

A well-kept library reads both (https://graphql-core-3.readthedocs.io); nothing outside the file is ever asked for.
https://spec.graphql.org/October2021/#sec-Type-System
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext as _
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_ast_schema,
    build_client_schema,
    parse,
)

from apps.connectors.graphql_types import TypeRef
from apps.connectors.private.contents import is_json, is_xml, names_key
from apps.connectors.private.readings import DescriptionError

MOST_TEXT_BYTES = 5 * 1024 * 1024
_MOST_TOKENS = 2_000_000
_DEFINES = re.compile(
    rb"(?:^|[\s}])(?:(?:type|interface|input|enum)\s+[_A-Za-z]\w*[^:;{}]{0,500}\{|schema\s*(?:@[^{}]{0,200})?\{)"
)
_KINDS = (
    (GraphQLScalarType, "SCALAR"),
    (GraphQLEnumType, "ENUM"),
    (GraphQLObjectType, "OBJECT"),
    (GraphQLInterfaceType, "INTERFACE"),
    (GraphQLInputObjectType, "INPUT_OBJECT"),
    (GraphQLUnionType, "UNION"),
)


def is_like(raw: bytes) -> bool:
    """Return whether a file is the schema of a GraphQL service in one of its two forms."""
    if is_json(raw):
        return names_key(raw, "__schema")
    return not is_xml(raw) and b"\x00" not in raw and _DEFINES.search(raw) is not None


def open_schema(raw: bytes) -> GraphQLSchema:
    """Return the schema in an uploaded file. Raises DescriptionError with a sentence for the person who uploaded it."""
    try:
        schema = _introspected(raw) if is_json(raw) else _defined(raw)
    except (GraphQLError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, DescriptionError):
            raise
        told = {"reason": _reason(error)}
        raise DescriptionError(_("The GraphQL schema cannot be read: %(reason)s.") % told) from None
    if schema.query_type is None:
        raise DescriptionError(_("The GraphQL schema has no type Query, so there is nothing to choose from."))
    return schema


def _defined(raw: bytes) -> GraphQLSchema:
    if len(raw) > MOST_TEXT_BYTES:
        raise DescriptionError(_("A GraphQL schema may have 5 MB: leave out what is not needed."))
    document = parse(raw.decode("utf-8-sig"), no_location=True, max_tokens=_MOST_TOKENS)
    # Federated and vendors' schemas use directives they do not define: what matters here is told without them.
    return build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)


def _introspected(raw: bytes) -> GraphQLSchema:
    told: Any = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    for _depth in range(2):
        if isinstance(told, Mapping) and "__schema" not in told and isinstance(told.get("data"), Mapping):
            told = told["data"]
    if not isinstance(told, Mapping) or not isinstance(told.get("__schema"), Mapping):
        raise DescriptionError(
            _(
                "This is not what introspection of a GraphQL service answers: “__schema” does not stand at its beginning."
            )
        )
    return build_client_schema(told, assume_valid=True)  # type: ignore[arg-type]  # the library itself checks the form


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return _("it is nested too deeply")
    message = error.message if isinstance(error, GraphQLError) else str(error)
    return " ".join(message.split())[:200].rstrip(".") or type(error).__name__


def ref_of(written: Any) -> TypeRef:
    """Return what a field or an argument holds, by the library's own type."""
    required, listed, text = isinstance(written, GraphQLNonNull), False, str(written)
    while isinstance(written, GraphQLNonNull | GraphQLList):
        listed = listed or isinstance(written, GraphQLList)
        written = written.of_type
    kind = next((name for type_class, name in _KINDS if isinstance(written, type_class)), "")
    choices = tuple(written.values) if isinstance(written, GraphQLEnumType) else ()
    return TypeRef(written.name, kind, required, listed, choices, text)


def object_at(written: Any) -> GraphQLObjectType | GraphQLInterfaceType | None:
    """Return the type of what can be selected in, None for plain values, unions and inputs."""
    while isinstance(written, GraphQLNonNull | GraphQLList):
        written = written.of_type
    return written if isinstance(written, GraphQLObjectType | GraphQLInterfaceType) else None


def input_at(written: Any) -> GraphQLInputObjectType | None:
    """Return the type of an argument that has parts, None for all others."""
    while isinstance(written, GraphQLNonNull):
        written = written.of_type
    return written if isinstance(written, GraphQLInputObjectType) else None
