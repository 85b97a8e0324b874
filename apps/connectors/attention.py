"""Which connections need somebody, worst first: one table of reasons, each a condition of the database and words for people.

A further reason is one more line of `REASONS`: lists, counts, the menu's figure and the API read the table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.connectors import registry
from apps.connectors.auth_spec import AuthScheme
from apps.connectors.breaker_rule import BreakerState
from apps.connectors.call_log import list_limited
from apps.connectors.expiry import end_words
from apps.connectors.models import Connection, Credential, WebhookEndpoint, WebhookSubscription
from apps.tenants import scope

UNTESTED_FOR = timedelta(days=1)
UNPROVEN_FOR = timedelta(days=30)
SILENT_FOR = timedelta(days=7)
LIMITED_WITHIN = timedelta(hours=1)
EXPIRES_WITHIN = timedelta(days=30)
_AWAY = Q(breaker__state=BreakerState.OPEN)


@dataclass(frozen=True, slots=True)
class Look:
    """What the table is read with: the moment, and which connections were told lately that they call too often."""

    now: datetime
    limited: Mapping[UUID, datetime]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a connection needs somebody. The larger `urgency`, the worse; `fits` is asked in the table's order.

    `words` say what is wrong with one connection that `with_trouble` read, `since` when it began (None: not known).
    `next_step` names what to do: "test", "sign_in" ("secrets" where nobody signs in there), "calls", "webhooks" or "open".
    """

    name: str
    urgency: int
    label: Promise
    fits: Callable[[Look], Q]
    words: Callable[[Connection], str]
    since: Callable[[Connection, Look], datetime | None]
    next_step: str = "test"


REASONS: tuple[Reason, ...] = (
    Reason(
        "unconfirmed",
        75,
        gettext_lazy("Needs confirmation"),
        lambda _look: ~Q(account_seen=""),
        lambda one: (
            _("It shows records of “%(now)s” instead of “%(was)s”: nothing passes until somebody confirms that.")
            % {"now": one.account_seen, "was": one.account}
        ),
        lambda one, _look: one.state_since,
        "open",
    ),
    Reason(
        "refused",
        70,
        gettext_lazy("Sign-in refused"),
        lambda _look: _AWAY & Q(breaker__needs_person=True),
        lambda one: _("It no longer accepts the sign-in. %(reason)s") % {"reason": _said(one)},
        lambda one, _look: one.breaker.since,
        "sign_in",
    ),
    Reason(
        "away",
        60,
        gettext_lazy("Does not answer"),
        lambda _look: _AWAY,
        lambda one: _("It does not answer and is not called until it does. %(reason)s") % {"reason": _said(one)},
        lambda one, _look: one.breaker.since,
    ),
    Reason(
        "failing",
        50,
        gettext_lazy("Fails"),
        lambda _look: Q(state=Connection.State.ATTENTION),
        lambda one: _(one.state_reason) if one.state_reason else _("Somebody must look at this connection."),
        lambda one, _look: one.state_since,
    ),
    Reason(
        "expiring",
        45,
        gettext_lazy("Expires soon"),
        lambda look: Q(expires_on__lte=(look.now + EXPIRES_WITHIN).date()),
        lambda one: (
            _("A secret of it %(words)s: enter a new one before records wait.")
            % {"words": end_words(one.expires_on, timezone.now().date())}  # type: ignore[attr-defined]
        ),
        lambda _one, _look: None,
        "sign_in",
    ),
    Reason(
        "limited",
        40,
        gettext_lazy("Call limit met"),
        lambda look: Q(id__in=list(look.limited)),
        lambda _one: _("It turned calls away within the last hour because they came too often."),
        lambda one, look: look.limited.get(one.id),
        "calls",
    ),
    Reason(
        "lapsed",
        35,
        gettext_lazy("Announcements lapsed"),
        lambda _look: Q(lapsed=True),
        lambda _one: _(
            "It no longer announces what changes: that is found by reading until the announcements are renewed."
        ),
        lambda _one, _look: None,
        "webhooks",
    ),
    Reason(
        "silent",
        30,
        gettext_lazy("Webhooks silent"),
        lambda look: Q(heard_at__lt=look.now - SILENT_FOR),
        lambda _one: _("It used to send events and has been silent for a week: changes are found by reading only."),
        lambda one, _look: getattr(one, "heard_at", None),
        "webhooks",
    ),
    Reason(
        "untested",
        20,
        gettext_lazy("Never tested"),
        lambda look: (
            Q(state=Connection.State.UNTESTED)
            & (Q(state_since__lt=look.now - UNTESTED_FOR) | Q(state_since=None, created_at__lt=look.now - UNTESTED_FOR))
        ),
        lambda _one: _("It was not tested since it was last changed, more than a day ago."),
        lambda one, _look: one.state_since or one.created_at,
    ),
    Reason(
        "unproven",
        10,
        gettext_lazy("Not proven for long"),
        lambda look: Q(state=Connection.State.WORKING, last_success_at__lt=look.now - UNPROVEN_FOR),
        lambda _one: _("Its last success is more than a month ago: a test tells whether it still works."),
        lambda one, _look: one.last_success_at,
    ),
)
HOLDS_UP = frozenset({"refused", "away", "failing", "limited"})  # while these last, records wait
_BY_NAME = {reason.name: reason for reason in REASONS}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why one connection needs somebody, in words, since when (None: not known), and what to do."""

    name: str
    label: str
    words: str
    since: datetime | None
    next_step: str


def look_now() -> Look:
    """Return what to read the table with in the open scope; without its store nobody has met a call limit."""
    now, partner = timezone.now(), scope.require().partner
    return Look(now, list_limited(partner.id, settings.REDIS_URL, now - LIMITED_WITHIN))


def with_trouble(found: QuerySet[Connection], look: Look) -> QuerySet[Connection]:
    """Return the same connections with `trouble`, the name of the worst reason ("" for none), and its `urgency` (0).

    One that is switched off needs nobody: somebody chose that.
    """
    off = When(state=Connection.State.DISABLED, then=Value(""))
    fine = When(state=Connection.State.DISABLED, then=Value(0))
    # An empty list of ids fits nothing: Django leaves such a branch out.
    reasons = [(reason, reason.fits(look)) for reason in REASONS]
    names = [When(fits, then=Value(reason.name)) for reason, fits in reasons]
    urgencies = [When(fits, then=Value(reason.urgency)) for reason, fits in reasons]
    return found.annotate(heard_at=_heard_at(), lapsed=_lapsed(), expires_on=_first_end()).annotate(
        trouble=Case(off, *names, default=Value(""), output_field=CharField()),
        urgency=Case(fine, *urgencies, default=Value(0), output_field=IntegerField()),
    )


def _heard_at() -> Subquery | Value:
    """Return when a connection's webhooks last spoke; a customer's people may not read that, and are told nothing of it."""
    if scope.require().customer_id is not None:
        return Value(None, output_field=DateTimeField())
    heard = WebhookEndpoint.objects.filter(connection_id=OuterRef("pk"), active=True).order_by()
    return Subquery(heard.values("connection_id").annotate(at=Max("last_received_at")).values("at"))


def _lapsed() -> Exists | Value:
    """Return whether something that a connection's system announced has lapsed; as with `_heard_at`."""
    if scope.require().customer_id is not None:
        return Value(value=False, output_field=BooleanField())
    return Exists(
        WebhookSubscription.objects.filter(connection_id=OuterRef("pk"), state=WebhookSubscription.State.LAPSED)
    )


def _first_end() -> Subquery | Value:
    """Return the day on which the first of a connection's secrets expires; as with `_heard_at`."""
    if scope.require().customer_id is not None:
        return Value(None, output_field=DateField())
    known = Credential.objects.filter(connection=OuterRef("pk"), expires_on__isnull=False)
    return Subquery(known.order_by("expires_on").values("expires_on")[:1])


def trouble_of(connection: Connection, look: Look) -> Trouble | None:
    """Return why a connection that `with_trouble` read needs somebody, None when it needs nobody."""
    reason = _BY_NAME.get(getattr(connection, "trouble", ""))
    if reason is None:
        return None
    step = "secrets" if reason.next_step == "sign_in" and not _signs_in(connection) else reason.next_step
    since = reason.since(connection, look)
    return Trouble(reason.name, str(reason.label), reason.words(connection).strip(), since, step)


def _signs_in(connection: Connection) -> bool:
    """Return whether people sign in at the system itself; elsewhere secrets are typed here."""
    known = registry.is_listed(connection.system)
    return known and registry.manifest(connection.system).auth.scheme is AuthScheme.OAUTH_CODE


def _said(connection: Connection) -> str:
    return _(connection.breaker.reason) if connection.breaker.reason else ""
