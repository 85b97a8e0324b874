"""A system that takes every record first and tells later what became of it: a front of the sandbox ERP, served over HTTP."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import orjson
from aiohttp import web
from django.conf import settings
from django.utils import timezone

from apps.connectors import registry
from apps.connectors.manifest import Idempotency, LateAnswer, SystemManifest
from apps.connectors.models import Connection
from apps.connectors.sheet_terms import Acknowledgement
from apps.dispatch.models import DueWork
from apps.flows.engine.definition import parse_definition
from apps.flows.models import OpenReceipt, Operation, OperationStep
from apps.flows.templates_library import registry as templates
from apps.tenants import scope
from tests.conformance.front import Forward, Front, Heard, fronted
from tests.lines import Line

LATE = LateAnswer(key_path="result.id", problem_path="result", ask_seconds=30)
_OPERATION = re.compile(r".*/operations/(\d+)\Z")


@dataclass
class SlowSystem:
    """What was taken, by number. Nothing is worked on before `works`; `questions` counts those that were asked."""

    url: str = ""
    works: bool = False
    forgets: bool = False  # its operations are unknown to it
    broken: int = 0  # the status that questions are answered with instead
    taken: list[Forward] = field(default_factory=list)
    results: dict[int, Heard] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)  # of the operation, by idempotency key
    questions: int = 0
    deliveries: int = 0

    async def answer(self, front: Front, request: web.Request, forward: Forward) -> web.StreamResponse:
        """Take what is written, answer questions, and pass everything else on."""
        question = _OPERATION.match(request.path)
        if question:
            self.questions += 1
            return await self._told(int(question[1]))
        if request.method == "GET":
            return (await forward()).response()
        self.deliveries += 1
        number = self.numbers.setdefault(request.headers.get("Idempotency-Key", ""), len(self.taken))
        if number == len(self.taken):
            self.taken.append(forward)
        return web.Response(status=202, headers={"Location": f"/operations/{number}"})

    async def _told(self, number: int) -> web.Response:
        if self.broken:
            return web.Response(status=self.broken)
        if self.forgets:
            return web.json_response({"message": "There is no such operation."}, status=404)
        if self.works and number not in self.results:
            self.results[number] = await self.taken[number]()
            if self.results[number].status >= 400:  # what was refused may be sent again
                self.numbers = {key: taken for key, taken in self.numbers.items() if taken != number}
        heard = self.results.get(number)
        if heard is None:
            return web.json_response({"status": "running"})
        word = "succeeded" if heard.status < 400 else "failed"
        return web.json_response({"status": word, "result": orjson.loads(heard.body)})


def _slow(manifest: SystemManifest, idempotency: Idempotency | None) -> SystemManifest:
    """Return the manifest of the same system, if it took every record first."""
    objects = []
    for spec in manifest.objects:
        if spec.writing is None:
            objects.append(spec)
            continue
        changes: dict[str, Any] = {"batch_path": "", "batch_size": 1, "idempotency": Idempotency.KEY_HEADER}
        if idempotency is not None:
            changes["idempotency"] = idempotency
        late = {"acknowledgement": Acknowledgement.OPERATION, "late_answer": LATE}
        objects.append(replace(spec, writing=replace(spec.writing, **changes, **late)))
    return replace(manifest, objects=tuple(objects))


@contextmanager
def slowed(line: Line, *, idempotency: Idempotency | None = None) -> Iterator[SlowSystem]:
    """Put a slow system in the place of a line's ERP."""
    known, slow = registry.manifest, SlowSystem()
    changed = {"sandbox_erp": _slow(known("sandbox_erp"), idempotency)}
    allowed = settings.EGRESS_ALLOW
    with (
        patch.object(registry, "manifest", lambda slug: changed.get(slug) or known(slug)),
        _served(slow, line.target.base_url),
    ):
        settings.EGRESS_ALLOW = (*allowed, slow.url.partition("://")[2].partition("/")[0])
        with scope.work_in(line.partner):
            Connection.objects.filter(id=line.target.id).update(base_url=slow.url)
        try:
            yield slow
        finally:
            settings.EGRESS_ALLOW = allowed


@contextmanager
def walking(make_line: Callable[..., Line], *steps: dict[str, Any], **wishes: Any) -> Iterator[Line]:
    """Make a line whose records walk these steps after they were read and checked."""
    known = templates.TEMPLATES["approved-time-to-bill"]
    kinds = [{"kind": "extract"}, {"kind": "check"}, *steps]
    stored = {"canonical_type": "TimeEntry", "steps": kinds, "filter": {"conditions": ["approved", "billable"]}}
    with patch.object(templates, "TEMPLATES", dict(templates.TEMPLATES)) as changed:
        changed["approved-time-to-bill"] = replace(known, definition=parse_definition(stored), lines=(), shaped_by=None)
        yield make_line(**wishes)


@contextmanager
def _served(slow: SlowSystem, behind: str) -> Iterator[None]:
    started, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with fronted(behind) as front:
            front.trouble = slow.answer
            slow.url = front.url
            started.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def let_time_pass(line: Line, *, hours: int = 0) -> None:
    """Make everything due that waits for a time, and let leases run out; `hours` more have gone by for receipts."""
    now = timezone.now()
    with scope.work_in(line.partner):
        OpenReceipt.objects.update(due_at=now)
        for receipt in OpenReceipt.objects.all():
            OpenReceipt.objects.filter(id=receipt.id).update(
                taken_at=receipt.taken_at - timezone.timedelta(hours=hours)
            )
        Operation.objects.filter(state="waiting", due_at__isnull=False).update(due_at=now)
        OperationStep.objects.filter(state="waiting", due_at__isnull=False).update(due_at=now)
    with scope.public():
        DueWork.objects.update(due_at=now)
        DueWork.objects.filter(state="leased").update(lease_until=now - timezone.timedelta(seconds=1))
