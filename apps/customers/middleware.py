"""Narrows a customer user's request to the one customer it is about."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.accounts.actor import Actor, acting
from apps.customers.models import Customer, Membership
from apps.tenants import scope

Respond = Callable[[HttpRequest], HttpResponse]
SESSION_CUSTOMER = "customer_id"


class CustomerScopeMiddleware:
    """Staff keep the partner's scope; a customer's people (and keys) get their customer's rows only."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the narrowest scope the actor is entitled to."""
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None or scope.current() is None or not (actor.is_customer or actor.customer_id):
            return self.get_response(request)
        customer_id = actor.customer_id or self._chosen_customer(request, actor)
        if customer_id is None:
            request.session.flush()
            request.actor = None  # type: ignore[attr-defined]  # nobody's customer: an unnarrowed scope would show all
            with acting(None):
                return self.get_response(request)
        request.customer_id = customer_id  # type: ignore[attr-defined]
        with scope.narrowed_to(customer_id):
            name = Customer.objects.values_list("name", flat=True).filter(id=customer_id).first() or ""
            request.actor = replace(actor, customer_id=customer_id, customer_name=name)  # type: ignore[attr-defined]
            with acting(request.actor):  # type: ignore[attr-defined]
                return self.get_response(request)

    def _chosen_customer(self, request: HttpRequest, actor: Actor) -> UUID | None:
        mine = list(
            Membership.objects.filter(user_id=str(actor.user_id)).order_by("id").values_list("customer_id", flat=True)
        )
        chosen = request.session.get(SESSION_CUSTOMER)
        return next((c for c in mine if str(c) == chosen), mine[0] if mine else None)
