"""Reading connections: everything one connection's page shows, and counts for customers' pages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.connectors import private_shelf, registry
from apps.connectors.auth import REFRESH_TOKEN, SIGN_IN_MARK
from apps.connectors.auth_spec import AuthScheme, SecretSpec
from apps.connectors.breaker_rule import BreakerState
from apps.connectors.expiry import end_tone, end_words
from apps.connectors.manifest import SystemManifest
from apps.connectors.models import (
    CircuitBreaker,
    Connection,
    ConnectionTest,
    Credential,
    CredentialLink,
    SignIn,
    WebhookEndpoint,
    WebhookSubscription,
)
from apps.connectors.usage_directory import ConnectionUse, list_uses_of
from apps.customers.connection_directory import ConnectionCounts

_SIGN_IN_PATIENCE = timedelta(minutes=5)  # after which one that is being finished was lost


@dataclass(frozen=True, slots=True)
class End:
    """The day on which something expires, in words: "expires in 12 days"."""

    on: date
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class SecretLine:
    """One secret of a connection: never its value. `set_at` None: it was never set; `ends` None: nobody knows when."""

    spec: SecretSpec
    last4: str
    set_at: datetime | None
    ends: End | None = None


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One plain setting of a connection in words."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """Who is signed in at a connection's system, where people sign in there, and when that ends if nobody uses it.

    `since` None: nobody yet. `failure` is why the latest attempt did not work out, "" when it did.
    """

    since: datetime | None
    person: str
    is_running: bool
    failure: str
    ends: End | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """What a system announces to one address: `label` is the object's own."""

    label: str
    row: WebhookSubscription


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """Everything a connection's page shows; `test` is the latest one, None before the first."""

    connection: Connection
    manifest: SystemManifest
    test: ConnectionTest | None
    secrets: list[SecretLine]
    settings: list[SettingLine]
    endpoints: list[WebhookEndpoint]
    subscriptions: list[SubscriptionLine]
    uses: list[ConnectionUse]
    breaker: CircuitBreaker | None  # while it is not called
    sign_in: SignInFacts | None  # where people sign in at the system

    @property
    def last_read_at(self) -> datetime | None:
        """Return when a record last came through that was read here, None when none ever did."""
        return self._last("reads")

    @property
    def last_written_at(self) -> datetime | None:
        """Return when a record was last written here, None when none ever was."""
        return self._last("writes")

    def _last(self, how: str) -> datetime | None:
        return max((u.last_success_at for u in self.uses if u.how == how and u.last_success_at), default=None)


def connections() -> QuerySet[Connection]:
    """Return the connections in scope with their customers."""
    return Connection.objects.select_related("customer")


def get_connection(connection_id: UUID) -> Connection:
    """Return one connection in scope. Raises Http404 when it does not exist or belongs to someone else."""
    found = connections().filter(id=connection_id).first()
    if found is None:
        raise Http404(_("There is no such connection."))
    return found


def get_test(connection: Connection, test_id: UUID) -> ConnectionTest:
    """Return one test of a connection. Raises Http404."""
    test = ConnectionTest.objects.filter(connection=connection, id=test_id).first()
    if test is None:
        raise Http404(_("There is no such test."))
    return test


def latest_test(connection: Connection) -> ConnectionTest | None:
    """Return the latest test of a connection, None before the first."""
    return ConnectionTest.objects.filter(connection=connection).first()


def get_endpoint(connection: Connection, endpoint_id: UUID) -> WebhookEndpoint:
    """Return one webhook endpoint of a connection. Raises Http404."""
    endpoint = (
        WebhookEndpoint.objects.select_related("connection").filter(connection=connection, id=endpoint_id).first()
    )
    if endpoint is None:
        raise Http404(_("There is no such webhook address."))
    return endpoint


def get_credential_link(connection: Connection, link_id: UUID) -> CredentialLink:
    """Return one link to the credentials of a connection. Raises Http404."""
    link = CredentialLink.objects.filter(connection=connection, id=link_id).first()
    if link is None:
        raise Http404(_("There is no such link."))
    return link


def asked_key(connection: Connection) -> str:
    """Return what the sender calls the key it signs webhooks with, "" when we make that key."""
    webhook = get_system(connection.system).webhook
    return webhook.key_label if webhook else ""


def get_system(slug: str) -> SystemManifest:
    """Return a system of the catalogue. Raises Http404."""
    try:
        return registry.manifest(slug)
    except KeyError:
        raise Http404(_("The catalogue has no such system.")) from None


def get_secret(connection: Connection, name: str) -> SecretSpec:
    """Return what a connection's system says about one of its secrets. Raises Http404."""
    spec = next((s for s in get_system(connection.system).secrets if s.name == name), None)
    if spec is None:
        raise Http404(_("This system has no such secret."))
    return spec


def secret_label(slug: str, name: str) -> str:
    """Return what a system calls one of its secrets; the sign-in is what a refresh token stands for."""
    if name == REFRESH_TOKEN:
        return "The sign-in"
    specs = registry.manifest(slug).secrets if registry.is_listed(slug) else ()
    return next((spec.label for spec in specs if spec.name == name), name.replace("_", " ").capitalize())


def system_name(slug: str) -> str:
    """Return what people call a system; a system that left the catalogue keeps its own slug."""
    if private_shelf.is_private(slug):
        return private_shelf.name_of(slug)
    try:
        return registry.manifest(slug).name
    except KeyError:
        return slug


def get_connection_facts(connection: Connection) -> ConnectionFacts:
    """Return a connection with its latest test, its secrets (never their values) and its webhook addresses."""
    manifest = get_system(connection.system)
    held = {
        credential.name: credential for credential in Credential.objects.filter(connection=connection).defer("sealed")
    }
    secrets = [
        SecretLine(spec, held[spec.name].last4, held[spec.name].set_at, end_of(held[spec.name].expires_on))
        if spec.name in held
        else SecretLine(spec, "", None)
        for spec in manifest.secrets
    ]
    return ConnectionFacts(
        connection=connection,
        manifest=manifest,
        test=latest_test(connection),
        secrets=secrets,
        settings=[SettingLine(f.label or f.name, _words(connection.settings.get(f.name))) for f in manifest.settings],
        endpoints=list(WebhookEndpoint.objects.filter(connection=connection).defer("sealed_secret").order_by("-id")),
        subscriptions=_subscriptions(connection, manifest),
        uses=list_uses_of(connection.id),
        breaker=open_breakers().filter(connection=connection).first(),
        sign_in=get_sign_in(connection) if manifest.auth.scheme is AuthScheme.OAUTH_CODE else None,
    )


def _subscriptions(connection: Connection, manifest: SystemManifest) -> list[SubscriptionLine]:
    labels = {spec.name: spec.label for spec in manifest.objects}
    if manifest.webhook is None or manifest.webhook.subscription is None:
        return []
    rows = WebhookSubscription.objects.filter(connection=connection).order_by("endpoint_id", "object_name")
    return [SubscriptionLine(labels.get(row.object_name, row.object_name), row) for row in rows]


def get_sign_in(connection: Connection) -> SignInFacts:
    """Return who is signed in at a connection's system."""
    mark = Credential.objects.filter(connection=connection, name=SIGN_IN_MARK).defer("sealed").first()
    refresh = Credential.objects.filter(connection=connection, name=REFRESH_TOKEN)
    came_back = SignIn.objects.filter(connection=connection).exclude(state=SignIn.State.ASKED).defer("sealed")
    latest, done = came_back.first(), came_back.filter(state=SignIn.State.DONE).first()
    is_open = latest is not None and latest.state == SignIn.State.RETURNED
    is_lost = is_open and latest is not None and latest.ends_at + _SIGN_IN_PATIENCE < timezone.now()
    failed = latest.reason if latest is not None and latest.state == SignIn.State.FAILED else ""
    return SignInFacts(
        since=mark.set_at if mark else None,
        person=done.person if done else "",
        is_running=is_open and not is_lost,
        failure="The last sign-in got no result: sign in once more." if is_lost else failed,
        ends=end_of(refresh.values_list("expires_on", flat=True).first()),
    )


def end_of(expires_on: date | None) -> End | None:
    """Return a day on which something expires, in words; None for none."""
    if expires_on is None:
        return None
    today = timezone.now().date()
    return End(expires_on, end_words(expires_on, today), end_tone(expires_on, today))


def open_breakers() -> QuerySet[CircuitBreaker]:
    """Return the breakers of connections in scope that are not called just now, with their connections."""
    found = CircuitBreaker.objects.filter(state=BreakerState.OPEN)
    return found.select_related("connection").order_by("connection__name")


def count_by_customer(customer_ids: Collection[UUID]) -> dict[UUID, ConnectionCounts]:
    """Return how many connections each of these customers has."""
    attention = Count("id", filter=Q(state=Connection.State.ATTENTION))
    found = Connection.objects.filter(customer_id__in=customer_ids).order_by().values_list("customer_id")
    return {row[0]: ConnectionCounts(row[1], row[2]) for row in found.annotate(Count("id"), attention=attention)}


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
