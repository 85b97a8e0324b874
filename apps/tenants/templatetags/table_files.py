"""The name by which a table of a page is asked for as a file, and the address of that file."""

from django.http import HttpRequest
from django.template.context import Context
from django.utils.text import slugify

ASKED_BY = "csv"  # the parameter of a page's address that asks for one of its tables


def file_of(context: Context, caption: object) -> dict[str, str]:
    """Return {"file_name", "file_url"} of a table that is being shown; empty where it stands in no page that can be asked for.

    Two tables of a page with one caption get two names.
    """
    request: HttpRequest | None = getattr(context, "request", None) or context.get("request")
    if request is None or request.method != "GET":
        return {"file_name": "", "file_url": ""}
    name = _free_name(request, slugify(str(caption))[:60] or "table")
    asked = request.GET.copy()
    asked[ASKED_BY] = name
    return {"file_name": name, "file_url": f"?{asked.urlencode()}"}


def _free_name(request: HttpRequest, name: str) -> str:
    taken: set[str] = request.__dict__.setdefault("table_names", set())
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    taken.add(free)
    return free
