"""The mails of changes: each of those who may approve one hears of it once, when it is asked for."""

from django.urls import reverse

from apps.accounts.actions import Action, roles_with
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.accounts.staff_scope import as_staff
from apps.flows.models import ChangeRequest


def tell_approvers(request: ChangeRequest) -> None:
    """Write to everybody who may approve a change but the one who asks; the mails leave once the transaction commits."""
    # Workers know no request, and the platform's own addresses are others.
    url = absolute_url(reverse("flows:change-detail", args=[request.id], urlconf="config.urls_partner"))
    with as_staff():
        people = list(User.objects.filter(is_active=True, role__in=roles_with(Action.APPROVE_CHANGES)).order_by("id"))
    for person in people:
        if person.id == request.asked_by_id:
            continue
        context = {
            "name": person.name,
            "customer": request.flow.customer.name,
            "flow": request.flow.name,
            "number": request.version.number,
            "reason": request.reason,
            "by": request.asked_by_name,
            "url": url,
        }
        send_branded("mail/change", person.email, context)
