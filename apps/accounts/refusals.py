"""A change that is refused is said on the form that asked for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.forms import BaseForm


@contextmanager
def refusals_on(form: BaseForm) -> Iterator[None]:
    """Make the change a valid form asks for; what refuses it (ValidationError) becomes an error of the form.

    if form.is_valid():
        with refusals_on(form):
            customer = create_customer(**form.cleaned_data)
            return redirect("customers:customer-settings", customer.id)
    return render(...)
    """
    try:
        yield
    except ValidationError as error:
        form.add_error(None, error)
