"""Reading customers."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from apps.customers.models import Customer


def list_customers() -> QuerySet[Customer]:
    """Return the customers in scope, by name."""
    return Customer.objects.all()


def get_customer(customer_id: UUID) -> Customer:
    """Return one customer in scope. Raises Http404 when it does not exist or belongs to someone else."""
    customer = Customer.objects.filter(id=customer_id).first()
    if customer is None:
        raise Http404("There is no such customer.")
    return customer
