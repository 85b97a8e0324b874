"""A change that is refused is said on the form that asked for it."""

import pytest
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError

from apps.accounts.refusals import refusals_on


class _NameForm(forms.Form):
    name = forms.CharField()


def _sent() -> _NameForm:
    form = _NameForm({"name": "Alder"})
    assert form.is_valid()
    return form


def _refuse(form: forms.Form, error: Exception) -> None:
    with refusals_on(form):
        raise error


def test_a_refusal_stands_above_the_form() -> None:
    form = _sent()
    _refuse(form, ValidationError("There is already one."))
    assert form.errors == {"__all__": ["There is already one."]}


def test_a_refusal_that_names_a_field_stands_beside_it() -> None:
    form = _sent()
    _refuse(form, ValidationError({"name": "Taken."}))
    assert form.errors == {"name": ["Taken."]}


def test_a_change_that_went_through_leaves_the_form_without_errors() -> None:
    form, done = _sent(), []
    with refusals_on(form):
        done.append(form.cleaned_data["name"])
    assert (done, form.errors) == (["Alder"], {})


def test_anything_else_that_goes_wrong_is_not_the_forms_business() -> None:
    with pytest.raises(PermissionDenied):
        _refuse(_sent(), PermissionDenied())
