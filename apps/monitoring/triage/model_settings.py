"""What people decide about the language model: where it is, its key, what it is asked about and what it may never see."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.connectors.egress import EgressRefusedError, parse_destination
from apps.connectors.vault import keep_secret
from apps.monitoring.models import ExceptionCase, TriageModel
from apps.monitoring.triage.asking import body_of
from apps.monitoring.triage.masking import Mask, Masker
from apps.monitoring.triage.model import PATH, question_of
from apps.monitoring.triage.reading import Reader, with_traits

_PLAIN = ("is_on", "name", "classes", "masks", "seconds", "most_a_day")


def get_model() -> TriageModel | None:
    """Return the partner's model, None before somebody entered one."""
    return TriageModel.objects.first()


def save_model(values: Mapping[str, Any], *, by: Actor, now: datetime) -> TriageModel:
    """Write down how the model is asked; a key that is "" leaves the one there is.

    Raises:
        ValidationError: its address is none, or may not be called.

    """
    address = usable_address(values["address"])
    with transaction.atomic():
        row = TriageModel.objects.select_for_update(of=("self",)).first() or TriageModel()
        for name in _PLAIN:
            setattr(row, name, values[name])
        moved = bool(row.address) and row.address != address
        row.address, row.changed_at, row.changed_by = address, now, by.shown_name
        if values["key"]:
            row.key = keep_secret(values["key"], row.key)
        elif moved and row.key is not None:
            row.key = None  # a key is for the address it was entered for: nobody gets it sent elsewhere
        row.save()
        audit.record(
            AuditAction.TRIAGE_MODEL_SET,
            subject="language model",
            subject_id=str(row.id),
            details={**{name: values[name] for name in _PLAIN}, "address": address, "new key": bool(values["key"])},
        )
    return row


def usable_address(text: str) -> str:
    """Return the address below which the model answers, as it is kept: "https://models.example.com/v1".

    Raises:
        ValidationError: it is none, or may not be called.

    """
    address = text.strip().rstrip("/").removesuffix(f"/{PATH}").rstrip("/")
    if not address.endswith("/v1"):
        address = f"{address}/v1"
    try:
        parse_destination(address, settings.EGRESS_ALLOW)
    except EgressRefusedError as error:
        raise ValidationError({"address": str(error)}) from error
    return address


def preview(name: str, masks: list[str], now: datetime) -> str:
    """Return what would be sent about the latest open exception, as it would be sent; "" where none is open."""
    open_cases = with_traits(ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED))
    case = open_cases.order_by("-id").first()
    if case is None:
        return ""
    question = question_of(Reader(now).sheet(case))
    body = body_of(question, Masker([Mask(mask) for mask in masks], question.known), name)
    told = json.loads(body["messages"][1]["content"])
    return json.dumps(told, ensure_ascii=False, indent=2)
