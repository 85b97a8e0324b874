"""What every page of one customer's onboarding shows around its own part: the steps, the readiness, who was asked, the notes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.customers.models import Customer, Onboarding, OnboardingInvite
from apps.customers.onboarding import Lack, Step, StepReadiness, StepState
from apps.customers.onboarding_changes import SHAREABLE
from apps.flows.onboarding_forms import NotesForm, OwnerForm
from apps.flows.queries import onboarding as queries
from apps.flows.queries.onboarding import OnboardingRow
from apps.flows.views import onboarding_words as words

# Where each lack is mended.
_MENDED_AT = {
    Lack.NO_SOURCE: Step.CONNECTIONS,
    Lack.NO_TARGET: Step.CONNECTIONS,
    Lack.NOT_TESTED: Step.CONNECTIONS,
    Lack.NOT_WORKING: Step.CONNECTIONS,
    Lack.NO_FLOW: Step.TEMPLATE,
}


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing, and where it is mended."""

    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class AskLine:
    """Somebody a step was sent to."""

    invite: OnboardingInvite
    title: str
    system: str
    state: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step as the list of steps shows it. `state` is done, started, ready or locked."""

    step: Step
    number: int
    title: str
    hint: str
    icon: str
    url: str
    state: str
    is_current: bool
    missing: list[str]
    needs: list[Missing]
    asked: list[AskLine]

    @property
    def can_be_shared(self) -> bool:
        """Tell whether a customer's colleague may be asked for it."""
        return self.step in SHAREABLE

    @property
    def state_words(self) -> str:
        """Return the state as people read it."""
        return {
            StepState.DONE.value: _("Complete"),
            StepState.STARTED.value: _("Begun"),
            StepState.READY.value: _("To do"),
            StepState.LOCKED.value: _("Not yet"),
        }[self.state]


@dataclass(frozen=True, slots=True)
class Frame:
    """One customer's onboarding around a page. `step` None: the checklist."""

    row: OnboardingRow
    steps: list[StepLine]
    step: StepLine | None
    asks: list[AskLine]
    notes_form: NotesForm
    owner_form: OwnerForm
    can_edit: bool
    stage: str
    days: str

    @property
    def customer(self) -> object:
        """Return whose onboarding it is."""
        return self.row.customer

    @property
    def onboarding(self) -> Onboarding:
        """Return what was decided and noted."""
        return self.row.known.onboarding

    @property
    def percent(self) -> int:
        """Return the readiness."""
        return self.row.readiness.percent

    @property
    def percent_words(self) -> str:
        """Return the readiness as people read it."""
        return _("%(percent)s%% ready") % {"percent": self.percent}

    @property
    def done(self) -> int:
        """Return how many steps are complete."""
        return sum(line.state == StepState.DONE for line in self.steps)

    @property
    def next(self) -> StepLine:
        """Return the step to do next."""
        return next(line for line in self.steps if line.step is self.row.next.step)

    @property
    def resume(self) -> StepLine:
        """Return where to go on: where the work stopped as long as that step is open, else the next open one."""
        stopped = next((line for line in self.steps if line.step == self.onboarding.current_step), None)
        is_begun = not self.onboarding._state.adding  # else nobody has worked on it yet
        is_open = stopped is not None and stopped.state in (StepState.STARTED, StepState.READY)
        return stopped if stopped is not None and is_open and is_begun else self.next

    @property
    def before(self) -> StepLine | None:
        """Return the step before the present one."""
        return self._beside(-1)

    @property
    def after(self) -> StepLine | None:
        """Return the step after the present one."""
        return self._beside(1)

    def _beside(self, distance: int) -> StepLine | None:
        if self.step is None:
            return None
        place = self.step.number - 1 + distance
        return self.steps[place] if 0 <= place < len(self.steps) else None


def step_url(customer_id: UUID, step: Step) -> str:
    """Return where a customer's step is."""
    return reverse("flows:onboarding-step", args=[customer_id, step.value])


def build_frame(request: HttpRequest, customer_id: UUID, step: Step | None = None) -> Frame:
    """Return what is around a page of a customer's onboarding. Raises Http404."""
    row, now = queries.get_row(customer_id), timezone.now()
    asks = [_ask_line(invite, now) for invite in queries.list_invites(row.customer)]
    lines = [_line(row, one, number, step, asks) for number, one in enumerate(row.readiness.steps, start=1)]
    onboarding = row.known.onboarding
    colleagues = queries.list_colleagues()
    return Frame(
        row=row,
        steps=lines,
        step=next((line for line in lines if line.step is step), None),
        asks=asks,
        notes_form=NotesForm(initial={"notes": onboarding.notes}),
        owner_form=OwnerForm(colleagues=colleagues, initial={"owner": onboarding.owner_id or ""}),
        can_edit=acting_person(request).can(Action.EDIT_CUSTOMERS),
        stage=str(words.STAGE_TITLES[row.readiness.stage]),
        days=words.age_words((now - row.readiness.stage_since).days),
    )


def to_board() -> list[dict[str, str]]:
    """Return the way to the board."""
    return [{"label": _("Onboarding"), "url": reverse("flows:onboarding-board")}]


def to_checklist(customer: Customer) -> list[dict[str, str]]:
    """Return the way to one customer's checklist."""
    return [
        *to_board(),
        {"label": customer.name, "url": reverse("flows:onboarding-checklist", args=[customer.id])},
    ]


def render_step(
    request: HttpRequest, frame: Frame, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Return a step's page."""
    shared = {"frame": frame, "crumbs": to_checklist(frame.row.customer)}
    return render(request, template, {**shared, **context}, status=status)


def next_of(frame: Frame) -> HttpResponse:
    """Go on to the step after this one."""
    step = frame.after.step if frame.after else Step.GO_LIVE
    return redirect(step_url(frame.row.customer.id, step))


def missing_lines(row: OnboardingRow, lacks: tuple[Lack, ...]) -> list[Missing]:
    """Return sentences for what is missing, each with the step that mends it."""
    by_lack = {lack: one.step for one in row.readiness.steps for lack in one.lacks} | _MENDED_AT
    return [
        Missing(words.lack_sentence(lack, row.known), step_url(row.customer.id, by_lack[lack]))
        for lack in dict.fromkeys(lacks)
    ]


def _line(row: OnboardingRow, one: StepReadiness, number: int, current: Step | None, asks: list[AskLine]) -> StepLine:
    return StepLine(
        step=one.step,
        number=number,
        title=str(words.STEP_TITLES[one.step]),
        hint=str(words.STEP_HINTS[one.step]),
        icon=words.STEP_ICONS[one.step],
        url=step_url(row.customer.id, one.step),
        state=one.state.value,
        is_current=one.step is current,
        missing=[words.lack_sentence(lack, row.known) for lack in one.lacks],
        needs=missing_lines(row, one.needs),
        asked=[line for line in asks if line.invite.step == one.step and line.state == "waiting"],
    )


def _ask_line(invite: OnboardingInvite, now: datetime) -> AskLine:
    title = str(words.STEP_TITLES[Step(invite.step)])
    return AskLine(invite, title, queries.asked_system(invite), invite.state(now))
