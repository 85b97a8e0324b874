"""Turns what was found in a description into the draft of a document: one object for each chosen list."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.private.documents import FORMAT, Document
from apps.connectors.private.guessing import key_field_of, plain, version_field_of
from apps.connectors.private.readings import Candidate
from apps.connectors.private.sign_in import secrets_for

# What lists of each canonical type are usually called, compared without "s" at the end.
_TYPE_WORDS: Mapping[str, tuple[str, ...]] = {
    "TimeEntry": ("timeentrie", "timeentry", "timelog", "worklog", "timesheet", "timesheetline", "timerecord", "hour"),
    "Project": ("project", "job", "engagement", "matter"),
    "Task": ("task", "issue", "ticket", "projecttask"),
    "Resource": ("user", "employee", "people", "person", "worker", "resource", "staff", "consultant", "member"),
    "Customer": ("customer", "client", "account", "companie", "company", "organization", "organisation"),
    "Expense": ("expense", "expenseitem", "expenseline"),
    "Opportunity": ("opportunitie", "opportunity", "deal"),
    "Contact": ("contact",),
    "Contract": ("contract", "agreement"),
    "Invoice": ("invoice",),
    "Assignment": ("assignment", "allocation"),
    "Workspace": ("workspace", "team", "site", "channel"),
}
# Other names of canonical fields, compared like names of parameters.
_FIELD_WORDS: Mapping[str, tuple[str, ...]] = {
    "resource": ("userid", "user.id", "employeeid", "employee.id", "personid", "person.id", "workerid", "memberid"),
    "resource_name": ("username", "user.name", "employeename", "employee.name", "personname", "person.name"),
    "project": ("projectid", "project.id", "projectcode", "project.code", "jobid"),
    "project_name": ("projectname", "project.name"),
    "task": ("taskid", "task.id", "issueid", "issue.id"),
    "task_name": ("taskname", "task.name", "issue.subject", "activity.name"),
    "client": ("clientid", "client.id", "customerid", "customer.id", "accountid", "companyid"),
    "client_name": ("clientname", "client.name", "customername", "customer.name"),
    "work_date": ("date", "workedon", "spentdate", "spenton", "workday", "entrydate", "day"),
    "hours": ("hours", "hoursworked", "quantity", "decimalhours"),
    "note": ("notes", "comment", "comments", "description"),
    "billable": ("isbillable",),
    "approval": ("status", "approvalstatus", "state"),
    "updated_at": ("updatedat", "modifiedat", "updatedon", "modifiedon", "lastmodified", "lastupdated", "modified"),
    "code": ("number", "projectcode", "key"),
    "name": ("title", "displayname", "fullname"),
    "email": ("mail", "emailaddress"),
    "given": ("firstname", "givenname"),
    "family": ("lastname", "surname", "familyname"),
    "employee_no": ("employeenumber", "employeeno", "personnelnumber"),
    "state": ("status",),
    "currency": ("currencycode",),
}
# Canonical fields that hold the number of another record: where they are written, it becomes that record's number there.
REFERENCES: Mapping[str, str] = {"resource": "Resource", "project": "Project", "task": "Task", "client": "Customer"}
OWN_KEYS = frozenset(
    {"externalid", "externalreference", "externalref", "clientreference", "customreference", "foreignid"}
)
_FINDING = ("code", "number", "externalid", "email", "key", "name")
_NOT_NAME = re.compile(r"[^A-Za-z0-9]+")
MOST_CHOSEN = 60


def draft_document(name: str, reading: Mapping[str, Any], chosen: Sequence[str]) -> Document:
    """Return the draft of a document: the lists whose paths are chosen, of a reading as `Reading.to_json` gave it."""
    wanted = set(chosen)
    rows = [row for row in reading["lists"] if row["path"] in wanted]
    settings = dict.fromkeys(place for row in rows for place in row["settings"])
    scheme = str(reading["auth"].get("scheme", "none"))
    document = {
        **empty_document(name),
        **reading.get("parts", {}),
        "auth": reading["auth"],
        "secrets": secrets_for(scheme),
        "settings": [{"name": place, "label": place, "required": True} for place in settings],
        "objects": _named_once([row["object"] for row in rows[:MOST_CHOSEN]]),
    }
    return with_chosen_parts(document, reading, chosen)


def with_chosen_parts(document: Document, reading: Mapping[str, Any], chosen: Sequence[str]) -> Document:
    """Return a document with what the chosen lists bring along for the whole system; what it says already stays."""
    wanted = set(chosen)
    for row in reading["lists"]:
        if row["path"] in wanted:
            document = _joined(document, row.get("parts", {}))
    return document


def _joined(document: Mapping[str, Any], parts: Mapping[str, Any]) -> Document:
    tables = {
        name: _joined(document[name], part)
        for name, part in parts.items()
        if isinstance(part, Mapping) and isinstance(document.get(name), Mapping)
    }
    return {**parts, **document, **tables}


def empty_document(name: str) -> Document:
    """Return a document that describes nothing yet."""
    return {"format": FORMAT, "name": name, "category": "Private", "auth": {"scheme": "none"}, "objects": []}


def guess_type(label: str) -> str:
    """Return the canonical type that records of this name most likely are, "" when nothing fits."""
    same = plain(label).removesuffix("s")
    return next((kind for kind, words in _TYPE_WORDS.items() if same in words), "")


def list_row(candidate: Candidate, **changes: Any) -> dict[str, Any]:
    """Return a list of the file as it is chosen from: with the object it becomes, `changes` laid over what is guessed."""
    return {
        "path": candidate.path,
        "label": candidate.label,
        "type": guess_type(candidate.label),
        "operations": [asdict(one) for one in candidate.operations],
        "settings": list(candidate.settings),
        "evidence": [asdict(one) for one in candidate.evidence],
        "object": {**draft_object(candidate), **changes},
    }


def draft_object(candidate: Candidate) -> dict[str, Any]:
    """Return one list as an object of a document, everything guessed that can be."""
    kind, version = guess_type(candidate.label), version_field_of(candidate)
    finding = _finding(candidate)
    found: dict[str, Any] = {
        "name": _NOT_NAME.sub("_", candidate.label.lower()).strip("_")[:60] or "records",
        "label": candidate.label,
        "canonical_type": kind,
        "key_field": key_field_of(candidate),
        "version_field": version,
        **finding,
        "fields": [_field(spec) for spec in _all_fields(candidate)],
        "reading": _reading(candidate, version),
        "reading_lines": reading_lines(kind, candidate.fields),
    }
    writing = _writing(candidate)
    if writing:
        found |= {"writing": writing, "writing_lines": writing_lines(kind, candidate.taken)}
    return found


def reading_lines(kind: str, fields: Iterable[FieldSpec]) -> list[dict[str, Any]]:
    """Return lines from a record's fields to a canonical type, for the fields whose names agree."""
    described = CANONICAL_TYPES.get(kind)
    if described is None:
        return []
    there = {_same(spec.name): spec for spec in reversed(list(fields)) if spec.kind is not ValueKind.NESTED}
    lines = []
    for target in described.fields:
        spec = next((there[name] for name in _names_for(target.name) if name in there), None)
        if spec is not None:
            needed = {"required": True} if target.required or target.name == "id" else {}
            lines.append({"target": target.name, "source": spec.name, "label": target.label, **needed})
    return lines


def writing_lines(kind: str, fields: Iterable[FieldSpec]) -> list[dict[str, Any]]:
    """Return lines from a canonical type to the fields of a new record, for the fields whose names agree."""
    described = CANONICAL_TYPES.get(kind)
    if described is None:
        return []
    sources = {name: target for target in reversed(described.fields) for name in reversed(_names_for(target.name))}
    lines = []
    for spec in fields:
        target = sources.get(_same(spec.name))
        if target is not None and "." not in spec.name and spec.kind is not ValueKind.NESTED and target.name != "id":
            reference = {"reference": REFERENCES[target.name]} if target.name in REFERENCES else {}
            lines.append({"target": spec.name, "source": target.name, "label": spec.name, **reference})
    return lines


def _names_for(target: str) -> tuple[str, ...]:
    return (plain(target), *_FIELD_WORDS.get(target, ()))


def _same(name: str) -> str:
    return ".".join(plain(part) for part in name.split("."))


def _all_fields(candidate: Candidate) -> list[FieldSpec]:
    """The fields of records as they are read; what a new record needs is needed only where it is written."""
    needed = {spec.name for spec in candidate.taken if spec.required}
    read = {spec.name for spec in candidate.fields}
    known = {s.name: s for s in (*candidate.fields, *(taken for taken in candidate.taken if taken.name not in read))}
    return [
        FieldSpec(s.name, s.kind, s.label, s.name in needed and "." not in s.name, s.choices, s.max_length)
        for s in known.values()
    ]


def _field(spec: FieldSpec) -> dict[str, Any]:
    stated: dict[str, Any] = {"name": spec.name, "kind": spec.kind.value}
    if spec.required:
        stated["required"] = True
    if spec.choices:
        stated["choices"] = list(spec.choices)
    if spec.max_length is not None:
        stated["max_length"] = spec.max_length
    return stated


def _reading(candidate: Candidate, version: str) -> dict[str, Any]:
    asks = bool(candidate.since_parameter and version)
    one = candidate.path_for("one")[1]
    stated = {
        "path": candidate.path,
        "records_path": candidate.records_path,
        "change_read": "modified_since" if asks else "full",
        "since_parameter": candidate.since_parameter if asks else "",
        "paging": candidate.paging,
        "one_path": one,
    }
    return {name: value for name, value in stated.items() if value not in ("", {})}


def _writing(candidate: Candidate) -> dict[str, Any]:
    create = candidate.path_for("create")[1]
    if not create:
        return {}
    method, update = candidate.path_for("update")
    undo_method, undo = candidate.path_for("delete")
    own = next((s.name for s in candidate.taken if plain(s.name) in OWN_KEYS and "." not in s.name), "")
    stated = {
        "create_path": create,
        "update_path": update,
        "update_method": method or "PATCH",
        "key_path": candidate.create_key_path or "id",
        "idempotency": "key_header" if candidate.key_header else "own_key_field" if own else "none",
        "idempotency_header": candidate.key_header,
        "own_key_field": own,
        "undo_method": undo_method,
        "undo_path": undo,
    }
    return {name: value for name, value in stated.items() if value != ""}


def _finding(candidate: Candidate) -> dict[str, str]:
    """Return by which field and parameter a record is looked up, where the list has a parameter named as a field."""
    parameters = {plain(name): name for name in candidate.parameters}
    for wanted in _FINDING:
        spec = next((s for s in candidate.fields if plain(s.name) == wanted and "." not in s.name), None)
        if spec is not None and wanted in parameters:
            return {"natural_key": spec.name, "find_parameter": parameters[wanted]}
    return {}


def _named_once(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[str, int] = {}
    named = []
    for one in objects:
        name = one["name"] if one["name"][:1].isalpha() else f"list_{one['name']}"[:60]
        seen[name] = seen.get(name, 0) + 1
        named.append({**one, "name": name if seen[name] == 1 else f"{name[:55]}_{seen[name]}"})
    return named
