"""The one page that a customer's colleague sees through a link: a single step, in the partner's brand, without an account.

The link's token is the only key. What is entered is recorded under the name and address the link was sent to.
"""

from collections.abc import Callable, Mapping

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts import link_limits
from apps.accounts.access import open_to_all
from apps.accounts.actor import Actor, acting, actor_for_guest
from apps.accounts.refusals import refusals_on
from apps.accounts.staff_scope import as_staff
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.queries import get_system, latest_test
from apps.customers import onboarding_changes as changes
from apps.customers.forms import EntityForm
from apps.customers.models import LegalEntity, OnboardingInvite
from apps.customers.onboarding import Step
from apps.customers.onboarding_changes import LinkError
from apps.customers.services import change_customer
from apps.flows.onboarding_forms import AccessForm, OwnCompanyForm
from apps.flows.queries.onboarding import asked_system, connection_of_system
from apps.flows.services.onboarding import give_access
from apps.flows.views import onboarding_words as words
from apps.flows.views.onboarding_steps import save_entity

_LINKS = "onboarding"
_STATUS = {"unknown": 404, "too_many": 429, "answered": 200}
Answer = Callable[[HttpRequest, OnboardingInvite, str], HttpResponse]


@open_to_all
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show the step a link was made for, and take what is entered there."""
    if link_limits.has_guessed(request, _LINKS):
        return _closed(request, "too_many")
    with as_staff():  # whoever is signed in meanwhile: the link decides what is seen
        try:
            invite = changes.require_link(token, now=timezone.now())
        except LinkError as error:
            if error.reason == "unknown":
                link_limits.note_wrong_link(request, _LINKS)
            return _closed(request, error.reason)
        if request.method == "POST" and link_limits.answers_too_often(_LINKS, invite.id):
            return _closed(request, "too_many")
        with acting(_guest(invite)):
            return _ANSWERS[Step(invite.step)](request, invite, token)


def _guest(invite: OnboardingInvite) -> Actor:
    """Return the person a link was sent to, as the one who acts: in the audit trail, with no rights anywhere."""
    return actor_for_guest(
        name=_("%(name)s (by link)") % {"name": invite.name},
        email=invite.email,
        customer_id=invite.customer_id,
        customer_name=invite.customer.name,
    )


def _company(request: HttpRequest, invite: OnboardingInvite, token: str) -> HttpResponse:
    form = OwnCompanyForm(request.POST or None, customer=invite.customer)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            change_customer(invite.customer, changes=form.cleaned_data)
            return _done(request, invite, token)
    return _page(request, invite, "onboarding/shared_company.html", {"form": form}, wrong=bool(form.errors))


def _entities(request: HttpRequest, invite: OnboardingInvite, token: str) -> HttpResponse:
    customer = invite.customer
    if "done" in request.POST:
        return _done(request, invite, token)
    form = EntityForm(request.POST or None, customer=customer)
    if request.method == "POST" and form.is_valid() and save_entity(form, customer, None):
        return redirect("flows:onboarding-shared", token)
    context = {"form": form, "entities": list(LegalEntity.objects.filter(customer=customer))}
    return _page(request, invite, "onboarding/shared_entities.html", context, wrong=bool(form.errors))


def _access(request: HttpRequest, invite: OnboardingInvite, token: str) -> HttpResponse:
    customer, manifest = invite.customer, get_system(invite.system)
    known = connection_of_system(customer, invite.system)
    test = _own_test(known, invite)
    if test is not None and test.state == ConnectionTest.State.PASSED:
        return _done(request, invite, token)
    form = AccessForm(request.POST or None, manifest=manifest, connection=known)
    if request.method == "POST" and form.is_valid():
        try:
            give_access(customer, known, form.wanted())
        except ValidationError as error:
            form.add_errors(error.message_dict)
        else:
            return redirect("flows:onboarding-shared", token)
    running = test is not None and test.state == ConnectionTest.State.RUNNING
    context = {"form": form, "test": test, "is_running": running, "token": token}
    if request.headers.get("HX-Request") and running:
        return render(request, "onboarding/_shared_test.html", {"invite": invite, **context})
    response = _page(request, invite, "onboarding/shared_access.html", context, wrong=bool(form.errors))
    if request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


def _own_test(connection: Connection | None, invite: OnboardingInvite) -> ConnectionTest | None:
    """Return the test of what was entered through the link; one of before it was made is not theirs."""
    test = latest_test(connection) if connection is not None else None
    return test if test is not None and test.started_at >= invite.created_at else None


def _done(request: HttpRequest, invite: OnboardingInvite, token: str) -> HttpResponse:
    changes.answer_ask(invite)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect("flows:onboarding-shared", token)


def _page(
    request: HttpRequest, invite: OnboardingInvite, template: str, context: Mapping[str, object], *, wrong: bool
) -> HttpResponse:
    shared = {"invite": invite, "title": _title(invite), "actor": None}
    return render(request, template, {**shared, **context}, status=400 if wrong else 200)


def _title(invite: OnboardingInvite) -> str:
    return asked_system(invite) or str(words.STEP_TITLES[Step(invite.step)])


def _closed(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "onboarding/shared_closed.html", {"reason": reason}, status=_STATUS.get(reason, 410))


_ANSWERS: dict[Step, Answer] = {
    Step.COMPANY: _company,
    Step.ENTITIES: _entities,
    Step.CONNECTIONS: _access,
}
