"""Reads everything that can be drafted out of a WSDL file."""

from collections.abc import Iterator
from typing import Any

from apps.connectors.private import wsdl
from apps.connectors.private.readings import MOST_LISTS, Evidence, Reading, clean
from apps.connectors.private.wsdl_drafting import draft_list
from apps.connectors.private.wsdl_messages import Spaces, describe
from apps.connectors.private.wsdl_services import CHANGING, ServiceOperation, lists_among, verb_of
from apps.connectors.soap_spec import SoapVersion

is_like = wsdl.is_like
_MOST_PARTS_SEEN = 40_000  # of all messages: somebody waits for the page
_MOST_PARTS = 20_000  # of all lists together: what is kept beside the draft stays small


def read(raw: bytes) -> Reading:
    """Return everything that can be drafted from an uploaded file. Raises DescriptionError."""
    file, spaces = wsdl.open_file(raw), Spaces()
    with wsdl.what_fits_together():
        found = lists_among(_operations(file, spaces))
    rows, parts = list[dict[str, Any]](), 0
    for one in found[:MOST_LISTS]:
        row, size = draft_list(one)
        rows, parts = [*rows, row], parts + size
        if parts > _MOST_PARTS:
            break
    evidence = [Evidence("address", "server", file.address[:400])] if file.address else []
    if file.signs:
        evidence.append(Evidence("auth.scheme", "security", "UsernameToken"))
    version = {} if file.version is SoapVersion.V1_1 else {"version": file.version.value}
    return Reading(
        title=clean(file.title)[:80],
        lists=rows,
        more_lists=len(rows) < len(found),
        kind="wsdl",
        auth={"scheme": file.signs or "none"},
        address=file.address[:400],
        left_out={reason: names[:20] for reason, names in file.left_out.items()},
        parts={"soap": {"operations": {}, "spaces": dict(spaces.named), **version}},
        evidence=evidence,
    )


def _operations(file: wsdl.WsdlFile, spaces: Spaces) -> Iterator[ServiceOperation]:
    """Yield the operations with their messages: those that read first, as far as a file may be followed."""
    parts = 0
    for name, one in sorted(file.operations.items(), key=lambda item: verb_of(item[0]) in CHANGING):
        if parts > _MOST_PARTS_SEEN:
            return
        body = getattr(one.output, "body", None) if one.output is not None else None
        request = describe(one.input.body, spaces, file.facets)
        answer = describe(body, spaces, file.facets) if body is not None else None
        parts += len(request.parts) + (len(answer.parts) if answer is not None else 0)
        yield ServiceOperation(name, str(one.soapaction or "").strip('"'), request, answer)
