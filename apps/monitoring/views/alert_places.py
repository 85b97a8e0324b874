"""Where alerts go: channels with a test that really sends, on-call schedules, and what a customer's people want to hear."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.models import User
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.monitoring.alert_forms import ChannelForm, ScheduleForm, StandInForm, SubscriptionForm
from apps.monitoring.alerting import duty_settings, reading, route_settings
from apps.monitoring.alerting.messages import send_trial
from apps.monitoring.models import AlertChannel, AlertSubscription, OnCallSchedule
from apps.monitoring.views.alerts import crumbs
from apps.monitoring.views.customer_home import customer_of


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def alert_channel_create(request: HttpRequest) -> HttpResponse:
    """Add a channel; a key that was made for it is shown this once."""
    form = ChannelForm(request.POST or None, channel=None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            kept = route_settings.save_channel(None, form.cleaned_data, by=acting_person(request))
            key = "" if form.cleaned_data["signing"] else route_settings.signing_key_of(kept)
            return _channel_page(request, kept, ChannelForm(channel=kept), key=key)
    return _channel_page(request, None, form)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def alert_channel_edit(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Change a channel, and see what it answered lately."""
    channel = reading.get_row(AlertChannel, channel_id)
    form = ChannelForm(request.POST or None, channel=channel)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            route_settings.save_channel(channel, form.cleaned_data, by=acting_person(request))
            messages.success(request, _("Saved: %(name)s.") % {"name": channel.name})
            return redirect("monitoring:alert-channel-edit", channel.id)
    return _channel_page(request, channel, form)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def alert_channel_test(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Really send a message that says it is a test."""
    channel = reading.get_row(AlertChannel, channel_id)
    send_trial(channel, timezone.now())
    messages.success(request, _("The test is on its way. Its answer appears below within seconds."))
    return redirect("monitoring:alert-channel-edit", channel.id)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def alert_channel_remove(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Take a channel away, unless a route goes to it."""
    channel = reading.get_row(AlertChannel, channel_id)
    gone = _("The channel “%(name)s” is gone.") % {"name": channel.name}
    page = reverse("monitoring:alert-channel-edit", args=[channel.id])
    return _removed(request, lambda: route_settings.remove_channel(channel), gone, page)


def _removed(request: HttpRequest, remove: Callable[[], None], gone: str, page: str) -> HttpResponse:
    """Take a place away and go back to the alerts; where it is still needed its page says by what."""
    try:
        remove()
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect(page)
    messages.success(request, gone)
    return redirect("monitoring:alerts")


def _channel_page(
    request: HttpRequest, channel: AlertChannel | None, form: ChannelForm, *, key: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "channel": channel,
        "title": channel.name if channel else _("New channel"),
        "latest": reading.latest_of(channel) if channel else [],
        "signing_key": key,
        "crumbs": crumbs(),
    }
    return render(request, "monitoring/alerting/channel.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def on_call_create(request: HttpRequest) -> HttpResponse:
    """Write a new schedule."""
    return _schedule_page(request, None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def on_call_edit(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Change a schedule, and see the coming duties."""
    return _schedule_page(request, reading.get_row(OnCallSchedule, schedule_id))


def _schedule_page(request: HttpRequest, schedule: OnCallSchedule | None) -> HttpResponse:
    form = ScheduleForm(request.POST or None, schedule=schedule)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            kept = duty_settings.save_schedule(schedule, form.typed, by=acting_person(request))
            messages.success(request, _("Saved: %(name)s.") % {"name": kept.name})
            return redirect("monitoring:on-call-edit", kept.id)
    return _show_schedule(request, schedule, form, StandInForm())


def _show_schedule(
    request: HttpRequest, schedule: OnCallSchedule | None, form: ScheduleForm, stand_in: StandInForm
) -> HttpResponse:
    now = timezone.now()
    stored = reading.get_row(OnCallSchedule, schedule.id) if schedule else None
    context = {
        "form": form,
        "stand_in_form": stand_in,
        "schedule": stored,
        "title": stored.name if stored else _("New schedule"),
        "duties": reading.duty_rows(stored, now) if stored else [],
        "stand_ins": reading.coming_stand_ins(stored, now) if stored else [],
        "crumbs": crumbs(),
    }
    is_wrong = form.errors or stand_in.errors
    return render(request, "monitoring/alerting/schedule.html", context, status=400 if is_wrong else 200)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def on_call_remove(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Take a schedule away, unless a route asks it."""
    schedule = reading.get_row(OnCallSchedule, schedule_id)
    gone = _("The schedule “%(name)s” is gone.") % {"name": schedule.name}
    page = reverse("monitoring:on-call-edit", args=[schedule.id])
    return _removed(request, lambda: duty_settings.remove_schedule(schedule), gone, page)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def on_call_stand_in(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Let somebody take over for a while."""
    schedule = reading.get_row(OnCallSchedule, schedule_id)
    form = StandInForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            made = duty_settings.add_stand_in(schedule, **form.typed, by=acting_person(request))
            messages.success(request, _("%(name)s stands in.") % {"name": made.person})
            return redirect("monitoring:on-call-edit", schedule.id)
    return _show_schedule(request, schedule, ScheduleForm(schedule=schedule), form)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def on_call_stand_in_remove(request: HttpRequest, schedule_id: UUID, stand_in_id: UUID) -> HttpResponse:
    """Take a stand-in back."""
    found = reading.get_row(OnCallSchedule, schedule_id).stand_ins.filter(id=stand_in_id).first()
    if found is None:
        raise Http404("There is no such stand-in.")
    duty_settings.remove_stand_in(found)
    messages.success(request, _("Taken back."))
    return redirect("monitoring:on-call-edit", schedule_id)


@requires(Action.VIEW_OWN_HEALTH)
@require_http_methods(["GET", "HEAD", "POST"])
def own_alerts(request: HttpRequest) -> HttpResponse:
    """Let one of a customer's people choose what they are told, and how."""
    customer_id, person_id = customer_of(request), acting_person(request).user_id
    person = User.objects.filter(id=person_id).first() if person_id else None
    if person is None:
        raise Http404("Only people have alerts of their own.")
    held = AlertSubscription.objects.filter(person=person, customer_id=customer_id).first()
    form = SubscriptionForm(request.POST or None, subscription=held)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            route_settings.save_subscription(person, customer_id, form.cleaned_data)
            messages.success(request, _("Kept. It holds from now on."))
            return redirect("monitoring:own-alerts")
    context = {"form": form, "held": held}
    return render(request, "monitoring/alerting/own.html", context, status=400 if form.errors else 200)
