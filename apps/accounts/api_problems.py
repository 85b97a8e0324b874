"""Errors of the API as problem+json: https://www.rfc-editor.org/rfc/rfc9457"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import HttpResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

CONTENT_TYPE = "application/problem+json"
_TITLES = {
    400: "The request cannot be understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "This address does not know the method",
    406: "No such format",
    409: "This does not fit the present state",
    415: "Send JSON",
    422: "Some fields are wrong",
    429: "Too many requests",
}


class NotNowError(exceptions.APIException):
    """The call is right, but does not fit the present state: 409."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


def problem(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Answer an exception as a problem; None leaves a fault of ours to Django and Sentry.

    Field errors are listed as {"errors": [{"field": "lines.0.target", "message": "..."}]}.
    """
    if isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(_from_django(error))
    response = exception_handler(error, context)
    if response is None:
        return None
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(response.status_code, response.status_text),
        "status": response.status_code,
        "detail": _detail(error, response),
    }
    if isinstance(error, exceptions.ValidationError):
        body["title"] = "Some fields are wrong"
        body["errors"] = [{"field": field, "message": message} for field, message in _fields(error.detail)]
        body["detail"] = " ".join(
            f"{row['field']}: {row['message']}" if row["field"] else row["message"] for row in body["errors"]
        )
    request = context.get("request")
    if request is not None:
        body["instance"] = request.path
    response.data = body
    response.content_type = CONTENT_TYPE
    return response


def _detail(error: Exception, response: Response) -> str:
    if isinstance(error, exceptions.APIException) and isinstance(error.detail, str):
        return str(error.detail)
    found = response.data.get("detail") if isinstance(response.data, dict) else None
    return str(found or response.status_text)


def _fields(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            part = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from _fields(inner, ".".join(word for word in (path, part) if word))
    elif isinstance(detail, list | tuple):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, dict | list | tuple)
            if inner:
                yield from _fields(inner, f"{path}.{position}" if nested and path else path)
    else:
        yield path, str(detail)


def _from_django(error: DjangoValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {("" if field == "__all__" else field): words for field, words in error.message_dict.items()}
    return {"": error.messages}
