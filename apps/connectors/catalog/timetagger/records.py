"""What a TimeTagger record says: the day, the length, the tags of its text, and whether it counts at all."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from apps.connectors.contract import OutsideRecord

# As the app itself finds them: letters, digits, dash, underscore, slash, and everything beyond ASCII.
_TAG = re.compile(r"#([A-Za-z0-9_/\-\u0080-\U0010ffff]+)")
_HIDDEN = "HIDDEN"


def counted(rows: Iterable[OutsideRecord], person: str, zone: ZoneInfo) -> list[OutsideRecord]:
    """Return the records that are time worked, completed, in the order in which they were stored.

    Deleted records and running ones are left out: a running one is met again when it is stopped, for it is stored then.
    """
    kept = (row for row in rows if not is_deleted(row) and not _runs(row))
    return sorted((completed(row, person, zone) for row in kept), key=place_of)


def is_deleted(row: OutsideRecord) -> bool:
    """Return whether somebody deleted the record in the app."""
    return str(row.get("ds") or "").startswith(_HIDDEN)


def completed(row: OutsideRecord, person: str, zone: ZoneInfo) -> OutsideRecord:
    """Return the record with person, day, length, tags and time of storing written in."""
    text = str(row.get("ds") or "")
    tags = [tag.lower() for tag in _TAG.findall(text)]
    start, end = row.get("t1"), row.get("t2")
    return {
        **row,
        "person": person,
        "project": tags[0] if tags else None,
        "service": tags[1] if len(tags) > 1 else None,
        "note": " ".join(_TAG.sub(" ", text).split()),
        "day": _day(start, zone),
        "seconds": end - start if isinstance(start, int) and isinstance(end, int) else None,
        "stored_at": _instant(row.get("st")),
    }


def place_of(row: OutsideRecord) -> tuple[str, str]:
    """Return where a completed record stands in the order of storing."""
    return str(row["stored_at"]), str(row.get("key", ""))


def _runs(row: OutsideRecord) -> bool:
    return row.get("t1") == row.get("t2")


def _day(start: object, zone: ZoneInfo) -> str | None:
    try:
        return datetime.fromtimestamp(start, zone).date().isoformat() if isinstance(start, int) else None
    except (OverflowError, ValueError, OSError):
        return None


def _instant(stamp: object) -> str:
    """Return the server's time of storing (seconds with a fraction) as an instant of which texts sort like times."""
    moment = datetime.fromtimestamp(float(stamp) if isinstance(stamp, int | float) else 0.0, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
