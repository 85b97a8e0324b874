"""What every API view shares: sign-in, rights, paging and errors."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError as DjangoValidationError
from django.test import Client
from django.urls import include, path
from rest_framework import exceptions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.actions import Action
from apps.accounts.actor import acting
from apps.accounts.api_problems import problem
from apps.accounts.audit import AuditAction, record
from apps.accounts.models import AuditEntry, User
from apps.accounts.services import create_api_key, revoke_api_key
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

OpenBrowser = Callable[..., Client]


class _EntrySerializer(serializers.ModelSerializer):
    class Meta:
        model = AuditEntry
        fields = ("id", "subject")


class _Line(serializers.Serializer):
    target = serializers.CharField()


class _Order(serializers.Serializer):
    name = serializers.CharField(max_length=5)
    lines = _Line(many=True)


class _Entries(viewsets.ReadOnlyModelViewSet):
    queryset = AuditEntry.objects.all()
    serializer_class = _EntrySerializer
    required_actions = {"list": Action.VIEW_RUNS, "retrieve": Action.VIEW_RUNS, "cancel": Action.RUN_FLOWS}

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return Response({"cancelled": pk})


class _Orders(APIView):
    required_actions = {"get": Action.VIEW_FLOWS, "post": Action.EDIT_FLOWS}

    def get(self, request: Request) -> Response:
        return Response({"by": request.actor.name})

    def post(self, request: Request) -> Response:
        _Order(data=request.data).is_valid(raise_exception=True)
        raise DjangoValidationError({"name": "There is already one of this name."})


class _Unnamed(APIView):
    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [
    path("", include("config.urls_partner")),
    path("api/v1/test/entries/", _Entries.as_view({"get": "list"})),
    path("api/v1/test/entries/<uuid:pk>/cancel/", _Entries.as_view({"post": "cancel"})),
    path("api/v1/test/orders/", _Orders.as_view()),
    path("api/v1/test/unnamed/", _Unnamed.as_view()),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def call(partner_a: PartnerRef, owner_a: User) -> Callable[..., Any]:
    """Return a function that calls partner A's API with a fresh key of the given rights."""

    def send(method: str, address: str, *scopes: Action, body: Any = None) -> Any:
        with scope.enter(partner_a), acting(owner_a.as_actor()):
            _, text = create_api_key(name="Export", scopes=list(scopes))
        client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
        return getattr(client, method)(address, body, content_type="application/json")

    return send


def test_a_key_calls_what_its_rights_cover(call: Callable[..., Any]) -> None:
    response = call("get", "/api/v1/test/orders/", Action.VIEW_FLOWS)
    assert (response.status_code, response.json()) == (200, {"by": "Export"})


def test_a_key_is_told_which_right_it_lacks(call: Callable[..., Any]) -> None:
    response = call("post", "/api/v1/test/orders/", Action.VIEW_FLOWS, body={})
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == "This needs the right to change mappings and publish flows."


@pytest.mark.parametrize(
    ("scopes", "status"),
    [((Action.VIEW_RUNS,), 403), ((Action.VIEW_RUNS, Action.RUN_FLOWS), 200)],
    ids=["reading is not cancelling", "with the right"],
)
def test_each_action_of_a_view_set_has_its_own_right(
    call: Callable[..., Any], scopes: tuple[Action], status: int
) -> None:
    assert call("post", f"/api/v1/test/entries/{UUID(int=1)}/cancel/", *scopes).status_code == status


def test_a_view_that_names_no_right_is_closed(call: Callable[..., Any]) -> None:
    assert call("get", "/api/v1/test/unnamed/", Action.VIEW_RUNS).status_code == 403


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "credentials"),
        ("Bearer nonsense", "not an API key"),
        ("Bearer fl_live_0123456789ab_0123456789abcdefghijklmnopq000000", "checksum"),
        ("Bearer ", "not an API key"),
    ],
    ids=["none", "nonsense", "mistyped", "empty"],
)
def test_nobody_is_answered_401_with_the_reason(partner_a: PartnerRef, header: str, words: str) -> None:
    headers = {"host": "alder.localhost", **({"authorization": header} if header else {})}
    response = Client(headers=headers).get("/api/v1/test/orders/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert words in response.json()["detail"]
    assert response.json()["instance"] == "/api/v1/test/orders/"


def test_a_revoked_key_and_a_key_of_another_partner_are_401(
    partner_a: PartnerRef, partner_b: PartnerRef, owner_a: User
) -> None:
    with scope.enter(partner_a), acting(owner_a.as_actor()):
        key, text = create_api_key(name="Export", scopes=[Action.VIEW_FLOWS])
    foreign = Client(headers={"host": "brightforge.localhost", "authorization": f"Bearer {text}"})
    assert foreign.get("/api/v1/test/orders/").status_code == 401
    with scope.enter(partner_a):
        revoke_api_key(key)
    own = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
    assert "revoked" in own.get("/api/v1/test/orders/").json()["detail"]


def test_a_key_opens_no_page(partner_a: PartnerRef, owner_a: User) -> None:
    with scope.enter(partner_a), acting(owner_a.as_actor()):
        _, text = create_api_key(name="Export", scopes=[Action.VIEW_FLOWS])
    client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
    assert client.get("/people/").status_code == 302


def test_a_signed_in_person_may_call_too_but_not_from_another_site(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    assert client.get("/api/v1/test/orders/").json() == {"by": "Olivia Owner"}
    client.handler.enforce_csrf_checks = True
    response = client.post("/api/v1/test/orders/", {}, content_type="application/json")
    assert (response.status_code, "CSRF" in response.json()["detail"]) == (403, True)


def test_wrong_fields_are_named_down_to_the_line(call: Callable[..., Any]) -> None:
    body = {"name": "too long a name", "lines": [{"target": "hours"}, {}]}
    response = call("post", "/api/v1/test/orders/", Action.EDIT_FLOWS, body=body)
    answer = response.json()
    assert (response.status_code, answer["status"], answer["title"]) == (400, 400, "Some fields are wrong")
    assert {error["field"] for error in answer["errors"]} == {"name", "lines.1.target"}


def test_a_services_own_refusal_names_its_field(call: Callable[..., Any]) -> None:
    response = call("post", "/api/v1/test/orders/", Action.EDIT_FLOWS, body={"name": "ok", "lines": []})
    assert response.status_code == 400
    assert response.json()["errors"] == [{"field": "name", "message": "There is already one of this name."}]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 2000], ids=["cut off", "not text", "deeply nested"])
def test_a_body_that_is_no_json_is_a_problem_not_a_crash(partner_a: PartnerRef, owner_a: User, body: bytes) -> None:
    with scope.enter(partner_a), acting(owner_a.as_actor()):
        _, text = create_api_key(name="Export", scopes=[Action.EDIT_FLOWS])
    client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
    response = client.post("/api/v1/test/orders/", body, content_type="application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_a_list_is_paged_newest_first(call: Callable[..., Any], partner_a: PartnerRef) -> None:
    with scope.enter(partner_a):
        for number in range(120):
            record(AuditAction.CASE_NOTED, subject=f"case {number:03}")
    first = call("get", "/api/v1/test/entries/", Action.VIEW_RUNS).json()
    assert len(first["results"]) == 50
    subjects = [row["subject"] for row in first["results"] if row["subject"].startswith("case")]
    assert subjects == sorted(subjects, reverse=True)
    assert first["next"].startswith("http://alder.localhost/api/v1/test/entries/?page=")
    second = call("get", first["next"].removeprefix("http://alder.localhost"), Action.VIEW_RUNS).json()
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}


@pytest.mark.parametrize(
    ("query", "rows"), [("?page_size=10", 10), ("?page_size=5000", 200), ("?page_size=0", 50), ("?page_size=x", 50)]
)
def test_a_page_has_at_most_200_rows(call: Callable[..., Any], partner_a: PartnerRef, query: str, rows: int) -> None:
    with scope.enter(partner_a):
        for _ in range(205):
            record(AuditAction.CASE_NOTED, subject="case")
    assert len(call("get", f"/api/v1/test/entries/{query}", Action.VIEW_RUNS).json()["results"]) == rows


def test_a_made_up_page_is_not_found(call: Callable[..., Any]) -> None:
    response = call("get", "/api/v1/test/entries/?page=nonsense", Action.VIEW_RUNS)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (exceptions.NotFound(), 404, "Not found."),
        (exceptions.Throttled(wait=3), 429, "Request was throttled. Expected available in 3 seconds."),
        (exceptions.ValidationError("Too much."), 400, "Too much."),
        (DjangoValidationError("Nothing fits."), 400, "Nothing fits."),
    ],
    ids=["not found", "throttled", "a plain refusal", "a refusal of a service"],
)
def test_every_error_has_type_title_status_and_detail(error: Exception, status: int, detail: str) -> None:
    response = problem(error, {})
    assert response is not None
    assert response.data["status"] == status  # type: ignore[attr-defined]
    assert response.data["detail"] == detail  # type: ignore[attr-defined]
    assert {"type", "title"} <= set(response.data)  # type: ignore[attr-defined]


def test_a_fault_of_ours_is_left_to_be_reported() -> None:
    assert problem(ZeroDivisionError(), {}) is None
