"""The steps of a review's life, one address each: new figures, approval, taking it back, sending, archiving, an answer."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.monitoring.models import ReviewPack
from apps.monitoring.review_forms import CommentForm, SendForm
from apps.monitoring.reviews import book, people
from apps.monitoring.views.reviews import get_pack, to_board, to_pack
from apps.tenants.templatetags.wording import month_words


@requires(Action.WORK_CASES)
@require_POST
def review_refresh(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Take the figures of a draft anew."""

    def refresh() -> str:
        row = book.refresh_pack(pack_id, by=acting_person(request), now=timezone.now())
        return (
            _("The figures changed: see what is marked.") if row.changes else _("The figures are the same as before.")
        )

    return _step(request, pack_id, refresh)


@requires(Action.APPROVE_REVIEWS)
@require_POST
def review_approve(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Say that a draft may be sent."""

    def approve() -> str:
        book.approve_pack(pack_id, by=acting_person(request), now=timezone.now())
        return _("Approved: it can be sent now.")

    return _step(request, pack_id, approve)


@requires(Action.WORK_CASES)
@require_POST
def review_take_back(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Make a draft again of what was approved."""

    def take_back() -> str:
        book.take_back(pack_id)
        return _("It is a draft again.")

    return _step(request, pack_id, take_back)


@requires(Action.WORK_CASES)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def review_send(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Choose who is written to, and send."""
    row = get_pack(pack_id)
    if row.state != ReviewPack.State.APPROVED:
        messages.error(request, _("Only what is approved and not sent yet can be sent."))
        return redirect("monitoring:review-detail", row.id)
    sent = request.POST if request.method == "POST" else None  # nobody chosen is an answer, too
    form = SendForm(sent, people=list(people.possible_receivers(row.customer)))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            book.send_pack(row.id, form.chosen, by=acting_person(request), now=timezone.now())
        if not form.errors:
            messages.success(request, _("Sent: the customer reads it in the portal now."))
            return redirect("monitoring:review-detail", row.id)
    context = {
        "form": form,
        "pack": row,
        "month_words": month_words(row.month),
        "crumbs": [to_board(), to_pack(row)],
    }
    return render(request, "monitoring/reviews/send.html", context, status=400 if form.errors else 200)


@requires(Action.WORK_CASES)
@require_POST
def review_archive(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Put a review that was sent out of the way."""

    def archive() -> str:
        book.archive_pack(pack_id, now=timezone.now())
        return _("Archived. The customer still reads it.")

    return _step(request, pack_id, archive)


@requires(Action.WORK_CASES)
@once
@require_POST
def review_answer(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Answer what the customer's people said about a review."""
    row = get_pack(pack_id)
    copy = getattr(row, "copy", None)
    form = CommentForm(request.POST)
    if copy is None:
        messages.error(request, _("It was not sent yet: nobody could read an answer."))
    elif form.is_valid():
        people.comment_on(copy, form.cleaned_data["text"], by=acting_person(request), now=timezone.now())
        messages.success(request, _("Said. The customer reads it beside the review."))
    else:
        messages.error(request, _("Write something first, 2000 characters at most."))
    return redirect("monitoring:review-detail", row.id)


def _step(request: HttpRequest, pack_id: UUID, step: Callable[[], str]) -> HttpResponse:
    """Do a step and say what came of it, or why it was refused."""
    row = get_pack(pack_id)
    try:
        messages.success(request, step())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("monitoring:review-detail", row.id)
