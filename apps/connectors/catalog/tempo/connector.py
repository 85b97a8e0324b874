"""Tempo over its REST API: the account a worklog is charged to stands among its work attributes."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.catalog.tempo.manifest import ACCOUNT_ATTRIBUTE, WORKLOGS
from apps.connectors.contract import OutsideRecord
from apps.connectors.http import Door
from apps.connectors.manifest import ObjectManifest, SystemManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector


class TempoCalls(Calls):
    """Calls whose worklogs say what they are charged to; `attribute` is the key of that work attribute."""

    def __init__(self, manifest: SystemManifest, door: Door, settings: Mapping[str, Any]) -> None:
        super().__init__(manifest, door, settings)
        self.attribute = str(settings.get("account_attribute") or "").strip() or ACCOUNT_ATTRIBUTE

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a worklog with the key of its account, None where it is charged to none."""
        if spec.name != WORKLOGS.name:
            return record
        values = at_path(record, "attributes.values")
        attributes = [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
        account = next((value.get("value") for value in attributes if value.get("key") == self.attribute), None)
        return {**record, "account": account}


class TempoConnector(RestConnector):
    """One open connection to one Tempo, for reading."""

    calls_class = TempoCalls


CONNECTOR = TempoConnector
