"""A GraphQL service of our own over a real implementation of the language: graphql-core parses, validates and runs what is asked.

Hard behaviour: errors in answers with status 200 (https://spec.graphql.org/October2021/#sec-Errors), also for a wrong token;
field errors of a mutation in its payload; throttling told by a code and by points
(https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits); cursors that are opaque
(https://relay.dev/graphql/connections.htm); values that fit no variable refuse the whole question.
"""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web
from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    default_field_resolver,
    graphql_sync,
)

from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, require

SDL = '''
"""Hours and plans of a firm."""
schema { query: Query mutation: Mutation }
scalar DateTime
scalar Date
scalar Decimal
enum Approval { OPEN SUBMITTED APPROVED }
enum TimeEntrySort { UPDATED_AT ID }
interface Node { id: ID! }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
type Company { id: ID! name: String! }
type Viewer { id: ID! email: String! company: Company! rights: [String!]! }
type Person implements Node {
  id: ID! email: String! displayName: String! employeeNumber: String active: Boolean! startedOn: Date updatedAt: DateTime!
  manager: Person entries(first: Int, after: String): TimeEntryConnection!
}
type Project { id: ID! code: String! name: String! state: String! budgetAmount: Float tags: [String!]! }
type TimeEntry implements Node {
  id: ID! externalId: String person: Person! project: Project workedOn: Date! hours: Float! note: String
  billable: Boolean! status: Approval! surcharge: Decimal updatedAt: DateTime!
}
type PersonEdge { node: Person cursor: String! }
type PersonConnection { edges: [PersonEdge] pageInfo: PageInfo! totalCount: Int! }
type TimeEntryConnection { nodes: [TimeEntry!]! pageInfo: PageInfo! }
input TextFilter { eq: String in: [String!] }
input InstantFilter { gte: DateTime lt: DateTime }
input PersonFilter { email: TextFilter updatedAt: InstantFilter }
input TimeEntryFilter { externalId: TextFilter updatedAt: InstantFilter }
input TimeEntryOrder { by: TimeEntrySort! descending: Boolean = false }
type Query {
  viewer: Viewer!
  person(id: ID!): Person
  people(first: Int!, after: String, filter: PersonFilter): PersonConnection!
  project(id: ID!): Project
  projects(offset: Int = 0, limit: Int = 50, codes: [String!]): [Project!]!
  timeEntry(id: ID!): TimeEntry
  timeEntries(first: Int, after: String, filter: TimeEntryFilter, orderBy: TimeEntryOrder): TimeEntryConnection!
}
enum ProblemCode { CLOSED_PERIOD TAKEN NOT_FOUND TOO_LONG }
type UserError { code: ProblemCode! field: [String!] message: String! }
input TimeEntryInput {
  externalId: String personId: ID! projectId: ID workedOn: Date! hours: Float! note: String billable: Boolean = true
  surcharge: Decimal
}
input TimeEntryChange {
  externalId: String personId: ID projectId: ID workedOn: Date hours: Float note: String billable: Boolean surcharge: Decimal
}
type TimeEntryPayload { timeEntry: TimeEntry userErrors: [UserError!]! }
type DeletedPayload { deletedId: ID userErrors: [UserError!]! }
type Mutation {
  timeEntryCreate(input: TimeEntryInput!): TimeEntryPayload!
  timeEntryUpdate(id: ID!, input: TimeEntryChange!): TimeEntryPayload!
  timeEntryDelete(id: ID!): DeletedPayload!
  createProject(code: String!, name: String!, budgetAmount: Float): Project!
  updateProject(id: ID!, code: String, name: String, budgetAmount: Float): Project
}
'''
_CLOSED = "2026-01-01"
_LONGEST_NOTE = 200
_MOST = 100
_COST = 10

Problem = dict[str, Any]


def _instant(value: Any) -> str:
    """Take an instant in as text, and nothing else."""
    if not isinstance(value, str):
        raise GraphQLError("DateTime must be a text")
    return datetime.fromisoformat(value).astimezone(UTC).isoformat()


def _day(value: Any) -> str:
    return datetime.strptime(value, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  a day has no zone


def _exact(value: Any) -> str:
    try:
        return format(Decimal(str(value)), "f")
    except InvalidOperation:
        raise GraphQLError("Decimal cannot be read") from None


class GraphQLStandIn(StandIn):
    """People as edges, projects by offset, hours as nodes; hours are written with field errors, projects without.

    `points` are what is left of the budget of points, None for a service that counts none. `introspects` False turns
    questions about the schema away. `broken` names a field of TimeEntry that fails to resolve.
    """

    lists = ("people", "projects", "time_entries")
    stamp_field = {"people": "updatedAt", "time_entries": "updatedAt"}

    def __init__(self, public: Callable[[], str] = lambda: "") -> None:
        super().__init__(public)
        self.schema = _schema(self)
        self.points: float | None = None
        self.introspects, self.broken = True, ""
        self.questions: list[dict[str, Any]] = []

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.method == "POST" and request.path == "/graphql", f"{request.method} {request.path}")
        sent = json.loads(await request.read())
        require(set(sent) <= {"query", "variables", "operationName"}, f"keys {sorted(sent)}")
        self.questions.append(sent)
        if "__type" in sent["query"] and "__typename" not in sent["query"] and not self.introspects:
            return _errors(
                {"message": "GraphQL introspection is not allowed", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}
            )
        if self.points is not None and self.points < _COST:
            throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return web.json_response({"errors": [throttled], "extensions": self._cost(None)})
        return self._answered(sent)

    def _answered(self, sent: dict[str, Any]) -> web.Response:
        told = graphql_sync(
            self.schema, sent["query"], variable_values=sent.get("variables"), operation_name=sent.get("operationName")
        ).formatted
        for error in told.get("errors", ()):
            if not error.get("path") and not error["message"].startswith("Variable "):
                self.violations.append(f"{error['message']} in {sent['query']}")
        if self.points is not None:
            self.points -= _COST
            told = {**told, "extensions": self._cost(_COST)}  # type: ignore[assignment]  # an answer with more in it
        return web.json_response(told)

    def _cost(self, actual: int | None) -> dict[str, Any]:
        status = {"maximumAvailable": 1000.0, "currentlyAvailable": self.points, "restoreRate": 2.0}
        return {"cost": {"requestedQueryCost": _COST, "actualQueryCost": actual, "throttleStatus": status}}

    def refusal(self, error: RefusedError) -> web.Response:
        return _errors({"message": error.message, "extensions": {"code": error.code}})

    def unsigned(self) -> RefusedError:
        return RefusedError(200, "You must be signed in", code="UNAUTHENTICATED")

    def note(self, held: bool, what: str) -> None:
        """Take a violation down unless the contract holds what was asked."""
        if not held:
            self.violations.append(what)

    # --- fields of the schema -----------------------------------------------------------------------------------------
    def held(self, name: str, key: Any) -> Row | None:
        """Return one record, None when there is none."""
        return next((row for row in self.rows[name] if row["id"] == str(key)), None)

    def new_key(self, name: str) -> str:
        return str(super().new_key(name))

    def connection(
        self, name: str, first: int | None, after: str | None, wanted: Callable[[Row], bool], by: str
    ) -> Row:
        """Return a page behind a cursor, which says behind which record it stands."""
        self.note(first is None or 1 <= first <= _MOST, f"first: {first}")
        rows = sorted((row for row in self.rows[name] if wanted(row)), key=lambda row: _place(row, by))
        if after is not None:
            behind = tuple(json.loads(base64.b64decode(after)))
            rows = [row for row in rows if _place(row, by) > behind]
        page = rows[: first or 20]
        cursors = [base64.b64encode(json.dumps(_place(row, by)).encode()).decode() for row in page]
        edges = [{"node": row, "cursor": cursor} for row, cursor in zip(page, cursors, strict=True)]
        more = {"hasNextPage": len(rows) > len(page), "hasPreviousPage": after is not None}
        info = {**more, "startCursor": next(iter(cursors), None), "endCursor": cursors[-1] if cursors else None}
        return {"edges": edges, "nodes": page, "pageInfo": info, "totalCount": len(rows)}

    def write_entry(self, key: str | None, sent: Row) -> Row:
        """Make or change a time entry; what is wrong with it is listed beside it."""
        problems = list(self._entry_problems(key, sent))
        if problems:
            return {"timeEntry": None, "userErrors": problems}
        self.tick()
        if key is None:
            row = self.enter("time_entries", status="OPEN", **sent)
        else:
            row = self.row("time_entries", key)
            row.update(sent)
            self.stamp("time_entries", row)
        return {"timeEntry": row, "userErrors": []}

    def _entry_problems(self, key: str | None, sent: Row) -> list[Problem]:
        found = list[Problem]()
        if key is not None and self.held("time_entries", key) is None:
            return [_problem("NOT_FOUND", "id", "There is no such entry.")]
        if sent.get("workedOn", "9999") < _CLOSED:
            found.append(_problem("CLOSED_PERIOD", "workedOn", f"{sent['workedOn'][:4]} is closed."))
        if len(sent.get("note") or "") > _LONGEST_NOTE:
            found.append(_problem("TOO_LONG", "note", "The note is too long."))
        for field, name in (("personId", "people"), ("projectId", "projects")):
            if sent.get(field) is not None and self.held(name, sent[field]) is None:
                found.append(_problem("NOT_FOUND", field, "This record does not exist."))
        own = sent.get("externalId")
        if own and any(row.get("externalId") == own and row["id"] != key for row in self.rows["time_entries"]):
            found.append(_problem("TAKEN", "externalId", "This number is taken."))
        return found

    def delete_entry(self, key: str) -> Row:
        """Take a time entry away."""
        row = self.held("time_entries", key)
        if row is None:
            return {"deletedId": None, "userErrors": [_problem("NOT_FOUND", "id", "There is no such entry.")]}
        self.rows["time_entries"].remove(row)
        return {"deletedId": key, "userErrors": []}

    def write_project(self, key: str | None, sent: Row) -> Row | None:
        """Make or change a project; what is wrong with it is an error of the whole mutation."""
        row = self.held("projects", key) if key is not None else None
        if any(one["code"] == sent.get("code") and one is not row for one in self.rows["projects"]):
            raise GraphQLError("A project has this code", extensions={"code": "DUPLICATE", "field": "code"})
        if len(sent.get("name", "")) > _LONGEST_NOTE:
            raise GraphQLError("Name is too long", extensions={"code": "BAD_USER_INPUT", "argumentName": "name"})
        if key is None:
            return self.enter("projects", state="open", tags=[], **sent)
        if row is not None:
            row.update(sent)
        return row


def _place(row: Row, by: str) -> tuple[Any, ...]:
    return (*((row[by],) if by != "id" else ()), int(row["id"]))


def _problem(code: str, field: str, message: str) -> Problem:
    return {"code": code, "field": ["input", field], "message": message}


def _errors(*errors: dict[str, Any]) -> web.Response:
    return web.json_response({"errors": list(errors)})


def _fits(row: Row, given: Row | None) -> bool:
    for name, condition in (given or {}).items():
        held = row.get(name)
        if "eq" in condition and held != condition["eq"]:
            return False
        if "in" in condition and held not in condition["in"]:
            return False
        if "gte" in condition and datetime.fromisoformat(str(held)) < datetime.fromisoformat(condition["gte"]):
            return False
    return True


def _schema(system: GraphQLStandIn) -> GraphQLSchema:
    """Return the schema with what its fields answer."""
    schema = build_schema(SDL)
    for name, parse in (("DateTime", _instant), ("Date", _day), ("Decimal", _exact)):
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.parse_value = parse  # type: ignore[method-assign]  # this is how the library has it set later
        scalar.coerce_input_value = parse  # type: ignore[attr-defined]  # its newer name
    _resolve(schema, "Query", _queries(system))
    _resolve(schema, "Mutation", _mutations(system))
    _resolve(
        schema,
        "TimeEntry",
        {
            "person": lambda row, _info: system.held("people", row.get("personId")),
            "project": lambda row, _info: system.held("projects", row.get("projectId")),
        },
    )
    entry = schema.type_map["TimeEntry"]
    assert isinstance(entry, GraphQLObjectType)
    for name, field in entry.fields.items():
        field.resolve = _breaking(system, name, field.resolve or default_field_resolver)
    return schema


def _breaking(system: GraphQLStandIn, name: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    def resolved(row: Any, info: Any, **arguments: Any) -> Any:
        if system.broken == name:
            raise GraphQLError("Something went wrong", extensions={"code": "INTERNAL_SERVER_ERROR"})
        return resolve(row, info, **arguments)

    return resolved


def _resolve(schema: GraphQLSchema, type_name: str, resolvers: dict[str, Callable[..., Any]]) -> None:
    made = schema.type_map[type_name]
    assert isinstance(made, GraphQLObjectType)
    for name, resolver in resolvers.items():
        made.fields[name].resolve = resolver


def _queries(system: GraphQLStandIn) -> dict[str, Callable[..., Any]]:
    def people(_root: Any, _info: Any, first: int, after: str | None = None, filter: Row | None = None) -> Row:  # noqa: A002  the argument's name
        return system.connection("people", first, after, lambda row: _fits(row, filter), "id")

    def entries(
        _root: Any, _info: Any, first: int | None = None, after: str | None = None,
        filter: Row | None = None, orderBy: Row | None = None,  # noqa: A002, N803  the arguments' names
    ) -> Row:  # fmt: skip
        by = "updatedAt" if orderBy and orderBy["by"] == "UPDATED_AT" else "id"
        return system.connection("time_entries", first, after, lambda row: _fits(row, filter), by)

    def projects(_root: Any, _info: Any, offset: int, limit: int, codes: list[str] | None = None) -> list[Row]:
        system.note(1 <= limit <= _MOST, f"limit: {limit}")
        rows = [row for row in system.rows["projects"] if codes is None or row["code"] in codes]
        return rows[offset : offset + limit]

    company = {"id": "1", "name": "Alder & Finch"}
    viewer = {"id": "7", "email": "robot@alder.example", "company": company, "rights": ["read", "write"]}
    return {
        "viewer": lambda _root, _info: viewer,
        "people": people,
        "projects": projects,
        "timeEntries": entries,
        "person": lambda _root, _info, id: system.held("people", id),  # noqa: A006
        "project": lambda _root, _info, id: system.held("projects", id),  # noqa: A006
        "timeEntry": lambda _root, _info, id: system.held("time_entries", id),  # noqa: A006
    }


def _mutations(system: GraphQLStandIn) -> dict[str, Callable[..., Any]]:
    return {
        "timeEntryCreate": lambda _root, _info, input: system.write_entry(None, input),  # noqa: A006
        "timeEntryUpdate": lambda _root, _info, id, input: system.write_entry(id, input),  # noqa: A006
        "timeEntryDelete": lambda _root, _info, id: system.delete_entry(id),  # noqa: A006
        "createProject": lambda _root, _info, **sent: system.write_project(None, sent),
        "updateProject": lambda _root, _info, id, **sent: system.write_project(id, sent),  # noqa: A006
    }
