"""Reads a table out of a page: what its rows say, for the file that a person downloads of it. Pure."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

# Between the parts of one cell: a title and its note, two amounts.
_BETWEEN = "; "
_APART = frozenset({"br", "div", "li", "p", "tr"})
_APART_CLASSES = frozenset({"row-note", "d-block"})
_UNSAID = frozenset({"button", "form", "script", "select", "svg", "template"})
_UNSAID_CLASSES = frozenset({"btn", "visually-hidden"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
_NOTHING = "—"


@dataclass(slots=True)
class PageTable:
    """A table's header and rows as texts. `unnamed` are the columns whose header nobody sees."""

    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    unnamed: set[int] = field(default_factory=set)

    def without_buttons(self) -> "PageTable":
        """Return it without the columns that hold buttons alone: their header is hidden, and they say nothing."""
        silent = {at for at in self.unnamed if not any(at < len(row) and row[at] for row in self.rows)}
        return PageTable(_without(self.header, silent), [_without(row, silent) for row in self.rows])


def read_table(page: str, name: str) -> PageTable | None:
    """Return the table of a page with `data-file="name"`, None where it has none.

    Moments are given as the machine reads them, figures of a chart as they were counted; buttons and hidden words are left out.
    """
    reader = _Reader(name)
    reader.feed(page)
    reader.close()
    return reader.table.without_buttons() if reader.was_found else None


def _without(cells: list[str], silent: set[int]) -> list[str]:
    return [cell for at, cell in enumerate(cells) if at not in silent]


class _Reader(HTMLParser):
    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name, self.table, self.was_found = name, PageTable(), False
        self._open: list[str] = []  # tags inside the table, outermost first
        self._unsaid: int | None = None  # how deep the part begins that is left out
        self._words: list[str] | None = None  # of the cell that is being read
        self._given: str | None = None  # what the cell or its moment gives for machines
        self._row: list[str] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {key: value or "" for key, value in attrs}
        if not self._open:
            if tag == "table" and known.get("data-file") == self.name and not self.was_found:
                self.was_found = True
                self._open.append(tag)
            return
        classes = set(known.get("class", "").split())
        if tag not in _VOID:
            self._open.append(tag)
        if self._words is None:
            self._enter(tag, known)
            return
        if self._unsaid is None and (tag in _UNSAID or classes & _UNSAID_CLASSES):
            hidden_header = self._in_head and "visually-hidden" in classes
            if hidden_header:
                self.table.unnamed.add(len(self._row))
            else:
                self._unsaid = len(self._open)
        if self._unsaid is None:
            self._part(tag, known, classes)

    def _enter(self, tag: str, known: dict[str, str]) -> None:
        if tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self._row = []
        elif tag in {"td", "th"}:
            self._words, self._given = [], known.get("data-value") or None

    def _part(self, tag: str, known: dict[str, str], classes: set[str]) -> None:
        if self._words and (tag in _APART or classes & _APART_CLASSES):
            self._words.append(_BETWEEN)
        if tag == "time" and self._words is not None:
            self._words.append(known.get("datetime", ""))
            self._unsaid = len(self._open)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or tag in _VOID:
            return
        if tag in {"td", "th"} and self._words is not None:
            self._close_cell()
        elif tag == "tr":
            self._close_row()
        elif tag == "thead":
            self._in_head = False
        while self._open:  # tags that were left open end with the one around them
            if self._open.pop() == tag:
                break
        if self._unsaid is not None and len(self._open) < self._unsaid:
            self._unsaid = None

    def handle_data(self, data: str) -> None:
        if self._words is not None and self._unsaid is None:
            self._words.append(data)

    def _close_cell(self) -> None:
        parts = (" ".join(part.split()) for part in "".join(self._words or ()).split(_BETWEEN))
        said = _BETWEEN.join(part for part in parts if part)
        self._row.append(self._given if self._given is not None else "" if said == _NOTHING else said)
        self._words = self._unsaid = None

    def _close_row(self) -> None:
        if self._in_head and not self.table.header:
            self.table.header = self._row
        elif self._row:
            self.table.rows.append(self._row)
        self._row = []
