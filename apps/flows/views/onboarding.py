"""Pages about onboarding as a whole: the board, the start, one customer's checklist, the notes, and whom a step is sent to."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import Chip, acting_person, address, asked_id, asked_words
from apps.accounts.queries import get_person
from apps.accounts.refusals import refusals_on
from apps.connectors.queries import system_name
from apps.customers import onboarding_changes as changes
from apps.customers.forms import CustomerForm
from apps.customers.models import Customer
from apps.customers.onboarding import Stage, Step
from apps.customers.onboarding_changes import WhoIsAsked
from apps.customers.queries import get_customer
from apps.customers.services import create_customer
from apps.flows.onboarding_forms import AskColleagueForm, AskCustomerForm, NotesForm, OwnerForm
from apps.flows.queries import onboarding as queries
from apps.flows.queries.onboarding import OnboardingRow
from apps.flows.views import onboarding_words as words
from apps.flows.views.onboarding_frame import Frame, build_frame, missing_lines, step_url, to_board, to_checklist

_SLOW_DAYS = 14  # in one stage: then somebody should ask why
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Card:
    """One customer of the board. `waiting` says for whom it waits, "" when the team itself is next."""

    row: OnboardingRow
    url: str
    next_title: str
    next_url: str
    missing: str
    days: str
    is_slow: bool
    waiting: str
    owner: str

    @property
    def percent_words(self) -> str:
        """Return the readiness as people read it."""
        return _("%(percent)s%% ready") % {"percent": self.row.readiness.percent}


@dataclass(frozen=True, slots=True)
class Column:
    """One stage of the board."""

    title: str
    cards: list[Card]


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def onboarding_board(request: HttpRequest) -> HttpResponse:
    """Show the customers being onboarded, by stage."""
    person, nobody = asked_id(request, "owner"), asked_words(request, "owner") == _NOBODY
    board, who = queries.get_board(person, nobody=nobody), acting_person(request)
    columns = [Column(str(words.STAGE_TITLES[stage]), [_card(row) for row in board.of(stage)]) for stage in Stage]
    mine = [owner for owner in board.owners if owner.id == who.user_id]
    others = [owner for owner in board.owners if owner.id != who.user_id]
    context = {
        "columns": columns,
        "total": len(board.rows),
        "as_table": asked_words(request, "view") == "table",
        "board_url": address(request, view=""),
        "table_url": address(request, view="table"),
        "chips": [
            Chip(_("Everybody's"), address(request, owner=""), active=person is None and not nobody),
            *(Chip(_("Mine"), address(request, owner=owner.id), active=person == owner.id) for owner in mine),
            *(Chip(str(owner), address(request, owner=owner.id), active=person == owner.id) for owner in others),
            Chip(_("Nobody's yet"), address(request, owner=_NOBODY), active=nobody),
        ],
        "is_filtered": person is not None or nobody,
        "can_edit": who.can(Action.EDIT_CUSTOMERS),
    }
    return render(request, "onboarding/board.html", context)


def _card(row: OnboardingRow) -> Card:
    now, step = timezone.now(), row.next
    days = (now - row.readiness.stage_since).days
    lacks = missing_lines(row, step.lacks)
    owner = row.known.onboarding.owner
    return Card(
        row=row,
        url=reverse("flows:onboarding-checklist", args=[row.customer.id]),
        next_title=str(words.STEP_TITLES[step.step]),
        next_url=step_url(row.customer.id, step.step),
        missing=lacks[0].sentence if lacks else "",
        days=words.age_words(days),
        is_slow=days >= _SLOW_DAYS,
        waiting=_waiting_words(row),
        owner=str(owner) if owner else "",
    )


def _waiting_words(row: OnboardingRow) -> str:
    ask = row.waiting
    if ask is None:
        return ""
    if ask.state(timezone.now()) == "expired":
        return _("The link to %(name)s ran out") % {"name": ask.name}
    return _("Waiting on %(name)s") % {"name": ask.name}


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_start(request: HttpRequest) -> HttpResponse:
    """Begin with a new customer, or with one that was added before (`?customer=`)."""
    known = asked_id(request, "customer")
    if known is not None and request.method == "POST":
        return _begun(request, get_customer(known))
    form = CustomerForm(request.POST or None, initial={"account_owner": acting_person(request).user_id})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            customer = create_customer(**form.cleaned_data)
            return _begun(request, customer)
    context = {"form": form, "steps": list(words.STEP_TITLES.values())}
    return render(request, "onboarding/start.html", context, status=400 if form.errors else 200)


def _begun(request: HttpRequest, customer: Customer) -> HttpResponse:
    changes.start_onboarding(customer, owner_id=acting_person(request).user_id)
    messages.success(request, _("%(name)s is added. You can stop and come back at any time.") % {"name": customer.name})
    return redirect(step_url(customer.id, queries.get_row(customer.id).next.step))


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def onboarding_checklist(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show how far one customer's onboarding is."""
    frame = build_frame(request, customer_id)
    return render(request, "onboarding/checklist.html", {"frame": frame, "crumbs": to_board()})


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def onboarding_notes(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Keep the notes; a page that saves as one types gets one line back."""
    customer, form = get_customer(customer_id), NotesForm(request.POST)
    problem = "" if form.is_valid() else " ".join(str(error) for error in form.errors["notes"])
    if not problem:
        changes.change_notes(customer, notes=form.cleaned_data["notes"])
    if request.headers.get("HX-Request"):
        context = {"problem": problem, "saved_at": timezone.now()}
        return render(request, "onboarding/_notes_saved.html", context)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, _("The notes are saved."))
    return redirect("flows:onboarding-checklist", customer_id)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def onboarding_owner(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Say who of the team looks after the onboarding."""
    customer, colleagues = get_customer(customer_id), queries.list_colleagues()
    form = OwnerForm(request.POST, colleagues=colleagues)
    if form.is_valid():
        chosen = next((person for person in colleagues if person.id == form.cleaned_data["owner"]), None)
        changes.change_owner(customer, owner=chosen)
        if chosen:
            messages.success(request, _("%(name)s looks after it now.") % {"name": chosen})
        else:
            messages.success(request, _("Nobody looks after it for now."))
    else:
        messages.error(request, _("Choose one of your team who may set up customers."))
    return redirect("flows:onboarding-checklist", customer_id)


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def onboarding_ask(request: HttpRequest, customer_id: UUID, step: str) -> HttpResponse:
    """Send a step to a colleague of the team, or by a link to somebody at the customer."""
    wanted = asked_step(step)
    frame = build_frame(request, customer_id, wanted)
    team = AskColleagueForm(request.POST if "to_team" in request.POST else None, colleagues=queries.list_colleagues())
    link = AskCustomerForm(
        request.POST if "to_customer" in request.POST else None,
        systems=_systems(frame) if wanted is Step.CONNECTIONS else None,
    )
    customer = frame.row.customer
    if request.method == "POST":
        if team.is_bound and team.is_valid():
            return _asked_colleague(request, customer, wanted, team)
        if link.is_bound and link.is_valid() and _issued(request, customer, wanted, link):
            return redirect(step_url(customer.id, wanted))
    context = {"frame": frame, "team": team, "link": link, "crumbs": to_checklist(customer)}
    return render(request, "onboarding/ask.html", context, status=400 if team.errors or link.errors else 200)


def _asked_colleague(request: HttpRequest, customer: Customer, step: Step, form: AskColleagueForm) -> HttpResponse:
    colleague = get_person(form.cleaned_data["colleague"])
    changes.ask_colleague(
        customer, step=step, title=str(words.STEP_TITLES[step]), colleague=colleague, message=form.cleaned_data["note"]
    )
    messages.success(request, _("%(name)s gets a mail that leads here.") % {"name": colleague})
    return redirect(step_url(customer.id, step))


def _issued(request: HttpRequest, customer: Customer, step: Step, form: AskCustomerForm) -> bool:
    typed = form.cleaned_data
    system = typed.get("system", "")
    asked = WhoIsAsked(
        step=step,
        title=str(words.STEP_TITLES[step]),
        name=typed["name"],
        email=typed["email"],
        message=typed["note"],
        system=system,
        system_name=system_name(system) if system else "",
    )
    try:
        issued = changes.issue_link(customer, asked)
    except ValidationError as error:
        for sentence in error.messages:
            form.add_error(None, sentence)
        return False
    sentence = _("A link is on its way to %(email)s. It works for %(days)s days.")
    messages.success(request, sentence % {"email": issued.invite.email, "days": changes.LINK_DAYS})
    return True


def _systems(frame: Frame) -> list[tuple[str, str]]:
    known = frame.row.known
    slugs = dict.fromkeys([*known.planned, *(connection.system for connection in known.connections)])
    return [(slug, system_name(slug)) for slug in slugs]


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def onboarding_ask_revoke(request: HttpRequest, customer_id: UUID, invite_id: UUID) -> HttpResponse:
    """Make an ask void."""
    customer = get_customer(customer_id)
    invite = queries.get_invite(customer, invite_id)
    changes.take_back_ask(invite)
    messages.success(request, _("What was sent to %(name)s opens nothing any more.") % {"name": invite.name})
    return redirect("flows:onboarding-checklist", customer_id)


def asked_step(text: str) -> Step:
    """Return the step an address names. Raises Http404."""
    try:
        return Step(text)
    except ValueError:
        raise Http404("There is no such step.") from None
