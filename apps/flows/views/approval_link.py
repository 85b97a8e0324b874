"""The page behind a mail's link about an approval: the question and both answers, without signing in.

Opening it decides nothing: programs that look through mails follow every link. What is answered is recorded as of the
person the mail was sent to.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts import link_limits
from apps.accounts.access import open_to_all
from apps.accounts.actor import acting
from apps.accounts.once import once
from apps.accounts.staff_scope import as_staff
from apps.flows.approval_forms import DecisionForm
from apps.flows.models import ApprovalDecision, ApprovalRequest
from apps.flows.queries.approvals import page_of_approval
from apps.flows.services.approval_mail import LinkError, OpenedLink, open_link
from apps.flows.services.approvals import ApprovalClosedError, ApprovalError, closed_words, decide
from apps.flows.views.approvals import thanks

_LINKS = "approval"
_STATUS = {"unknown": 404, "too_many": 429}


@open_to_all
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@once
def approval_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question a link was sent about, and take the answer."""
    if link_limits.has_guessed(request, _LINKS):
        return _closed(request, "too_many")
    with as_staff():  # whoever is signed in meanwhile: the link decides what is seen
        try:
            link = open_link(token)
        except LinkError as error:
            if error.reason == "unknown":
                link_limits.note_wrong_link(request, _LINKS)
            return _closed(request, error.reason)
        if request.method == "POST" and link_limits.answers_too_often(_LINKS, f"{link.request.id}:{link.person.id}"):
            return _closed(request, "too_many")
        with acting(link.person.as_actor()):
            return _answer(request, link)


def _answer(request: HttpRequest, link: OpenedLink) -> HttpResponse:
    if link.request.state != ApprovalRequest.State.OPEN:
        return _closed(request, "over", closed_words(link.request))
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            ended = decide(link.request.id, person=link.person, via=ApprovalDecision.Via.MAIL, **form.cleaned_data)
        except ApprovalClosedError as error:
            return _closed(request, "over", str(error))
        except ApprovalError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            context = {"question": ended, "words": thanks(ended), "actor": None}
            return render(request, "flows/approval_mail_done.html", context)
    page = page_of_approval(link.request, link.person)
    if page.voice is None:
        return _closed(request, "over", page.why_not)
    context = {
        "page": page,
        "question": link.request,
        "person": link.person,
        "wanted": request.GET.get("decision", ""),
        "form": form,
        "actor": None,
    }
    return render(request, "flows/approval_mail.html", context, status=400 if form.errors else 200)


def _closed(request: HttpRequest, reason: str, sentence: str = "") -> HttpResponse:
    words = {
        "unknown": _("It may have been cut off on the way: copy the whole address from the mail."),
        "expired": _("It worked for 30 days. Look for a newer mail about it, or sign in and decide there."),
        "left": _("Your account here was closed. Ask a colleague to decide."),
        "too_many": _("Wait an hour and open the link again."),
    }
    context = {"reason": reason, "sentence": sentence or words[reason], "actor": None}
    return render(request, "flows/approval_mail_closed.html", context, status=_STATUS.get(reason, 410))
