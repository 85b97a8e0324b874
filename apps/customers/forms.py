"""What people type on customers' pages."""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from apps.customers.models import Customer, LegalEntity

_REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def time_zone_choices() -> list[Any]:
    """Return the world's time zones by region, UTC first."""
    known = sorted(available_timezones())
    groups: list[Any] = [("UTC", "UTC")]
    for region in _REGIONS:
        places = [zone for zone in known if zone.startswith(f"{region}/")]
        groups.append((region, [(zone, zone.partition("/")[2].replace("_", " ")) for zone in places]))
    return groups


class CapitalsField(forms.CharField):
    """A short code that is kept in capital letters, however it was typed."""

    def to_python(self, value: Any) -> str:
        """Return the code in capitals."""
        return str(super().to_python(value)).upper()


class _PlaceForm(forms.Form):
    country = CapitalsField(
        label="Country", max_length=2, required=False, help_text="Two letters, for example DE.", empty_value=""
    )
    currency = CapitalsField(label="Currency", max_length=3, initial="EUR", help_text="Three letters, for example EUR.")


class CustomerForm(_PlaceForm):
    """What is known of a customer."""

    name = forms.CharField(label="Name", max_length=160, help_text="As its own people write it.")
    external_reference = forms.CharField(
        label="Reference", max_length=80, required=False, help_text="The customer's number with you."
    )
    segment = forms.CharField(
        label="Segment", max_length=60, required=False, help_text="How you group customers, for example Engineering."
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=time_zone_choices, initial="Europe/Berlin")
    state = forms.ChoiceField(
        label="State", choices=[(s.value, s.label.capitalize()) for s in Customer.State], required=False
    )
    field_order = ("name", "external_reference", "segment", "country", "currency", "time_zone", "state")

    def __init__(self, *args: Any, customer: Customer | None = None, **kwargs: Any) -> None:
        if customer is not None:
            kwargs["initial"] = {name: getattr(customer, name) for name in self.field_order}
        super().__init__(*args, **kwargs)
        if customer is None:
            del self.fields["state"]
        else:
            self.fields["state"].required = True


class EntityForm(_PlaceForm):
    """One of the customer's own companies."""

    code = forms.CharField(
        label="Code", max_length=20, help_text="What the systems call this company, for example DE01."
    )
    name = forms.CharField(label="Name", max_length=160)
    field_order = ("code", "name", "country", "currency")

    def __init__(self, *args: Any, entity: LegalEntity | None = None, **kwargs: Any) -> None:
        if entity is not None:
            kwargs["initial"] = {name: getattr(entity, name) for name in self.field_order}
        super().__init__(*args, **kwargs)
