"""A small Redmine 5.0.4 on loopback: the answers of the real one, as `make real` saw them, kept in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "a" * 40
STAMP = "2026-11-21T04:00:50Z"


def _people() -> list[dict[str, Any]]:
    return [
        {"id": 6, "login": "bruno", "firstname": "Bruno", "lastname": "Keller", "mail": "b@x.example",
         "custom_fields": [{"id": 2, "name": "Employee number", "value": "HR-002"}]},
        {"id": 7, "login": "eve", "firstname": "Eve", "lastname": "Gone", "mail": "e@x.example", "custom_fields": []},
    ]  # fmt: skip


def _projects() -> list[dict[str, Any]]:
    return [
        {"id": 1, "identifier": "nw-101", "name": "Nordwind", "status": 1},
        {"id": 2, "identifier": "al-204", "name": "Alpen", "status": 5},
    ]


def _issues() -> list[dict[str, Any]]:
    return [{"id": 4, "subject": "Build", "project": {"id": 1, "name": "Nordwind"}}]


@dataclass
class RedmineStandIn:
    """Records by list name. Filters it does not know are ignored, as the real one does."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=_people)
    projects: list[dict[str, Any]] = field(default_factory=_projects)
    issues: list[dict[str, Any]] = field(default_factory=_issues)
    lists_people: bool = True
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    project: int = 1

    def book(self, number: int, spent_on: str, hours: float = 2.5, approval: str | None = "approved") -> None:
        self.entries.append(
            {
                "id": number,
                "project": {"id": self.project, "name": "Nordwind"},
                "issue": {"id": 4},
                "user": {"id": 6, "name": "Bruno Keller"},
                "activity": {"id": 9, "name": "Development"},
                "hours": hours,
                "comments": "Workshop",
                "spent_on": spent_on,
                "created_on": STAMP,
                "updated_on": STAMP,
                "custom_fields": [{"id": 1, "name": "Approval", "value": approval}],
            }
        )

    def plan(self, number: int, subject: str, updated_on: str = STAMP) -> None:
        """Open an issue."""
        self.issues.append(
            {"id": number, "subject": subject, "project": {"id": 1, "name": "Nordwind"}, "updated_on": updated_on}
        )

    def records(self, kind: str) -> list[dict[str, Any]]:
        return {
            "time_entries": self.entries, "users": self.people, "projects": self.projects, "issues": self.issues,
        }[kind]  # fmt: skip

    async def answer(self, request: web.Request) -> web.Response:
        path, query = request.match_info["rest"], dict(request.query)
        self.asked.append((path, query))
        if request.headers.get("X-Redmine-API-Key") != KEY:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Redmine API"'})
        if path == "users/current.json":
            return web.json_response({"user": {"id": 1, "api_key": KEY}})
        if path == "custom_fields.json":
            fields = [("time_entry", "Approval"), ("user", "Employee number")]
            return web.json_response({"custom_fields": [{"customized_type": t, "name": n} for t, n in fields]})
        kind, _, number = path.removesuffix(".json").partition("/")
        if kind == "users" and not self.lists_people:
            return web.Response(status=403)
        return self._one(kind, number) if number else self._list(kind, query)

    def _one(self, kind: str, number: str) -> web.Response:
        row = next((row for row in self.records(kind) if str(row["id"]) == number), None)
        if row is None:
            return web.Response(status=404)
        extra = {"api_key": "personal-secret-key"} if kind == "users" else {}
        return web.json_response(
            {{"time_entries": "time_entry"}.get(kind, kind[:-1]): {**row, **extra, "only_here": 1}}
        )

    def _list(self, kind: str, query: dict[str, str]) -> web.Response:
        rows = [row for row in self.records(kind) if _wanted(row, query)]
        for column in reversed(query.get("sort", "").split(",")):
            rows.sort(key=lambda row: row["id"] if column == "id" else str(row.get(column, "")))
        start, size = int(query.get("offset", 0)), int(query.get("limit", 25))
        found = {kind: rows[start : start + size], "total_count": len(rows), "offset": start, "limit": size}
        return web.json_response(found)


def _wanted(row: dict[str, Any], query: dict[str, str]) -> bool:
    numbers = query.get("issue_id")
    if numbers is not None and str(row["id"]) not in numbers.split(","):
        return False
    return row.get("spent_on", "9") >= query.get("from", "") and row.get("updated_on", "9") >= query.get(
        "updated_on", ""
    ).removeprefix(">=")


@asynccontextmanager
async def serve(stand_in: RedmineStandIn) -> AsyncIterator[int]:
    """Serve the stand-in on a free loopback port."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", stand_in.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
