"""Whatever refuses a change of a mapping, whoever asked for it reads why."""

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.test import RequestFactory

from apps.flows.mapping.compiled import LineProblem, MappingError
from apps.flows.mapping.layers import LayerError
from apps.flows.views.mapping_refusals import refusals_told


def _refuse(request: HttpRequest, error: Exception) -> None:
    with refusals_told(request):
        raise error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        pytest.param(ValidationError("There is no such table."), "There is no such table.", id="the change itself"),
        pytest.param(
            MappingError([LineProblem("hours", "Not a number."), LineProblem("", "No lines.")]),
            "hours: Not a number. No lines.",
            id="the compiled mapping",
        ),
        pytest.param(LayerError("line 1: target is missing"), "line 1: target is missing", id="the customer's layer"),
    ],
)
def test_a_refusal_is_told_as_one_message(error: Exception, sentence: str) -> None:
    request = RequestFactory().post("/")
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]  # as the middleware of messages does
    _refuse(request, error)
    assert [str(message) for message in get_messages(request)] == [sentence]


def test_a_defect_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        _refuse(RequestFactory().post("/"), ZeroDivisionError())
