"""Notes which words of its address a page reads: the others cannot change what it answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.http import QueryDict

ANY = "*"  # the page may depend on any word
_read: set[str] = set()


class _Noting(QueryDict):
    """The words of an address. Handing all of them on, unread, is not noted; a copy notes as well."""

    def __getitem__(self, key: str) -> Any:
        _read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        _read.add(str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self._note_all()
        return super().__iter__()

    def __len__(self) -> int:
        self._note_all()  # whether anything was asked
        return super().__len__()

    def _note_all(self) -> None:
        if not self._mutable:  # else it is a copy, from which a link is made
            _read.add(ANY)

    def _getlist(self, key: str, *arguments: Any, **named: Any) -> Any:
        _read.add(key)
        return super()._getlist(key, *arguments, **named)  # type: ignore[misc]


@contextmanager
def noting_words() -> Iterator[set[str]]:
    """Collect the words of addresses that are looked for meanwhile, whether they are there or not; ANY stands for all."""
    _read.clear()
    with patch("django.core.handlers.wsgi.QueryDict", _Noting):
        yield _read
