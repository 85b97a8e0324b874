"""Reviews for the partner's people: the board, one review as its reader will see it, its editor, and when it is drafted."""

from dataclasses import asdict
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import csv_of, page_of, read_list
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.customers.models import Customer
from apps.customers.queries import get_customer
from apps.monitoring.models import ReviewPack
from apps.monitoring.months import month_before, months_back
from apps.monitoring.review_forms import CommentForm, NewReviewForm, ReviewChoiceForm, ReviewForm
from apps.monitoring.reviews import board, book
from apps.monitoring.reviews.choices import choose, get_choice
from apps.monitoring.reviews.pack import edited, sections_from_values
from apps.monitoring.reviews.pdf import Paper, build_pdf, file_name
from apps.monitoring.views.value import to_customer_value
from apps.tenants.brand_drafts import look_for
from apps.tenants.brand_paper import pdf_response
from apps.tenants.templatetags.wording import month_words

MONTHS_OFFERED = 12


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def review_list(request: HttpRequest) -> HttpResponseBase:
    """List the reviews of all customers and months with their states."""
    state = read_list(request, board.REVIEWS)
    fitting = board.fitting_reviews(state)
    if state.wants_csv:
        return csv_of(state, fitting)
    context = {
        "list": page_of(request, state, fitting),
        "can_edit": acting_person(request).can(Action.WORK_CASES),
        "crumbs": [{"label": _("Reports"), "url": reverse("monitoring:reports")}],
    }
    return render(request, "monitoring/reviews/list.html", context)


@requires(Action.WORK_CASES)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def review_create(request: HttpRequest) -> HttpResponse:
    """Draft a customer's review now, without waiting for its day."""
    now = timezone.now()
    customers = list(Customer.objects.all())
    form = NewReviewForm(
        request.POST or None, customers=customers, months=months_back(month_before(now.date()), MONTHS_OFFERED)
    )
    if request.method == "POST" and form.is_valid():
        customer = get_customer(UUID(form.cleaned_data["customer"]))
        language = get_choice(customer.id).language
        month = form.cleaned_data["month"]
        made = book.draft_pack(customer, month, now, language)
        row = made or ReviewPack.objects.get(customer=customer, month=month)
        messages.success(request, _("Drafted.") if made else _("There is one already: this is it."))
        return redirect("monitoring:review-detail", row.id)
    context = {"form": form, "crumbs": [to_board()]}
    return render(request, "monitoring/reviews/new.html", context, status=400 if form.errors else 200)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def review_detail(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Show a review as the customer will read it, with what is for the partner alone, and what can be done."""
    row, who = get_pack(pack_id), acting_person(request)
    copy, can_edit = getattr(row, "copy", None), who.can(Action.WORK_CASES)
    context = {
        "pack": row,
        "month_words": month_words(row.month),
        "sections": board.shown_pack(row),
        "can_edit": can_edit,
        "can_approve": who.can(Action.APPROVE_REVIEWS),
        "copy": copy,
        "is_intact": copy is not None and book.is_intact(copy),
        "comments": list(copy.comments.all()) if copy else [],
        "form": CommentForm() if can_edit else None,
        "crumbs": [to_board()],
    }
    return render(request, "monitoring/reviews/detail.html", context)


@requires(Action.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def review_edit(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Change a draft's words, its order and what is in."""
    row = get_pack(pack_id)
    if row.state != ReviewPack.State.DRAFT:
        messages.error(request, _("Only a draft can be changed."))
        return redirect("monitoring:review-detail", row.id)
    form = ReviewForm(request.POST or None, sections=sections_from_values(row.sections))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            book.edit_pack(row.id, form.edits, by=acting_person(request), now=timezone.now())
        if not form.errors:
            messages.success(request, _("Kept."))
            return redirect("monitoring:review-detail", row.id)
    context = {
        "form": form,
        "pack": row,
        "month_words": month_words(row.month),
        "sections": board.shown_pack(row),
        "crumbs": [to_board(), to_pack(row)],
    }
    return render(request, "monitoring/reviews/edit.html", context, status=400 if form.errors else 200)


@requires(Action.WORK_CASES)
@require_POST
def review_preview(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Answer what a review looks like with what is typed; nothing is kept."""
    row = get_pack(pack_id)
    sections = sections_from_values(row.sections)
    form = ReviewForm(request.POST, sections=sections)
    typed = edited(sections, form.edits) if form.is_valid() else sections
    return render(request, "monitoring/reviews/_sections.html", {"sections": board.shown_pack(row, typed)})


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def review_pdf(request: HttpRequest, pack_id: UUID) -> HttpResponse:
    """Answer a review as a PDF, as the customer gets it."""
    row = get_pack(pack_id)
    copy = getattr(row, "copy", None)
    sections = sections_from_values(copy.sections if copy else row.sections)
    paper = Paper(
        customer=row.customer.name,
        month=row.month,
        sections=board.shown_sections(sections, for_customer=False),
        taken_at=row.taken_at,
        sent=board.sent_words(row.sent_by, row.sent_at),
        digest=copy.digest if copy else "",
    )
    return pdf_answer(request, paper)


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def review_settings(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Choose whether, when and how a customer's reviews are drafted."""
    customer = get_customer(customer_id)
    choice = get_choice(customer.id)
    form = ReviewChoiceForm(request.POST or None, initial=asdict(choice))
    if request.method == "POST" and form.is_valid():
        choose(customer, form.typed, by=acting_person(request), now=timezone.now())
        messages.success(request, _("Kept."))
        return redirect("monitoring:review-settings", customer.id)
    context = {"form": form, "customer": customer, "crumbs": to_customer_value(customer)}
    return render(request, "monitoring/reviews/settings.html", context, status=400 if form.errors else 200)


def get_pack(pack_id: UUID) -> ReviewPack:
    """Return a review. Raises Http404."""
    row = ReviewPack.objects.select_related("customer", "copy").filter(id=pack_id).first()
    if row is None:
        raise Http404("There is no such review.")
    return row


def pdf_answer(request: HttpRequest, paper: Paper) -> HttpResponse:
    """Answer a paper as a file."""
    return pdf_response(file_name(paper.month), build_pdf(paper, look_for(request)))


def to_board() -> dict[str, str]:
    """Return the crumb that leads to all reviews."""
    return {"label": _("Reviews"), "url": reverse("monitoring:review-list")}


def to_pack(row: ReviewPack) -> dict[str, str]:
    """Return the crumb that leads to one review."""
    label = f"{row.customer.name} · {month_words(row.month)}"
    return {"label": label, "url": reverse("monitoring:review-detail", args=[row.id])}
