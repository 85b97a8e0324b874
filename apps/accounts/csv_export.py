"""Tables as CSV files that are safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)?$")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula; plain numbers stay numbers."""
    text = "" if value is None else str(value)
    bare = text.lstrip("\"' ")
    if bare.startswith(_DANGEROUS) and not _NUMBER.match(text):
        return "'" + text
    return text


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Answer a CSV file (RFC 4180, UTF-8 with a mark so that spreadsheets read it right)."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([safe_cell(cell) for cell in header])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
