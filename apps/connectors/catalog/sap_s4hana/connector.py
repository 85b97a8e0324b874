"""SAP S/4HANA Cloud over OData v2: business partners keep the day and the hour of a change in two fields."""

import re
from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import OutsideRecord
from apps.connectors.instants import UnreadableInstantError, read_instant
from apps.connectors.manifest import InstantForm, ObjectManifest
from apps.connectors.protocols.odata_v2 import ODataV2Calls, ODataV2Connector

CHANGED_AT = "changedAt"
_TIME = re.compile(r"PT(\d{1,2})H(\d{1,2})M(\d{1,2})S")


class SapCalls(ODataV2Calls):
    """What reading, finding and writing of this connector share."""

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a record with the instant of its last change, where it keeps that in parts."""
        plain = super().shaped(spec, record)
        moment = changed_at(plain)
        return {**plain, CHANGED_AT: moment} if moment else plain


class SapConnector(ODataV2Connector):
    """One open connection to one S/4HANA Cloud."""

    calls_class = SapCalls


def changed_at(record: Mapping[str, Any]) -> str:
    """Return when a record was changed last, or made when it never was: 2026-11-21T11:05:09Z; "" when it does not say."""
    for day, hour in (("LastChangeDate", "LastChangeTime"), ("CreationDate", "CreationTime")):
        try:
            moment = read_instant(str(record.get(day) or ""), InstantForm.DOTNET)
        except UnreadableInstantError:
            continue
        time = _TIME.fullmatch(str(record.get(hour) or ""))
        hours, minutes, seconds = (int(part) for part in time.groups()) if time else (0, 0, 0)
        return f"{moment:%Y-%m-%d}T{hours:02d}:{minutes:02d}:{seconds:02d}Z"
    return ""


CONNECTOR = SapConnector
