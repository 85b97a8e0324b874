"""Reads everything that can be drafted out of an OpenAPI file."""

from apps.connectors.private.drafting import list_row
from apps.connectors.private.openapi import OpenApiFile, open_file
from apps.connectors.private.openapi_objects import list_candidates
from apps.connectors.private.openapi_sign_in import address_of, sign_in_of
from apps.connectors.private.readings import Evidence, Reading, clean


def read(raw: bytes) -> Reading:
    """Return everything that can be drafted from an uploaded file. Raises DescriptionError."""
    return read_file(open_file(raw))


def read_file(file: OpenApiFile) -> Reading:
    """Return everything that can be drafted from a file that was opened."""
    candidates, more = list_candidates(file)
    auth, evidence = sign_in_of(file)
    address = address_of(file)
    found = [evidence] if evidence else []
    if address:
        found.append(Evidence("address", "server", address))
    title = file.node(file.root.get("info")).get("title")
    return Reading(
        title=clean(title)[:80] if isinstance(title, str) else "",
        lists=[list_row(one) for one in candidates],
        more_lists=more,
        auth=auth,
        address=address,
        outside=sorted(file.outside)[:10],
        evidence=found,
    )
