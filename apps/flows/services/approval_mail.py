"""The mails of approvals, and the signed links in them: a link proves who is asked and what, and nothing else.

The signing key alone makes and reads a link: nothing of it is stored, so it works after everything was restarted.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.urls import reverse

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.flows.models import ApprovalRequest
from apps.flows.services.approval_voices import Voice
from apps.tenants import scope

LINK_LASTS = timedelta(days=30)  # at most; it ends sooner with its question


class LinkError(Exception):
    """A link that opens nothing; `reason` is unknown, expired or left (the person has no place here any more)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a link stands for: a question and the person it was sent to."""

    request: ApprovalRequest
    person: User


def write_to(voice: Voice, request: ApprovalRequest, occasion: str) -> None:
    """Write to one of those who are asked; the mail leaves once the transaction commits.

    `occasion` is ask, remind or escalate. What people chose about alerts does not count: nothing goes on without them.
    """
    link = _url("flows:approval-mail", make_token(request.id, voice.person.id))
    context = {
        "occasion": occasion,
        "name": voice.person.name,
        "for_person": voice.for_person.name if voice.for_person else "",
        "question": request.question,
        "facts": request.facts,
        "amount": request.amount,
        "currency": request.currency,
        "customer": "" if Role(voice.person.role) in CUSTOMER_ROLES else request.customer.name,
        "due_at": request.due_at,
        "approve_url": f"{link}?decision=approve",
        "refuse_url": f"{link}?decision=reject",
        "screen_url": _url("flows:approval-detail", request.id),
    }
    send_branded("mail/approval", voice.person.email, context)


def make_token(request_id: UUID, person_id: UUID) -> str:
    """Return the secret part of a link."""
    return signing.dumps([request_id.hex, person_id.hex], salt=_salt())


def open_link(token: str) -> OpenedLink:
    """Return what a link stands for; whether its question is still open is for the caller to look at.

    In the partner's own scope, whoever is signed in. Raises LinkError.
    """
    try:
        request_id, person_id = map(UUID, signing.loads(token, salt=_salt(), max_age=LINK_LASTS))
    except signing.SignatureExpired:
        raise LinkError("expired") from None
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        raise LinkError("unknown") from None
    request = ApprovalRequest.objects.select_related("flow", "customer").filter(id=request_id).first()
    person = User.objects.filter(id=person_id).first()
    if request is None or person is None:
        raise LinkError("unknown")
    if not person.is_active:
        raise LinkError("left")
    return OpenedLink(request, person)


def _salt() -> str:
    # A link of one partner means nothing at another.
    return f"approvals.mail:{scope.require().partner.id}"


def _url(name: str, *parts: object) -> str:
    # Workers know no request, and the platform's own addresses are others.
    return absolute_url(reverse(name, args=parts, urlconf="config.urls_partner"))
