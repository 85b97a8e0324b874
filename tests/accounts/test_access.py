"""The decorator that guards every view."""

from uuid import uuid4

import pytest
from allauth.account.views import LoginView, PasswordChangeView
from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views import View
from rest_framework.views import APIView

from apps.accounts.access import open_to_all, required_action_of, requires
from apps.accounts.actions import Action, Role
from apps.accounts.actor import Actor, actor_for_person
from apps.tenants.views import brand_stylesheet


@requires(Action.EDIT_FLOWS)
def _edit(request: HttpRequest) -> HttpResponse:
    return HttpResponse("edited")


@requires(Action.EDIT_FLOWS)
class _EditPage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("edited")


@open_to_all
def _open(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def _unguarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("anything")


class _OneAction(APIView):
    required_action = Action.VIEW_RUNS


class _ActionPerMethod(APIView):
    required_actions = {"get": Action.VIEW_FLOWS, "post": Action.EDIT_FLOWS}


class _NoAction(APIView):
    pass


def _actor(role: Role) -> Actor:
    return actor_for_person(user_id=uuid4(), name="Ann", email="ann@alder.example", role=role)


def _request(actor: Actor | None, path: str = "/flows/?state=live", **headers: str) -> HttpRequest:
    request = RequestFactory().get(path, headers={"accept": "text/html", **headers})
    request.actor = actor  # type: ignore[attr-defined]
    return request


VIEWS = pytest.mark.parametrize("view", [_edit, _EditPage.as_view()], ids=["function", "class"])


@VIEWS
def test_it_lets_somebody_with_the_right_through(view: object) -> None:
    assert view(_request(_actor(Role.BUILDER))).content == b"edited"  # type: ignore[operator]


@VIEWS
@pytest.mark.usefixtures("in_partner_a")
def test_it_refuses_somebody_without_the_right_and_says_what_is_missing(view: object) -> None:
    response = view(_request(_actor(Role.SUPPORT)))  # type: ignore[operator]
    assert response.status_code == 403
    assert "change mappings and publish flows" in response.context_data["sentence"]
    assert "Support" in response.context_data["sentence"]


@VIEWS
def test_it_sends_nobody_to_sign_in_and_back_afterwards(view: object) -> None:
    response = view(_request(None))  # type: ignore[operator]
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/flows/%3Fstate%3Dlive"


def test_it_answers_a_program_with_401() -> None:
    assert _edit(_request(None, accept="application/json")).status_code == 401


def test_it_sends_the_whole_page_to_sign_in_when_a_part_of_it_was_asked_for() -> None:
    response = _edit(_request(None, **{"HX-Request": "true"}))
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/accounts/login/"


def test_it_lets_everybody_into_an_open_view() -> None:
    assert _open(_request(None)).content == b"open"


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (_edit, Action.EDIT_FLOWS),
        (_EditPage.as_view(), Action.EDIT_FLOWS),
        (_open, Action.PUBLIC),
        (_OneAction.as_view(), Action.VIEW_RUNS),
        (_ActionPerMethod.as_view(), Action.VIEW_FLOWS),
        (LoginView.as_view(), Action.PUBLIC),
        (PasswordChangeView.as_view(), Action.OWN_PROFILE),
        (ActivateTOTPView.as_view(), Action.OWN_PROFILE),
        (brand_stylesheet, Action.PUBLIC),
        (_unguarded, None),
        (_NoAction.as_view(), None),
    ],
    ids=[
        "a guarded function",
        "a guarded class",
        "an open view",
        "an API view",
        "an API view with one action per method",
        "the sign-in page",
        "a page about the own password",
        "the second step's set-up",
        "the brand's colours",
        "a view that names nothing",
        "an API view that names nothing",
    ],
)
def test_it_knows_which_action_a_view_demands(callback: object, expected: Action | None) -> None:
    assert required_action_of(callback) == expected  # type: ignore[arg-type]
