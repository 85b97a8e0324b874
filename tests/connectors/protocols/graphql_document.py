"""The description of the stand-in as a partner has it once it is worked on: a document, as private systems are kept."""

from typing import Any


def _read(target: str, source: str, **more: Any) -> dict[str, Any]:
    return {"target": target, "source": source, **more}


_PROBLEMS = {"problems": "userErrors", "problem_code": "code", "problem_field": "field"}
_RELAY = {
    "style": "token", "size": 50, "size_parameter": "first", "position_parameter": "after",
    "next_path": "pageInfo.endCursor", "more_path": "pageInfo.hasNextPage",
}  # fmt: skip
_ENTRY = {
    "input": "TimeEntryInput!", "input.externalId": "String", "input.personId": "ID", "input.projectId": "ID",
    "input.hours": "Float", "input.note": "String", "input.billable": "Boolean",
}  # fmt: skip
_PROJECT = {"code": "String!", "name": "String!", "budgetAmount": "Float"}

PEOPLE = {
    "name": "people", "label": "People", "canonical_type": "Resource",
    "version_field": "updatedAt", "natural_key": "email", "find_parameter": "filter.email.in", "find_at_once": 25,
    "fields": [
        {"name": "id"}, {"name": "email"}, {"name": "displayName"}, {"name": "employeeNumber"},
        {"name": "active", "kind": "yes_no"}, {"name": "startedOn", "kind": "date"},
        {"name": "updatedAt", "kind": "instant"}, {"name": "manager.id"},
    ],
    "reading": {
        "path": "people", "records_path": "edges.node", "change_read": "modified_since",
        "since_parameter": "filter.updatedAt.gte", "paging": {**_RELAY, "total_path": "totalCount"},
        "one_path": "person(id:{key})",
    },
    "reading_lines": [
        _read("id", "id", required=True), _read("email", "email"), _read("name", "displayName"),
        _read("employee_no", "employeeNumber"),
    ],
    "graphql": {
        "type": "Person",
        "fields": {
            "people": {"arguments": {"first": "Int!", "after": "String", "filter": "PersonFilter", "filter.email.in": "[String!]"}},
            "person": {"arguments": {"id": "ID!"}},
        },
    },
}  # fmt: skip
PROJECTS = {
    "name": "projects", "label": "Projects", "canonical_type": "Project",
    "natural_key": "code", "find_parameter": "codes", "find_at_once": 25,
    "fields": [
        {"name": "id"}, {"name": "code", "required": True}, {"name": "name", "required": True}, {"name": "state"},
        {"name": "budgetAmount", "kind": "money"}, {"name": "tags", "kind": "nested"},
    ],
    "reading": {
        "path": "projects",
        "paging": {"style": "offset", "size": 50, "size_parameter": "limit", "position_parameter": "offset"},
        "one_path": "project(id:{key})",
    },
    "reading_lines": [_read("id", "id", required=True), _read("code", "code"), _read("name", "name")],
    "writing": {
        "create_path": "createProject", "update_path": "updateProject(id:{key})", "idempotency": "own_key_field",
        "own_key_field": "code",
    },
    "writing_lines": [_read("code", "code"), _read("name", "name")],
    "graphql": {
        "type": "Project",
        "fields": {
            "projects": {"arguments": {"offset": "Int", "limit": "Int", "codes": "[String!]"}},
            "project": {"arguments": {"id": "ID!"}},
            "createProject": {"arguments": _PROJECT},
            "updateProject": {"arguments": {"id": "ID!", **{name: kind.rstrip("!") for name, kind in _PROJECT.items()}}},
        },
    },
}  # fmt: skip
ENTRIES = {
    "name": "time_entries", "label": "Time entries", "canonical_type": "TimeEntry", "version_field": "updatedAt",
    "natural_key": "externalId", "find_parameter": "filter.externalId.in", "find_at_once": 25,
    "fields": [
        {"name": "id"}, {"name": "externalId"}, {"name": "person.id"}, {"name": "person.email"}, {"name": "project.id"},
        {"name": "project.code"}, {"name": "workedOn", "kind": "date", "required": True},
        {"name": "hours", "kind": "hours", "required": True}, {"name": "note"}, {"name": "billable", "kind": "yes_no"},
        {"name": "status", "kind": "choice", "choices": ["OPEN", "SUBMITTED", "APPROVED"]},
        {"name": "surcharge", "kind": "decimal"}, {"name": "updatedAt", "kind": "instant"},
        {"name": "personId", "required": True}, {"name": "projectId"},
    ],
    "reading": {
        "path": "timeEntries", "records_path": "nodes", "change_read": "modified_since",
        "since_parameter": "filter.updatedAt.gte", "since_sorted": True, "parameters": {"orderBy.by": "UPDATED_AT"},
        "paging": _RELAY, "one_path": "timeEntry(id:{key})",
    },
    "reading_lines": [
        _read("id", "id", required=True), _read("resource", "person.id"), _read("project", "project.id"),
        _read("work_date", "workedOn", required=True), _read("hours", "hours", required=True), _read("note", "note"),
        _read("billable", "billable"), _read("updated_at", "updatedAt"),
        _read("approval", "status", value_map={"OPEN": "draft", "SUBMITTED": "submitted", "APPROVED": "approved"}),
    ],
    "writing": {
        "create_path": "timeEntryCreate", "update_path": "timeEntryUpdate(id:{key})", "record_path": "input",
        "key_path": "timeEntry.id", "idempotency": "own_key_field", "own_key_field": "externalId",
        "undo_method": "POST", "undo_path": "timeEntryDelete(id:{key})",
    },
    "writing_lines": [
        _read("personId", "resource", reference="Resource"), _read("projectId", "project", reference="Project"),
        _read("workedOn", "work_date"), _read("hours", "hours"), _read("note", "note"), _read("billable", "billable"),
    ],
    "graphql": {
        "type": "TimeEntry", "input_only": ["personId", "projectId"],
        "fields": {
            "timeEntries": {
                "arguments": {
                    "first": "Int", "after": "String", "filter": "TimeEntryFilter", "orderBy": "TimeEntryOrder",
                    "filter.externalId.in": "[String!]",
                }
            },
            "timeEntry": {"arguments": {"id": "ID!"}},
            "timeEntryCreate": {"arguments": _ENTRY, **_PROBLEMS},
            "timeEntryUpdate": {"arguments": {"id": "ID!", **_ENTRY, "input": "TimeEntryChange!"}, **_PROBLEMS},
            "timeEntryDelete": {"arguments": {"id": "ID!"}, **_PROBLEMS},
        },
    },
}  # fmt: skip


def _rule(code: str, business_class: str, sentence: str) -> dict[str, Any]:
    return {"kind": "rejected", "business_class": business_class, "code": code, "sentence": sentence}


RULES: list[dict[str, Any]] = [
    _rule("CLOSED_PERIOD", "closed_period", "The period is closed there ({message}) Book it in an open one."),
    _rule("TAKEN", "duplicate", "There is a record under this number already. Link the two."),
    _rule("DUPLICATE", "duplicate", "There is a record under this number already. Link the two."),
    _rule("NOT_FOUND", "missing_reference", "A record that this one points to is not there. Link it anew."),
    {**_rule("", "too_large", "The name is too long ({message}). Shorten it."), "pattern": "too long"},
    _rule("TOO_LONG", "too_large", "A text of this record is too long. Shorten it."),
]
DOCUMENT: dict[str, Any] = {
    "format": 1,
    "name": "Harbour Hours",
    "category": "Time",
    "summary": "Hours and plans of a firm.",
    "auth": {"scheme": "bearer"},
    "secrets": [{"name": "token", "label": "Access token"}],
    "test_path": "viewer",
    "identity_path": "email",
    "account_path": "company.name",
    "rights_path": "rights",
    "limits": {"at_once": 4},
    "graphql": {"path": "graphql", "cost": {}},
    "objects": [PEOPLE, PROJECTS, ENTRIES],
    "error_rules": RULES,
}
