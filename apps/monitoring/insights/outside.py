"""Asks a customer's own systems for what no flow carries: projects, milestones, people, who is planned. Reads, never writes.

Only systems between which the customer's flows run are asked, a few pages at most, and outside any transaction.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.connectors import registry
from apps.connectors.breaker_rule import BreakerState
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.contract import Connector
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import RemoteError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.models import CircuitBreaker, Connection
from apps.connectors.opening import open_connector
from apps.flows.engine.flow import compile_reading
from apps.flows.engine.identity import business_key
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Flow, FlowRole
from apps.monitoring.insights.coverage import AWAY, LATE, SEALED
from apps.monitoring.insights.reading import read_fields
from apps.monitoring.lineage.systems import outside_address

MOST_RECORDS = 2_000
SECONDS = 20.0  # for each type that a system is asked for
# What is asked of each type: of several systems the one that says most of it is asked.
_WANTED: Mapping[str, frozenset[str]] = {
    "Project": frozenset({"budget_hours", "budget_money", "starts", "ends", "state", "actual_hours"}),
    "BillingMilestone": frozenset({"due_on", "state", "amount", "project"}),
    "Resource": frozenset({"skills", "capacity_hours_week", "job_title", "active"}),
    "Assignment": frozenset({"resource", "role", "starts", "ends", "hours_per_day", "status"}),
}


@dataclass(frozen=True, slots=True)
class OutsideRecord:
    """One record as a system holds it now. `url` is where people see it there, "" where that is not known."""

    key: str
    label: str
    values: Mapping[str, Any]
    url: str = ""


@dataclass(slots=True)
class Outside:
    """What a system answered about one type. `problem` says why nothing came, "" when it answered."""

    system: str
    rows: list[OutsideRecord] = field(default_factory=list)
    fields: frozenset[str] = frozenset()
    cut: bool = False
    problem: str = ""


@dataclass(slots=True)
class Question:
    """One type that is to be read from one system."""

    canonical_type: str
    connection: Connection
    kind: ObjectManifest
    extract: ExtractStep
    answer: Outside


def prepare(customer_id: UUID, types: Iterable[str]) -> list[Question]:
    """Return which system is to be asked for each of these types; a type that none of them lists is left out.

    Of several systems the one is asked that says most of what is needed; of equals the one whose value usually counts. Call it
    inside the scope and a transaction.
    """
    flows = Flow.objects.filter(customer_id=customer_id, live_version__isnull=False).exclude(state=Flow.State.RETIRED)
    roles = FlowRole.objects.filter(flow__in=flows).values("connection_id")
    used = Q(id__in=flows.values("source_id")) | Q(id__in=flows.values("target_id")) | Q(id__in=roles)
    # Those that are switched off or away as well: another system would know the same records by other names.
    connections = Connection.objects.filter(used, customer_id=customer_id, removed_at__isnull=True)
    rows = list(connections.distinct().order_by("id"))
    questions = (_question(name, rows) for name in types)
    return [question for question in questions if question is not None]


def _question(canonical_type: str, connections: Iterable[Connection]) -> Question | None:
    described = CANONICAL_TYPES[canonical_type]
    found = []
    for connection in connections:
        if not registry.is_listed(connection.system):
            continue
        manifest = registry.manifest(connection.system)
        kind = manifest.object_for(canonical_type)
        if kind is not None and kind.reading_lines and kind.reading is not None and kind.reading.is_list:
            said = len(_WANTED[canonical_type] & {line.target for line in kind.reading_lines})
            found.append(((-said, manifest.category != described.owner.value), connection, kind))
    for _rank, connection, kind in sorted(found, key=lambda one: one[0]):
        try:
            extract = ExtractStep(described, compile_reading(described, kind))
        except MappingError:
            continue
        answer = Outside(connection.name, fields=read_fields(extract))
        return Question(canonical_type, connection, kind, extract, answer)
    return None


def ask(questions: Iterable[Question], opened: Mapping[UUID, Connector | str]) -> dict[str, Outside]:
    """Ask them; returns what each type's system answered. Outside any transaction."""
    questions = list(questions)
    by_system: dict[UUID, list[Question]] = {}
    for question in questions:
        by_system.setdefault(question.connection.id, []).append(question)
    for connection_id, asked in by_system.items():
        connector = opened[connection_id]
        if isinstance(connector, str):
            for question in asked:
                question.answer.problem = connector
        else:
            asyncio.run(_ask_all(connector, asked))
    return {question.canonical_type: question.answer for question in questions}


def open_all(questions: Iterable[Question]) -> dict[UUID, Connector | str]:
    """Open the systems that are asked, or say why one cannot be opened. Inside the scope and a transaction."""
    away = set(CircuitBreaker.objects.filter(state=BreakerState.OPEN).values_list("connection_id", flat=True))
    opened: dict[UUID, Connector | str] = dict.fromkeys(away, AWAY)
    for question in questions:
        connection = question.connection
        if connection.id in opened:
            continue
        try:
            opened[connection.id] = open_connector(connection, correlation_id=f"insights-{connection.id}")
        except RemoteError as error:
            opened[connection.id] = error.message
        except UnsealError:
            opened[connection.id] = SEALED
    return opened


async def _ask_all(connector: Connector, questions: Iterable[Question]) -> None:
    async with connector:
        for question in questions:
            try:
                async with asyncio.timeout(SECONDS):
                    await _ask_one(connector, question)
            except RemoteError as error:
                question.answer.problem = error.message
            except TimeoutError:
                answer = question.answer
                answer.cut = bool(answer.rows)
                answer.problem = "" if answer.rows else LATE


async def _ask_one(connector: Connector, question: Question) -> None:
    answer, connection, described = question.answer, question.connection, question.extract.described
    async for page in connector.read(question.kind.name, None):
        for record in page.records:
            canonical, _problems = question.extract.plan(record)
            key = business_key(question.canonical_type, connection.system, record.key)
            label = described.describe(canonical)[:300]
            url = outside_address(connection, question.canonical_type, record.key)
            answer.rows.append(OutsideRecord(key, label, canonical, url))
        if len(answer.rows) >= MOST_RECORDS:
            answer.cut = not page.last
            return
