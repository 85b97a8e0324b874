"""Links by which a colleague at the customer enters a connection's credentials: once, for three days, and nothing else.

The token in the link is the only key and is stored as a hash. Opening a link uses nothing up: programs that look through
mails follow every link. Whoever used it may, in the same browser, see the result and correct what does not work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit, tokens
from apps.accounts.actor import current_actor
from apps.accounts.audit import AuditAction
from apps.accounts.links import absolute_url
from apps.connectors import registry, services, sign_ins
from apps.connectors.models import Connection, ConnectionTest, CredentialLink, SignIn

LINK_HOURS = 72
MOST_OPEN_LINKS = 10  # of one connection
CORRECT_WITHIN = timedelta(hours=1)  # of its use


class LinkError(LookupError):
    """A link opens nothing: it was never made, was used or taken back, or ran out. Which of them is told to nobody."""


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A stored link and its address, which exists nowhere else."""

    link: CredentialLink
    address: str


def can_be_asked(connection: Connection) -> bool:
    """Return whether there is anything that a colleague could enter."""
    manifest = registry.manifest(connection.system)
    return bool(manifest.secrets) or sign_ins.signs_in(manifest)


def issue_link(connection: Connection, *, for_whom: str) -> IssuedLink:
    """Make a link to the credentials of one connection.

    Raises:
        ValidationError: the name is missing or too long, nothing can be entered, or too many links are open.

    """
    name = " ".join(for_whom.replace("\x00", "").split())
    if not name:
        raise ValidationError({"for_whom": _("Say whom the link is for: what is entered is recorded under that name.")})
    if not can_be_asked(connection):
        raise ValidationError({"for_whom": _("This system needs no secret: there is nothing to enter.")})
    if sign_ins.signs_in(registry.manifest(connection.system)):
        sign_ins.require_ready(connection)
    actor, token, now = current_actor(), tokens.new_token(), timezone.now()
    link = CredentialLink(
        connection=connection,
        customer_id=connection.customer_id,
        for_whom=name,
        token_hash=tokens.token_hash(token),
        made_by=actor.shown_name[:200] if actor else "system",
        created_at=now,
        expires_at=now + timedelta(hours=LINK_HOURS),
    )
    link.clean_fields(exclude=["connection", "customer"])
    with transaction.atomic():
        # One at a time per connection: of two links made in one moment neither may slip by the bound.
        Connection.objects.select_for_update(no_key=True).get(id=connection.id)
        if open_links(connection).count() >= MOST_OPEN_LINKS:
            sentence = _("There are %(number)s open links already: take some back first.")
            raise ValidationError({"for_whom": sentence % {"number": MOST_OPEN_LINKS}})
        link.save(force_insert=True)
        _record(AuditAction.CREDENTIAL_LINK_MADE, link)
    return IssuedLink(link, absolute_url(reverse("connectors:credential-link", args=[token])))


def open_links(connection: Connection) -> QuerySet[CredentialLink]:
    """Return the links of a connection that can still be used, newest first."""
    found = CredentialLink.objects.filter(connection=connection, used_at=None, revoked_at=None)
    return found.filter(expires_at__gt=timezone.now())


def take_back_link(connection: Connection, link_id: UUID) -> bool:
    """Make a link void; False when it was used or taken back before, or is none of this connection's."""
    with transaction.atomic():
        link = CredentialLink.objects.filter(connection=connection, id=link_id).first()
        waiting = CredentialLink.objects.filter(connection=connection, id=link_id, used_at=None, revoked_at=None)
        if link is None or not waiting.update(revoked_at=timezone.now()):
            return False
        _record(AuditAction.CREDENTIAL_LINK_REVOKED, link)
        return True


def open_link(token: str) -> CredentialLink:
    """Return the link that `token` belongs to while it can be used. Raises LinkError."""
    found = CredentialLink.objects.filter(token_hash=tokens.token_hash(token))
    link = found.select_related("connection", "customer").first()
    now = timezone.now()
    if link is None or not link.is_open(now):
        raise LinkError
    if link.opened_at is None:
        found.update(opened_at=now)
    return link


def used_link(link_id: UUID) -> CredentialLink:
    """Return a link that was used a short while ago, for the browser that used it. Raises LinkError."""
    found = CredentialLink.objects.filter(id=link_id, revoked_at=None, used_at__gt=timezone.now() - CORRECT_WITHIN)
    link = found.select_related("connection", "customer").first()
    if link is None:
        raise LinkError
    return link


def use_link(link: CredentialLink) -> None:
    """Use a link up, in the caller's transaction; once used, whoever used it goes on. Raises LinkError."""
    if link.used_at is not None:
        return
    now = timezone.now()
    open_still = CredentialLink.objects.filter(id=link.id, used_at=None, revoked_at=None, expires_at__gt=now)
    if not open_still.update(used_at=now):
        raise LinkError
    link.used_at = now


def enter_secrets(link: CredentialLink, values: Mapping[str, str], ends: Mapping[str, date] | None = None) -> None:
    """Store what was entered through a link and ask for a test of it; the link is used up.

    Raises:
        LinkError: somebody else was quicker, or it was taken back meanwhile.
        ValidationError: a secret is empty, unknown or cannot be used; the message names it.

    """
    with transaction.atomic():
        # The link is used up last: secrets that cannot be used leave it as it is.
        services.set_secrets(link.connection, values, ends)
        use_link(link)


def take_return(link: CredentialLink, back: sign_ins.Return, *, session_key: str) -> None:
    """Take what a browser brings back from a system's sign-in page that it went to through a link, and use that up.

    Raises:
        LinkError: the link or the sign-in was used already, or was started in another browser.

    """
    with transaction.atomic():
        use_link(link)
        if sign_ins.take_return(back, session_key=session_key) is None:
            raise LinkError


def result_of(link: CredentialLink) -> ConnectionTest | None:
    """Return the test of what was entered through a used link, None while there is none."""
    found = ConnectionTest.objects.filter(connection_id=link.connection_id)
    # A test that was running already is done anew with what was entered: it is theirs too.
    return found.exclude(finished_at__lt=link.used_at).first() if link.used_at else None


def sign_in_of(link: CredentialLink) -> SignIn | None:
    """Return the sign-in that was finished, or is being finished, since the link was used."""
    back = SignIn.objects.filter(connection_id=link.connection_id).exclude(state=SignIn.State.ASKED).defer("sealed")
    return back.exclude(finished_at__lt=link.used_at).first() if link.used_at else None


def _record(action: AuditAction, link: CredentialLink) -> None:
    audit.record(
        action,
        subject="connection",
        subject_id=str(link.connection_id),
        details={"for": link.for_whom, "link": str(link.id)},
    )
