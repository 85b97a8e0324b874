"""How people organise the work on one case, from its page or beside the queue."""

from datetime import datetime
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.monitoring import case_work as services
from apps.monitoring.case_files import MOST_BYTES, attach_file
from apps.monitoring.queries import cases as queries
from apps.monitoring.queries.case_people import get_case_file
from apps.monitoring.views.cases import Deed, act
from apps.monitoring.work_forms import AttachForm, MergeForm, SnoozeForm, SortForm, WaitForm
from apps.tenants.templatetags.wording import absolute_words


@requires(Action.WORK_CASES)
@require_POST
def case_sort(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Put the case into a queue and a team, with a priority and tags."""
    form = SortForm(request.POST, auto_id="sort_%s", case=queries.get_case(case_id))

    def do() -> str:
        services.sort_case(case_id, form.typed, by=acting_person(request))
        return _("Sorted in.")

    return act(request, case_id, Deed("sort", form, do, moves_on=False))


@requires(Action.WORK_CASES)
@require_POST
def case_watch(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Follow the case, or with `not` do so no more."""

    def do() -> str:
        if request.POST.get("not") == "1":
            services.unwatch_case(case_id, by=acting_person(request))
            return _("You do not follow it any more.")
        services.watch_case(case_id, by=acting_person(request))
        return _("You follow it now: it is in your queue “Watched by me”.")

    return act(request, case_id, Deed("watch", forms.Form(request.POST), do, moves_on=False))


@requires(Action.WORK_CASES)
@require_POST
def case_snooze(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Let the case rest until a moment."""
    form, now = SnoozeForm(request.POST, auto_id="snooze_%s"), timezone.now()

    def do() -> str:
        until: datetime = form.moment(now)
        services.snooze_case(case_id, until=until, reason=form.cleaned_data["reason"], by=acting_person(request))
        return _("It rests until %(moment)s, or until something happens.") % {"moment": absolute_words(until)}

    return act(request, case_id, Deed("snooze", form, do))


@requires(Action.WORK_CASES)
@require_POST
def case_wake(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """End the case's rest."""

    def do() -> str:
        services.wake_case(case_id, by=acting_person(request))
        return _("It rests no more.")

    return act(request, case_id, Deed("wake", forms.Form(request.POST), do, moves_on=False))


@requires(Action.WORK_CASES)
@require_POST
def case_wait(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Say who has the next step."""
    form = WaitForm(request.POST, auto_id="wait_%s")

    def do() -> str:
        services.set_waiting(case_id, **form.cleaned_data, by=acting_person(request))
        return _("The time is booked on them from now on.")

    return act(request, case_id, Deed("wait", form, do, moves_on=False))


@requires(Action.WORK_CASES)
@once
@require_POST
def case_attach(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Keep a file with the case."""
    form = AttachForm(request.POST, request.FILES, auto_id="attach_%s")

    def do() -> str:
        sent = form.cleaned_data["file"]
        content = sent.read(MOST_BYTES + 1)
        kept = attach_file(case_id, name=sent.name, content=content, by=acting_person(request))
        return _("“%(name)s” is attached.") % {"name": kept.name}

    return act(request, case_id, Deed("attach", form, do, moves_on=False))


@requires(Action.WORK_CASES)
@require_safe
def case_file(_request: HttpRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """Hand out a file, always to be saved: nothing of it is shown or run here."""
    kept = get_case_file(queries.get_case(case_id), file_id)
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=kept.name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(bytes(kept.content or b""), content_type=kept.media_type, headers=headers)


@requires(Action.WORK_CASES)
@require_POST
def case_merge(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Merge the case into another of the same customer."""
    form = MergeForm(request.POST, auto_id="merge_%s", case=queries.get_case(case_id))

    def do() -> str:
        services.merge_case(case_id, into_id=form.cleaned_data["into"], by=acting_person(request))
        return _("Merged: its records and notes are in the other exception now.")

    return act(request, case_id, Deed("merge", form, do))


@requires(Action.WORK_CASES)
@require_POST
def case_unmerge(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Take a merge back."""

    def do() -> str:
        services.unmerge_case(case_id, by=acting_person(request))
        return _("Taken back: it is open again, with its own records and notes.")

    return act(request, case_id, Deed("unmerge", forms.Form(request.POST), do, moves_on=False))
