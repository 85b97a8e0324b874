"""ADP Workforce Now with its workers and their time cards; hours arrive as events, one person at a time.

The envelope of events and what answers hold (confirmMessage, output, 202 for several people at once) are those of the Time
Cards v2 and Workers v2 pages of https://developers.adp.com/apis/api-explorer; that a page of workers behind the last one is
answered with 204, and that a worker's own time cards want the role of the employee, is what others met at the running system.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from tests.connectors.catalog.stand_in import (
    RefusedError,
    Row,
    StandIn,
    body_of,
    offset_page,
    require,
    require_properties,
    require_query,
)

PROJECT_CATEGORY = "3"
CLOSED_UNTIL = "2026-09-30"
_PAY_CODES = {"REGULAR", "OVERTIME"}
_DURATION = re.compile(r"PT\d+H(\d+M)?(\d+(\.\d+)?S)?")
_SINCE = re.compile(r"timeCards/timePeriod/startDate ge '(\d{4}-\d{2}-\d{2})'")
_ENTRY = ("entryTypeCode", "entryCode", "entryDate", "timeDuration", "laborAllocations", "entryID")


class AdpStandIn(StandIn):
    """One company. `tells_numbers` says whether an answer to an event repeats what it made, `answers_later` whether it waits."""

    lists = ("workers", "time_entries")
    key = "associateOID"
    tells_numbers = True
    answers_later = False
    fails_quietly = ""  # what an answer with a good status complains of

    def new_key(self, name: str) -> str:
        """Return an associate OID, or the number of an entry."""
        number = super().new_key(name)
        return f"G3{number:012d}Z" if name == "workers" else f"{number}|1"

    def refusal(self, error: RefusedError) -> web.Response:
        return web.json_response(confirmed("failed", error.message, error.code), status=error.status)

    async def routed(self, request: web.Request) -> web.StreamResponse:
        role, path = request.headers.get("roleCode"), request.path
        if path == "/hr/v2/workers":
            require(role == "practitioner", f"role {role}")
            return self._workers(request)
        if path.startswith("/hr/v2/workers/"):
            require(request.method == "GET", request.method)
            return web.json_response({"workers": [self.row("workers", path.removeprefix("/hr/v2/workers/"))]})
        if path == "/events/time/v2/time-entries.modify":
            require((request.method, role) == ("POST", "practitioner"), f"{request.method} as {role}")
            return await self._modify(request)
        found = re.fullmatch(r"/time/v2/workers/([^/]+)/time-cards", path)
        require(found is not None and request.method == "GET", f"{request.method} {path}")
        return self._cards(request, found[1] if found else "", role)

    def _workers(self, request: web.Request) -> web.StreamResponse:
        require_query(request, ("$top", "$skip"))
        page = offset_page(request, self.rows["workers"], size="$top", offset="$skip", largest=100)
        return web.json_response({"workers": page}) if page else web.Response(status=204)

    def _cards(self, request: web.Request, worker: str, role: str | None) -> web.StreamResponse:
        if role != "employee":
            raise RefusedError(400, "Supervisor does not exist", code="400")
        require_query(request, ("$expand", "$filter"))
        self.row("workers", worker)
        since = _SINCE.fullmatch(request.query.get("$filter", ""))
        require(since is not None, request.query_string)
        held = [row for row in self.rows["time_entries"] if row["of"] == worker]
        days = sorted({row["entryDate"] for row in held if since and row["entryDate"] >= since[1]})
        shown = [
            {"entryDate": day, "timeEntries": [_shown(row) for row in held if row["entryDate"] == day]} for day in days
        ]
        expanded = {"dayEntries": shown} if request.query.get("$expand") == "dayEntries" else {}
        return web.json_response({"timeCards": [{"timeCardID": "1", "associateOID": worker, **expanded}]})

    async def _modify(self, request: web.Request) -> web.StreamResponse:
        sent = await body_of(request, (), ("events",))
        if self.answers_later or len(sent["events"]) != 1:
            return web.json_response(confirmed("succeeded"), status=202)
        if self.fails_quietly:
            return web.json_response(confirmed("failed", self.fails_quietly))
        (event,) = sent["events"]
        require_properties(event, (), ("serviceCategoryCode", "eventNameCode", "data"))
        require_properties(event["data"], (), ("eventContext", "transform"))
        context = event["data"]["eventContext"]
        require_properties(context, (), ("associateOID", "workAssignmentID"))
        worker = self.row("workers", context["associateOID"])
        require(context["workAssignmentID"] in {job["itemID"] for job in worker["workAssignments"]}, "assignment")
        (entry,) = event["data"]["transform"]["timeEntries"]
        row = self._changed(worker, context["workAssignmentID"], dict(entry))
        output = {"timeEntries": [_shown(row)]} if self.tells_numbers else {}
        done = {"eventStatusCode": {"codeValue": "complete"}, "data": {"eventContext": context, "output": output}}
        return web.json_response({"events": [done], **confirmed("succeeded")})

    def _changed(self, worker: Row, assignment: str, entry: Row) -> Row:
        change = entry.pop("_changeCode", None)
        require(change in {"add", "modify", "remove"}, f"change {change}")
        require_properties(entry, _ENTRY)
        require(entry["entryTypeCode"] == {"codeValue": "hoursEntry"}, "type of entry")
        self._check(entry)
        if change == "add":
            require("entryID" not in entry, "a number of ours")
            held = {
                "of": worker["associateOID"],
                "workAssignmentID": assignment,
                "entryID": self.new_key("time_entries"),
            }
            held["first"] = entry["entryDate"]
            self.rows["time_entries"].append(held)
        else:
            held = next((r for r in self.rows["time_entries"] if r["entryID"] == entry.get("entryID")), {})
            if not held:
                raise RefusedError(404, "The time entry was not found")
        if change == "remove":
            self.rows["time_entries"].remove(held)
        held.update(entry)
        return held

    def _check(self, entry: Mapping[str, Any]) -> None:
        day = entry["entryDate"]
        if "timeDuration" in entry:
            require(_DURATION.fullmatch(entry["timeDuration"]) is not None, f"duration {entry['timeDuration']}")
        if date.fromisoformat(day) <= date.fromisoformat(CLOSED_UNTIL):
            raise RefusedError(400, f"The pay period of {day} is closed", code="TLM_PERIOD")
        code = entry.get("entryCode", {}).get("codeValue")
        if code is not None and code not in _PAY_CODES:
            raise RefusedError(400, f"Pay code {code} is not valid", code="TLM_CODE")
        for one in entry.get("laborAllocations", ()):
            require(one["allocationTypeCode"] == {"codeValue": PROJECT_CATEGORY}, "labor category")
            if one["allocationCode"]["codeValue"] == "P-0":
                raise RefusedError(400, "Labor code P-0 does not exist", code="TLM_LABOR")


def confirmed(status: str, message: str = "", code: str = "") -> Row:
    """Return a confirmMessage, with one complaint beside something that is none."""
    told = {"codeValue": code, "title": "Time entry", "messageTxt": message}
    info = {"messageTypeCode": {"codeValue": "info"}, "userMessage": {"messageTxt": "1"}}
    complaint = {"messageTypeCode": {"codeValue": "error"}, "userMessage": told}
    resource = {"resourceStatusCode": {"codeValue": status}, "processMessages": [complaint] if message else []}
    return {
        "confirmMessage": {
            "requestStatusCode": {"codeValue": status},
            "processMessages": [info],
            "resourceMessages": [resource],
        }
    }


def worker(number: int) -> Row:
    """Return a worker as the company holds them, with more than anybody else needs."""
    return {
        "workerID": {"idValue": f"E{number:04d}"},
        "person": {
            "legalName": {
                "givenName": "Robin",
                "familyName1": f"Vale {number}",
                "formattedName": f"Vale {number}, Robin",
            },
            "birthDate": "1991-06-28",
            "governmentIDs": [{"idValue": "900-00-1234"}],
        },
        "businessCommunication": {"emails": [{"emailUri": f"robin{number}@brightforge.example"}]},
        "workerDates": {"originalHireDate": "2024-02-29"},
        "workerStatus": {"statusCode": {"codeValue": "Active"}},
        "workAssignments": [
            {"itemID": f"{number}99", "primaryIndicator": False, "jobTitle": "Trainer"},
            {
                "itemID": f"{number}00",
                "primaryIndicator": True,
                "jobTitle": "Consultant",
                "baseRemuneration": {"annualRateAmount": {"amountValue": 78000}},
                "homeOrganizationalUnits": [
                    {"typeCode": {"codeValue": "Branch"}, "nameCode": {"codeValue": "NY"}},
                    {
                        "typeCode": {"codeValue": "Department"},
                        "nameCode": {"codeValue": "CO", "shortName": "Consulting"},
                    },
                ],
            },
        ],
    }


def day_of(number: int) -> str:
    """Return an open day for each number."""
    return (date(2026, 10, 1) + timedelta(days=number % 30)).isoformat()


def key_of(row: Row) -> str:
    """Return what the connector calls an entry."""
    return f"{row['of']}:{row['workAssignmentID']}:{row['first']}:{row['entryID']}"


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in {"of", "first"}}
