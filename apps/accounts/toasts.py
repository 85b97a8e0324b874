"""What just happened, said in passing; with a button that takes it back where an inverse exists."""

import json
from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest

UNDO = "undo "


def say_with_undo(request: HttpRequest, words: str, *, undo_url: str, fields: Mapping[str, str] | None = None) -> None:
    """Show `words` once, with an "Undo" that posts `fields` to `undo_url`: an address that does the reverse."""
    undo = json.dumps({"url": undo_url, "fields": dict(fields or {})})
    messages.success(request, words, extra_tags=f"{UNDO}{undo}")
