"""The figures beside the menu's entries about exceptions and about what a customer is needed for."""

from django.db.models import Count, Q
from django.utils import timezone

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.badges import Badge
from apps.flows.services.approval_voices import waiting_for
from apps.monitoring.blame import WaitingOn
from apps.monitoring.models import ExceptionCase


def open_cases(who: Actor) -> Badge:
    """Return how many cases in scope are open, and how many of them are this person's."""
    counted = ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED).aggregate(
        all=Count("id"), mine=Count("id", filter=Q(owner_id=who.user_id))
    )
    return Badge(counted["all"], counted["mine"])


def needed_from_customer(who: Actor) -> Badge:
    """Return how many open cases in scope wait for the customer, and approvals for this person."""
    waiting = ExceptionCase.objects.filter(waiting_on=WaitingOn.CUSTOMER).exclude(state=ExceptionCase.State.CLOSED)
    if not who.can(Action.APPROVE):
        return Badge(waiting.count())
    return Badge(waiting.values("id").union(waiting_for(who, timezone.now()).values("id"), all=True).count())
