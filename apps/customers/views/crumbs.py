"""Where the pages about one customer stand: the way back to the list, the customer and its settings."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.customers.models import Customer
from apps.tenants import scope
from apps.tenants.brands import brand_for


def to_list() -> list[dict[str, str]]:
    """Return the way to all customers."""
    here = scope.current()
    word = brand_for(here.partner).customers_noun if here else ""
    return [{"label": word or _("Customers"), "url": reverse("customers:customer-list")}]


def to_customer(customer: Customer) -> list[dict[str, str]]:
    """Return the way to one customer."""
    return [*to_list(), {"label": customer.name, "url": reverse("monitoring:customer-overview", args=[customer.id])}]


def to_settings(customer: Customer) -> list[dict[str, str]]:
    """Return the way to one customer's settings."""
    here = reverse("customers:customer-settings", args=[customer.id])
    return [*to_customer(customer), {"label": _("Settings"), "url": here}]
