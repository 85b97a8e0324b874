"""The door for webhooks: stored before the answer, and an answer that tells a stranger nothing."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.accounts.access import open_to_all
from apps.flows.triggers.webhook import MAX_BODY_BYTES, Answer, receive_webhook

_STATUS = {Answer.ACCEPTED: 202, Answer.UNKNOWN_ADDRESS: 404, Answer.BAD_SIGNATURE: 401}


@open_to_all
@csrf_exempt
@require_POST
def webhook_intake(request: HttpRequest, token: str) -> HttpResponse:
    """Store what a system sends to one of our addresses."""
    body = _body(request)
    if body is None:
        return HttpResponse(status=413)
    return HttpResponse(status=_STATUS[receive_webhook(token, request.headers, body)])


def _body(request: HttpRequest) -> bytes | None:
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isascii() or not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
        return None
    try:
        body: bytes = request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= MAX_BODY_BYTES else None
