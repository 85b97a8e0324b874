"""The platform's metrics for a Prometheus that knows the token; for everybody else there is no such page."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.access import open_to_all
from apps.monitoring.metrics import CONTENT_TYPE, render_metrics


@open_to_all
@require_safe
def platform_metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics of the platform."""
    if not _may_read(request.headers.get("Authorization", "")):
        raise Http404
    answer = render_metrics(today=timezone.now().date(), folder=settings.METRICS_FOLDER)
    return HttpResponse(answer, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def _may_read(authorization: str) -> bool:
    """Without a token in the settings nobody may."""
    scheme, _, token = authorization.partition(" ")
    wanted: str = settings.METRICS_TOKEN
    return scheme.lower() == "bearer" and bool(wanted) and hmac.compare_digest(token.encode(), wanted.encode())
