"""Reviews for a customer's people: those they were sent, one of them, and what they say about it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.customers.queries import get_customer
from apps.monitoring.models import ReviewCopy
from apps.monitoring.review_forms import CommentForm
from apps.monitoring.reviews.board import shown_sections
from apps.monitoring.reviews.pack import sections_from_values
from apps.monitoring.reviews.pdf import paper_of
from apps.monitoring.reviews.people import comment_on
from apps.monitoring.views.customer_home import customer_of
from apps.monitoring.views.reviews import pdf_answer
from apps.tenants.templatetags.wording import month_words

MOST_SHOWN = 60


@requires(Action.VIEW_OWN_REPORTS)
@require_safe
def own_reviews(request: HttpRequest) -> HttpResponseBase:
    """List the reviews a customer was sent; the partner's people are led to the board."""
    if not acting_person(request).is_customer:
        return redirect("monitoring:review-list")
    copies = ReviewCopy.objects.filter(customer_id=customer_of(request))[:MOST_SHOWN]
    return render(request, "monitoring/my/reviews.html", {"reviews": copies})


@requires(Action.VIEW_OWN_REPORTS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def own_review(request: HttpRequest, copy_id: UUID) -> HttpResponse:
    """Show a review as it was sent, and take a comment on it."""
    copy = _get(request, copy_id)
    form = CommentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        comment_on(copy, form.cleaned_data["text"], by=acting_person(request), now=timezone.now())
        messages.success(request, _("Thank you: your comment is on its way."))
        return redirect("monitoring:own-review", copy.id)
    context = {
        "review": copy,
        "month_words": month_words(copy.month),
        "sections": shown_sections(sections_from_values(copy.sections), for_customer=True),
        "comments": list(copy.comments.all()),
        "form": form,
        "crumbs": [{"label": _("Reviews"), "url": reverse("monitoring:own-reviews")}],
    }
    return render(request, "monitoring/my/review.html", context, status=400 if form.errors else 200)


@requires(Action.VIEW_OWN_REPORTS)
@require_safe
def own_review_pdf(request: HttpRequest, copy_id: UUID) -> HttpResponse:
    """Answer a review as a PDF."""
    copy = _get(request, copy_id)
    return pdf_answer(request, paper_of(copy, get_customer(copy.customer_id).name))


def _get(request: HttpRequest, copy_id: UUID) -> ReviewCopy:
    copy = ReviewCopy.objects.filter(id=copy_id, customer_id=customer_of(request)).first()
    if copy is None:
        raise Http404("There is no such review.")
    return copy
