"""The door for webhooks: stored before the answer, and an answer that tells a stranger nothing.

It stands before all other middleware: no session, cookie, language, CSRF token or brand is looked at. The token in the
address says whose it is, at every host that reaches us.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from apps.connectors.contract import WebhookReply
from apps.flows.services.telemetry import WEBHOOKS
from apps.flows.triggers.webhook import AWAY_SECONDS, MAX_BODY_BYTES, Answer, Receipt, Sent, receive_webhook
from apps.tenants import correlation

PREFIX = "/in/"
_STATUS = {
    Answer.ACCEPTED: 202,
    Answer.UNKNOWN_ADDRESS: 404,
    Answer.BAD_SIGNATURE: 401,
    Answer.TOO_LARGE: 413,
    Answer.UNUSABLE: 422,
    Answer.NO_ROOM: 429,
    Answer.CLOSED: 503,
}


class WebhookDoor:
    """Answers everything below /in/ itself; hands everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Store what a system sends to one of our addresses."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST", "Content-Length": "0"})
        with correlation.carry(correlation.from_headers(request.headers)) as caused_by:
            response = _answer(_received(request))
        response[correlation.HEADER] = caused_by.id
        return response


def _received(request: HttpRequest) -> Receipt:
    if settings.MAINTENANCE:
        return Receipt(Answer.CLOSED, AWAY_SECONDS)
    body = _body(request)
    if body is None:
        return Receipt(Answer.TOO_LARGE)
    query = request.META.get("QUERY_STRING", "")
    # The sender's own spelling of the address, which some sign: Host is what it called, whatever stands in between.
    called = f"{settings.PUBLIC_SCHEME}://{request.META.get('HTTP_HOST', '')}{request.path_info}{'?' if query else ''}{query}"
    return receive_webhook(request.path_info[len(PREFIX) :], Sent(request.headers, body, called, query))


def _answer(receipt: Receipt) -> HttpResponse:
    WEBHOOKS.labels(receipt.answer.name.lower()).inc()
    response = _said(receipt.reply or WebhookReply(_STATUS[receipt.answer]))
    if receipt.again_seconds is not None:
        response["Retry-After"] = str(receipt.again_seconds)
    return response


def _said(reply: WebhookReply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, headers={"Content-Length": str(len(reply.body))})
    if reply.content_type:
        response["Content-Type"] = reply.content_type
        response["X-Content-Type-Options"] = "nosniff"
    return response


def _body(request: HttpRequest) -> bytes | None:
    """Return what was sent, None when it is too large."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced == "0" and request.META.get("wsgi.input_terminated"):
        return _unannounced_body(request)
    # The number of digits first: Python refuses to read thousands of them.
    if not (announced.isascii() and announced.isdigit() and len(announced) < 12) or int(announced) > MAX_BODY_BYTES:
        return None
    try:
        body: bytes = request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= MAX_BODY_BYTES else None


def _unannounced_body(request: HttpRequest) -> bytes | None:
    """Return what was sent in chunks, without saying how much: Django reads nothing then. None when it is too large."""
    body: bytes = request.META["wsgi.input"].read(MAX_BODY_BYTES + 1)
    return body if len(body) <= MAX_BODY_BYTES else None
