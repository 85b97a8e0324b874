"""Envelopes as DocuSign writes them, and as the manifest names their fields."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.catalog.docusign.manifest import REFERENCE

CHANGEABLE = ("emailSubject", "emailBlurb")
DEFAULT_ROLE = "Signer"


def with_short_names(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """Return an envelope with our number as `reference` and whoever signs first as `signer`."""
    fields = at_path(envelope, "customFields.textCustomFields") or []
    signers = sorted(at_path(envelope, "recipients.signers") or [], key=_place)
    first = signers[0] if signers else {}
    reference = next((field.get("value") for field in fields if field.get("name") == REFERENCE), None)
    return {**envelope, "reference": reference, "signer": {name: first.get(name) for name in ("name", "email")}}


def new_envelope(values: Mapping[str, Any], role: str) -> dict[str, Any]:
    """Return the body that makes an envelope of a template, for one who signs in `role`."""
    signer = {"name": values.get("signer.name"), "email": values.get("signer.email"), "roleName": role or DEFAULT_ROLE}
    own = {"name": REFERENCE, "value": values.get("reference"), "required": "false", "show": "false"}
    plain = {name: value for name, value in values.items() if name != "reference" and not name.startswith("signer.")}
    return {**plain, "templateRoles": [signer], "customFields": {"textCustomFields": [own]}}


def changes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a record can still be changed once its envelope is there."""
    return {name: values[name] for name in CHANGEABLE if name in values}


def _place(signer: Mapping[str, Any]) -> int:
    order = str(signer.get("routingOrder") or "")
    return int(order) if order.isdecimal() else 0
