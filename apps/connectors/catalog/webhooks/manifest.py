"""Records that come by webhook, whole: for systems that can tell others what happened, and be asked nothing.

Events are as https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md recommends them:
a type, the time at which it happened, and the data. Nothing here is one vendor's.
"""

import re

from apps.connectors.auth_spec import AuthSpec
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalType
from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    InstantForm,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    Reading,
    SystemManifest,
)
from apps.connectors.sheet_terms import DayForm, Formats, MoneyForm, TimeForm
from apps.connectors.webhook_spec import EventShape, StrayEvent, WebhookSpec

_BEFORE_A_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def _object(canonical: CanonicalType) -> ObjectManifest:
    """Return a kind of record whose data are called as the canonical fields; each record is the whole event."""
    return ObjectManifest(
        name=_BEFORE_A_CAPITAL.sub("_", canonical.name).lower(),
        label=canonical.label,
        canonical_type=canonical.name,
        key_field="data.id",
        version_field="timestamp",
        version_form=InstantForm.ISO_MILLIS,
        fields=(
            FieldSpec("type", label="Type of the event"),
            FieldSpec("timestamp", label="When it happened"),
            *(
                FieldSpec(f"data.{field.name}", field.kind, field.label, required=field.name == "id")
                for field in canonical.fields
            ),
        ),
        reading=Reading(path="", change_read=ChangeRead.ANNOUNCED),
        reading_lines=tuple(
            MappingLine(field.name, f"data.{field.name}", label=field.label) for field in canonical.fields
        ),
    )


MANIFEST = SystemManifest(
    slug="webhooks",
    name="Records by webhook",
    category="Webhooks",
    summary="For systems that send events: each brings its record, signed as Standard Webhooks say. Nothing is asked for.",
    proof=ProofLabel.PUBLISHED_CONTRACT,
    documentation="docs/connect/webhooks.md",
    auth=AuthSpec(),
    objects=tuple(_object(canonical) for canonical in CANONICAL_TYPES.values()),
    webhook=WebhookSpec(
        scheme="standard",
        shapes=(
            EventShape(
                object_path="type", object_pattern=r"^([a-z_]+)\.(?:created|updated|approved)$", key_path="data.id"
            ),
        ),
        stray=StrayEvent.REFUSE,
    ),
    deletes="absent",
    formats=Formats(money=MoneyForm.TEXT, hours=TimeForm.HOURS, days=DayForm.ISO),
)
