"""Gives every table of every page as a file: `?csv=NAME` at the page's own address, for whoever may see the page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from apps.accounts.csv_export import csv_response
from apps.accounts.page_tables import read_table
from apps.tenants.templatetags.table_files import ASKED_BY

Respond = Callable[[HttpRequest], HttpResponse]


class TableFileMiddleware:
    """Answers the table that is asked for instead of the page it stands on."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the page, or the file; 404 where the page has no such table."""
        response = self.get_response(request)
        name = request.GET.get(ASKED_BY, "") if request.method == "GET" else ""
        if not name or response.status_code != 200 or not _is_page(response):
            return response
        table = read_table(response.content.decode(response.charset), name)
        if table is None:
            return HttpResponseNotFound()
        return csv_response(f"{name}.csv", table.header, table.rows)


def _is_page(response: HttpResponse) -> bool:
    return not response.streaming and response.headers.get("Content-Type", "").startswith("text/html")
