"""What is written into tasks and time entries of Xero Projects: a key that names the project too, and the day of the work."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.connectors.contract import OutsideRecord
from apps.connectors.errors import BusinessClass, MisconfiguredError

KEY, DAY, ZONE = "key", "day", "time_zone"
_PARTS = re.compile(r"([0-9a-fA-F-]{36}):([0-9a-fA-F-]{36})")
_IDS = ("timeEntryId", "taskId")  # a time entry names its task as well


def zone_of(settings: Mapping[str, Any]) -> ZoneInfo:
    """Return the organisation's time zone, UTC when none is given. Raises MisconfiguredError when there is no such zone."""
    name = str(settings.get(ZONE) or "").strip() or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MisconfiguredError(
            f"There is no time zone {name!r}: correct it on the connection's page, as Europe/London.",
            business_class=BusinessClass.CONNECTION,
        ) from None


def completed(record: OutsideRecord, zone: ZoneInfo) -> OutsideRecord:
    """Return a task or time entry with its key and, where it has one, its day in the organisation's zone."""
    own = next((str(record[name]) for name in _IDS if record.get(name)), "")
    made: OutsideRecord = {**record, KEY: f"{record.get('projectId', '')}:{own}"}
    try:
        moment = datetime.fromisoformat(str(record.get("dateUtc") or ""))
    except ValueError:
        return made
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return {**made, DAY: aware.astimezone(zone).date().isoformat()}


def parts_of(key: str) -> tuple[str, str] | None:
    """Return the ids of the project and of what stands under it; None for a key that is none of these."""
    match = _PARTS.fullmatch(key)
    return (match[1], match[2]) if match else None
