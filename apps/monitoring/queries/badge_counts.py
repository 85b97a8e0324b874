"""The figures beside the menu's entries about exceptions: one small query each."""

from django.db.models import Count, Q

from apps.accounts.actor import Actor
from apps.accounts.badges import Badge
from apps.monitoring.blame import WaitingOn
from apps.monitoring.models import ExceptionCase


def open_cases(who: Actor) -> Badge:
    """Return how many cases in scope are open, and how many of them are this person's."""
    counted = ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED).aggregate(
        all=Count("id"), mine=Count("id", filter=Q(owner_id=who.user_id))
    )
    return Badge(counted["all"], counted["mine"])


def needed_from_customer(_who: Actor) -> Badge:
    """Return how many open cases in scope wait for the customer."""
    waiting = ExceptionCase.objects.filter(waiting_on=WaitingOn.CUSTOMER).exclude(state=ExceptionCase.State.CLOSED)
    return Badge(waiting.count())
