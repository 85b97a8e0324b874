"""What must hold where a manifest that came as a document says that its system tells later what became of a record."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from apps.connectors.manifest import LateAnswer, Writing
from apps.connectors.private.documents import DocumentProblem
from apps.connectors.private.path_rules import path_problem
from apps.connectors.sheet_terms import Acknowledgement

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}\Z")
_MOST_STEPS = 10  # of a dotted path
_PATHS = ("place_path", "state_path", "key_path", "problem_path")

Problems = Iterator[DocumentProblem]


def late_answer_problems(writing: Writing, place: str, settings: set[str]) -> Problems:
    """Return what is wrong with how answers come later; `settings` may stand in its path."""
    late, tells_later = writing.late_answer, writing.acknowledgement is Acknowledgement.OPERATION
    if late is None:
        if tells_later:
            sentence = _("Say how the system is asked later what became of a record.")
            yield DocumentProblem(f"{place}.late_answer", sentence)
        return
    if not tells_later:
        sentence = _("Choose operation, or leave out how the system is asked later.")
        yield DocumentProblem(f"{place}.acknowledgement", sentence)
    if writing.batch_path:
        sentence = _("Records whose answers come later are sent one by one: leave the path of batches empty.")
        yield DocumentProblem(f"{place}.batch_path", sentence)
    yield from _where(late, f"{place}.late_answer", settings)
    yield from _when(late, f"{place}.late_answer")


def _where(late: LateAnswer, place: str, settings: set[str]) -> Problems:
    if late.place_header and not _HEADER.match(late.place_header):
        yield DocumentProblem(f"{place}.place_header", _("This cannot be the name of a header."))
    if not late.place_header and not late.place_path:
        sentence = _("Say where the system tells the address to ask at: a header, or a place in its answer.")
        yield DocumentProblem(f"{place}.place_path", sentence)
    wrong = path_problem(late.ask_path, settings, with_key=True) if late.ask_path else ""
    if wrong:
        yield DocumentProblem(f"{place}.ask_path", wrong)
    for part in _PATHS:
        if getattr(late, part).count(".") > _MOST_STEPS:
            yield DocumentProblem(f"{place}.{part}", _("This path has too many parts."))
    for part in ("running", "done"):
        if not getattr(late, part):
            yield DocumentProblem(f"{place}.{part}", _("Write the words by which the system says so."))


def _when(late: LateAnswer, place: str) -> Problems:
    if not late.taken_statuses or any(not 200 <= status <= 299 for status in late.taken_statuses):
        yield DocumentProblem(f"{place}.taken_statuses", _("Write numbers from 200 to 299."))
    if not 1 <= late.ask_seconds <= 3_600:
        yield DocumentProblem(f"{place}.ask_seconds", _("Write a number from 1 to 3600."))
    if not late.ask_seconds <= late.longest_seconds <= 3_600:
        sentence = _("Write a number from that of the first wait to 3600.")
        yield DocumentProblem(f"{place}.longest_seconds", sentence)
    if not 1 <= late.give_up_hours <= 720:
        yield DocumentProblem(f"{place}.give_up_hours", _("Write a number from 1 to 720."))
