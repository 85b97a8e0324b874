"""Mapping lines as bytes: a CSV table that is safe to open in a spreadsheet, or a JSON document, and either read back."""

from collections.abc import Sequence

from apps.flows.mapping.line_files import (
    MOST_BYTES,
    FileLine,
    FileProblem,
    LineFileError,
    read_line_rows,
    read_lines_document,
)
from apps.flows.services.value_csv import ValueFileError, csv_cells, unguarded


def read_line_file(content: bytes) -> tuple[FileLine, ...]:
    """Read an uploaded file, whichever of the two forms it has. Raises LineFileError with everything that is wrong."""
    if len(content) > MOST_BYTES:
        raise LineFileError([FileProblem(0, "", "the file is larger than 5 MB: the lines of one place are fewer")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LineFileError([FileProblem(0, "", "the file is no text in UTF-8: save it as “CSV UTF-8”")]) from None
    if text.lstrip().startswith("{"):
        return read_lines_document(text)
    return read_line_rows(_rows_of(text))


def _rows_of(text: str) -> Sequence[tuple[int, list[str]]]:
    try:
        # Rows are counted as a spreadsheet numbers them: a cell may hold several lines of text.
        return [
            (number, [unguarded(cell) for cell in cells]) for number, (_, cells) in enumerate(csv_cells(text), start=1)
        ]
    except ValueFileError as wrong:
        raise LineFileError([FileProblem(0, "", " ".join(wrong.problems))]) from None
