"""Asks a partner's language model for a second opinion, by the protocol that most of them speak; off unless switched on.

Through the one door to the network, masked by the partner's policy, within the day's budget. Whatever goes wrong, the
rules' proposal stands and the log of calls says why.
"""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.connectors.auth import Signer
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import RemoteError
from apps.connectors.http import Door
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import NoBudget
from apps.connectors.vault import kept_value
from apps.monitoring.models import ExceptionCase, TriageCall, TriageModel
from apps.monitoring.queries.ledger_rows import start_of
from apps.monitoring.triage.advice import Advice
from apps.monitoring.triage.asking import NonsenseError, Question, body_of, read_answer
from apps.monitoring.triage.masking import Mask, Masker
from apps.monitoring.triage.nearest import nearest
from apps.monitoring.triage.proposing import Second
from apps.monitoring.triage.reading import Sheet

KEPT = timedelta(days=30)  # what was sent, for people to see
MOST_BYTES = 500_000
PATH = "chat/completions"
RECORDS_LOOKED_AT = 50  # whose names and numbers are known beforehand
_REFUSED_FROM = 400


@dataclass(frozen=True, slots=True)
class ModelTerms:
    """A model as it is to be asked: read once, so that nothing is read from the database while it is called."""

    address: str
    name: str
    key: str
    classes: frozenset[str]
    masks: frozenset[Mask]
    seconds: int
    left_today: int


@dataclass(frozen=True, slots=True)
class Called:
    """What came of one call: an answer, or the problem."""

    answer: object
    milliseconds: int
    problem: str = ""


def second_opinion(now: datetime) -> Second | None:
    """Return who is asked for a second opinion, None where no model is on, its key cannot be read, or the day's budget is used up."""
    with transaction.atomic():
        terms = read_terms(now)
    return _Asker(terms, now).ask if terms is not None else None


def drop_old_calls(now: datetime) -> None:
    """Forget what was sent longer ago than KEPT."""
    with transaction.atomic():
        TriageCall.objects.filter(asked_at__lt=now - KEPT).delete()


def read_terms(now: datetime) -> ModelTerms | None:
    """Return how the model is asked, None where it is not to be."""
    row = TriageModel.objects.filter(is_on=True).select_related("key").first()
    if row is None:
        return None
    left = row.most_a_day - TriageCall.objects.filter(asked_at__gte=start_of(now.date())).count()
    try:
        key = kept_value(row.key) if row.key else ""
    except UnsealError:
        return None
    masks = frozenset(Mask(mask) for mask in row.masks)
    terms = ModelTerms(row.address, row.name, key, frozenset(row.classes), masks, row.seconds, left)
    return terms if left > 0 else None


class _Asker:
    def __init__(self, terms: ModelTerms, now: datetime) -> None:
        self._terms, self._now, self._left = terms, now, terms.left_today

    def ask(self, sheet: Sheet, advice: Advice | None) -> Advice | None:
        """Return the model's proposal for a case, else the one there is."""
        if sheet.case.error_class not in self._terms.classes or self._left <= 0:
            return advice
        self._left -= 1
        question, masker = self._question(sheet)
        body = body_of(question, masker, self._terms.name)
        called = call(self._terms, body)
        better, problem, outcome = advice, called.problem, TriageCall.Outcome.FAILED
        if not problem:
            try:
                better = read_answer(called.answer, question, masker, model=self._terms.name, now=self._now)
                outcome = TriageCall.Outcome.USED
            except NonsenseError as error:
                problem, outcome = str(error), TriageCall.Outcome.NONSENSE
        self._log(sheet.case, body, called, outcome, problem)
        return better

    def _question(self, sheet: Sheet) -> tuple[Question, Masker]:
        with transaction.atomic():
            question = question_of(sheet)
        return question, Masker(self._terms.masks, question.known)

    def _log(self, case: ExceptionCase, body: object, called: Called, outcome: str, problem: str) -> None:
        with transaction.atomic():
            TriageCall.objects.create(
                case=case,
                customer_id=case.customer_id,
                asked_at=self._now,
                milliseconds=called.milliseconds,
                outcome=outcome,
                problem=problem[:300],
                sent=json.dumps(body, ensure_ascii=False),
            )


def question_of(sheet: Sheet) -> Question:
    """Return what is asked about a case, with the names and numbers that its records are known to hold."""
    case = sheet.case
    past = tuple((one.past.deed.value, one.past.held) for one in nearest(sheet.traits, sheet.past))
    return Question(
        facts=sheet.facts,
        traits=sheet.traits,
        message=case.explanation,
        records=case.operation_count,
        amount=f"{case.amount} {case.currency}" if case.amount is not None else "",
        past=past,
        known=_known(case),
    )


def _known(case: ExceptionCase) -> dict[Mask, tuple[str, ...]]:
    rows = case.case_operations.order_by("-id")[:RECORDS_LOOKED_AT].values_list(
        "operation__label",
        "operation__client_ref",
        "operation__project_ref",
        "operation__business_key",
        "operation__source_key",
        "operation__target_key",
    )
    names, ids = {case.customer.name}, set()
    for label, client, project, *keys in rows:
        names |= {label, client, project}
        ids |= set(keys)
    return {Mask.NAMES: tuple(names - {"", None}), Mask.IDS: tuple(ids - {"", None})}


def call(terms: ModelTerms, body: object) -> Called:
    """Ask the model; no transaction is open meanwhile. What goes wrong is told, never raised."""
    started = time.monotonic()
    answer: object = None
    try:
        answer, problem = asyncio.run(_post(terms, body))
    except RemoteError as error:
        problem = error.message
    except (ValueError, TimeoutError) as error:
        problem = f"It could not be read: {type(error).__name__}."
    return Called(answer, round((time.monotonic() - started) * 1000), problem)


async def _post(terms: ModelTerms, body: object) -> tuple[object, str]:
    headers = {"Authorization": f"Bearer {terms.key}"} if terms.key else {}
    door = Door(
        base_url=terms.address,
        auth=Signer(headers=headers, secrets=(terms.key,) if terms.key else ()),
        limits=Limits(at_once=1),
        allow=settings.EGRESS_ALLOW,
        budget=NoBudget(),
        timeout=terms.seconds,
        max_bytes=MOST_BYTES,
    )
    async with door:
        answer = await door.request("POST", PATH, body=body, writes=False)
    if answer.status >= _REFUSED_FROM:
        return None, f"It answered with status {answer.status}."
    return answer.json(), ""
