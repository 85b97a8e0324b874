"""How every API list is paged: newest first, by id, so that rows arriving meanwhile shift nothing."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """`?page_size=` up to 200; `next` and `previous` are whole addresses to follow. Ids are UUIDv7, so id is age."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    cursor_query_param = "page"
    cursor_query_description = "Where to go on: taken from `next` or `previous` of an answer."
    page_size_query_description = "Rows per page, at most 200."
