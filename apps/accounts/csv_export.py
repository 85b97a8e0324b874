"""Tables as CSV files that are safe to open in a spreadsheet."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from itertools import islice

from django.http import FileResponse, HttpResponse

_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)?$")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_CHUNK = 1_000


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula; plain numbers stay numbers."""
    text = "" if value is None else str(value)
    if text[:1].isalnum():
        return text
    bare = text.lstrip("\"' ")
    if bare.startswith(_DANGEROUS) and not _NUMBER.match(text):
        return "'" + text
    return text


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Answer a CSV file (RFC 4180, UTF-8 with a mark so that spreadsheets read it right)."""
    content = "\ufeff" + _written([header]) + _written(rows)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def csv_file(
    filename: str, header: Sequence[str], rows: Iterable[Sequence[object]], *, most: int, note: str
) -> FileResponse:
    """Answer a CSV file of any length in little memory: at most `most` rows, then a line that says `note`.

    Written to its end here: what answers later is outside the partner's scope and may not read rows.
    """
    spool = tempfile.SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115  # the response closes it
    spool.write(("\ufeff" + _written([header])).encode())
    found, left = iter(rows), most
    while chunk := list(islice(found, min(_CHUNK, left))):
        spool.write(_written(chunk).encode())
        left -= len(chunk)
    if next(found, None) is not None:
        spool.write(_written([[note]]).encode())
    spool.seek(0)
    return FileResponse(spool, as_attachment=True, filename=filename, content_type="text/csv; charset=utf-8")


def _written(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as lines of a file. Many at once: a write of its own for each line costs more than the line.

    Nearly all cells are texts that begin with a letter or a digit: no call is spent on these.
    """
    out = io.StringIO()
    safe = ([cell if type(cell) is str and cell[:1].isalnum() else safe_cell(cell) for cell in row] for row in rows)
    csv.writer(out, quoting=csv.QUOTE_MINIMAL).writerows(safe)
    return out.getvalue()
