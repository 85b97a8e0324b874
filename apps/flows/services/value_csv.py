"""A table of values as a CSV file: read back as it was written, or refused whole with the lines that are wrong."""

import csv
import io
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from apps.accounts.csv_export import safe_cell
from apps.connectors.canonical.values import NULL
from apps.flows.mapping.fitting import LONGEST_NEW_VALUE, LONGEST_OUTSIDE_VALUE, MOST_ROWS

HEADER = ("value", "becomes")
MOST_BYTES = 5_000_000
_MOST_TOLD = 20
_DELIMITERS = (",", ";", "\t")


class ValueFileError(ValueError):
    """A file of values cannot be taken over; `problems` are sentences, each with its line of the file where it has one."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def read_value_file(content: bytes) -> dict[str, str]:
    """Read two columns: the value as it comes, and what it becomes. A first line with the header's words is left out.

    Commas, semicolons and tabs between the columns are understood; a guard against formulas is taken away again.
    Raises ValueFileError with everything that is wrong.
    """
    if len(content) > MOST_BYTES:
        raise ValueFileError([_("The file is larger than 5 MB: a table of values is smaller.")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueFileError([_("The file is no text in UTF-8: save it as “CSV UTF-8”.")]) from None
    rows, problems = _collected(csv_cells(text))
    if not rows and not problems:
        problems = [_("The file holds no rows.")]
    if problems:
        raise ValueFileError(_shortened(problems))
    return rows


def csv_cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the line, its cells) of a CSV text. Raises ValueFileError where it cannot be read."""
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error:
        sentence = _("Line %(line)s: the line cannot be read as CSV: look at its quotes. Nothing was taken over.")
        raise ValueFileError([sentence % {"line": reader.line_num}]) from None


def _collected(cells: Iterator[tuple[int, list[str]]]) -> tuple[dict[str, str], list[str]]:
    rows: dict[str, str] = {}
    places: dict[str, int] = {}
    problems: list[str] = []
    for line, row in cells:
        bare = [unguarded(cell.strip()) for cell in row]
        if not any(bare) or (line == 1 and tuple(cell.casefold() for cell in bare) == HEADER):
            continue
        if reason := _row_problem(bare, places):
            problems.append(_("Line %(line)s: %(reason)s") % {"line": line, "reason": reason})
            continue
        if len(rows) == MOST_ROWS:
            sentence = _("Line %(line)s: a table holds at most %(most)s rows. Use links between records for more.")
            problems.append(sentence % {"line": line, "most": MOST_ROWS})
            break
        rows[bare[0]], places[bare[0]] = bare[1], line
    return rows, problems


def _row_problem(row: list[str], places: Mapping[str, int]) -> str:
    if len(row) != len(HEADER):
        return _("there must be two columns, the value and what it becomes; there are %(number)s.") % {
            "number": len(row)
        }
    old, new = row
    if not old or not new:
        return _("the row is only half filled.")
    if NULL in old or NULL in new:
        return _("the row holds a null character: remove it.")
    if len(old) > LONGEST_OUTSIDE_VALUE or len(new) > LONGEST_NEW_VALUE:
        limits = {"old": LONGEST_OUTSIDE_VALUE, "new": LONGEST_NEW_VALUE}
        return _("a value may have %(old)s characters and become %(new)s at most: shorten it.") % limits
    if old in places:
        return _("“%(value)s” stands in line %(other)s already: keep one.") % {"value": old[:60], "other": places[old]}
    return ""


def unguarded(cell: str) -> str:
    """Return a cell without the guard that an export put in front of it."""
    # Exactly what the export puts in front of a cell that a spreadsheet would take for a formula.
    return cell[1:] if cell.startswith("'") and safe_cell(cell[1:]) == cell else cell


def _shortened(problems: list[str]) -> list[str]:
    if len(problems) <= _MOST_TOLD:
        return problems
    further = _("%(number)s further lines are wrong as well.") % {"number": len(problems) - _MOST_TOLD}
    return [*problems[:_MOST_TOLD], further]
