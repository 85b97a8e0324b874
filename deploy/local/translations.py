"""Compile the translations of `locale/` where a text changed: `.po` files are written by people, `.mo` files are read by Django."""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from deploy.local.places import Places


class TranslationError(RuntimeError):
    """A catalogue cannot be read. The message names the file and the line."""


def catalogues(places: Places) -> list[Path]:
    """Return the catalogue of each language that the product is translated to."""
    return sorted((places.root / "locale").glob("*/LC_MESSAGES/django.po"))


def ensure(places: Places) -> int:
    """Compile what is older than its source. Returns how many catalogues that were.

    Raises:
        TranslationError: a catalogue cannot be read.

    """
    stale = [path for path in catalogues(places) if not is_current(path)]
    for path in stale:
        compile_one(path)
    return len(stale)


def is_current(path: Path) -> bool:
    """Say whether a catalogue was compiled since it was last changed."""
    compiled = path.with_suffix(".mo")
    return compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime


def compile_one(path: Path) -> None:
    """Compile one catalogue beside itself, all at once: a process that reads it meanwhile sees the old or the new."""
    try:
        with path.open("rb") as source:
            catalogue = read_po(source, abort_invalid=True)
    except PoFileError as problem:
        raise TranslationError(f"{path}: {problem}") from problem
    draft = path.with_suffix(".mo.new")
    with draft.open("wb") as target:
        write_mo(target, catalogue)
    draft.replace(path.with_suffix(".mo"))


def main() -> int:
    """Compile and say so."""
    try:
        print(f"Compiled {ensure(Places())}.")
    except TranslationError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
