"""Gusto over its REST interface: what the manifest cannot say - a person's job and end, and what must not be kept of a person."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import OutsideRecord
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest import RestConnector

_KEPT = ("uuid", "version", "first_name", "last_name", "work_email", "department", "terminated")


class GustoCalls(Calls):
    """People keep what the manifest names, and nothing of their pay."""

    def shaped(self, spec: ObjectManifest, record: OutsideRecord) -> OutsideRecord:
        """Return a person with name, job title and the days of coming and going."""
        jobs, ends = _listed(record.get("jobs")), _listed(record.get("terminations"))
        job = next((job for job in jobs if job.get("primary")), next(iter(jobs), {}))
        days = sorted(str(end["effective_date"]) for end in ends if end.get("effective_date"))
        names = (record.get("first_name"), record.get("last_name"))
        return {
            **{name: record.get(name) for name in _KEPT},
            "name": " ".join(str(name).strip() for name in names if name).strip() or None,
            "title": job.get("title"),
            "hired": job.get("hire_date"),
            "left": days[-1] if days and record.get("terminated") else None,
        }


class GustoConnector(RestConnector):
    """One open connection to one company, for reading."""

    calls_class = GustoCalls


def _listed(parts: Any) -> list[Mapping[str, Any]]:
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


CONNECTOR = GustoConnector
