"""How a run stands, for the part of its page that keeps itself up to date: counts, steps, progress, and a sentence."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.flows.engine.states import RunState
from apps.flows.models import Run
from apps.flows.queries import runs as queries
from apps.flows.queries.run_steps import StepProgress, get_run_steps
from apps.flows.queries.runs import COUNTS
from apps.tenants.templatetags.wording import count_words, duration_words

_TONES = {
    "written": "success",
    "unchanged": "neutral",
    "skipped": "neutral",
    "rejected": "danger",
    "waiting": "warning",
}
_LEAST_SECONDS = 2.0  # a rate worked out sooner only jumps about


@dataclass(frozen=True, slots=True)
class Tile:
    """One count of a run with its rows behind it."""

    name: str
    label: str
    count: int
    hint: str
    tone: str
    url: str


@dataclass(frozen=True, slots=True)
class StepBar:
    """One step of a run: how many records came to it, and the shares that went on, stand there or ended there."""

    title: str
    words: str
    icon: str
    entered: int
    shares: list[Tile]

    @property
    def is_stuck(self) -> bool:
        """Return True when somebody must act on records of this step."""
        return any(share.name == "rejected" for share in self.shares)


@dataclass(frozen=True, slots=True)
class LiveRun:
    """How a run stands now. `asked` is how many records it is about, None when that is not known beforehand."""

    run: Run
    is_over: bool
    tiles: list[Tile]
    steps: list[StepBar]
    sentence: str
    tone: str
    next_try_at: datetime | None
    asked: int | None
    settled: int
    label: str
    progress_words: str
    read_url: str
    url: str

    @property
    def is_active(self) -> bool:
        """True while the part asks for itself again."""
        return not self.is_over


def live_run(run: Run) -> LiveRun:
    """Return how a run stands now."""
    here = reverse("flows:run-detail", args=[run.id])
    over, asked = queries.is_over(run), queries.asked_for(run)
    return LiveRun(
        run=run,
        is_over=over,
        tiles=[_tile(run, name, here) for name in COUNTS],
        steps=[_bar(step, here) for step in get_run_steps(run)] if run.read else [],
        sentence=_sentence(run),
        tone=_tone(run),
        next_try_at=queries.next_try_at(run),
        asked=asked,
        settled=run.read - run.waiting,
        label=_label(run),
        progress_words=_progress_words(run, asked),
        read_url=f"{here}#records",
        url=reverse("flows:run-live", args=[run.id]),
    )


def _words(name: str) -> tuple[str, str]:
    return {
        "written": (_("Written"), _("delivered to the target")),
        "unchanged": (_("Unchanged"), _("the target held them already")),
        "skipped": (_("Skipped"), _("not for this flow")),
        "rejected": (_("Rejected"), _("somebody must act")),
        "waiting": (_("Waiting"), _("tried again by themselves")),
    }[name]


def _tile(run: Run, name: str, here: str) -> Tile:
    label, hint = _words(name)
    number = getattr(run, name)
    return Tile(name, label, number, hint, _TONES[name] if number else "neutral", f"{here}?count={name}#records")


def _bar(step: StepProgress, here: str) -> StepBar:
    shares = [
        Tile(name, _words(name)[0], number, "", _TONES[name], f"{here}?count={name}&step={step.name}#records")
        for name, number in step.ended.items()
        if name in _TONES and number
    ]
    if step.ended.get("known"):
        known = _("Known already")
        shares.insert(0, Tile("known", known, step.ended["known"], "", "neutral", f"{here}?count=unchanged#records"))
    if step.passed:
        shares.insert(0, Tile("passed", _("Went on"), step.passed, "", "brand", ""))
    return StepBar(step.title, step.words, step.icon, step.entered, shares)


def _label(run: Run) -> str:
    if run.state == RunState.QUEUED:
        return _("Waiting for its turn")
    if run.state == RunState.WAITING:
        return _("Goes on by itself")
    if run.reading_done:
        return _("Settling the last records")
    return _("Reading %(system)s") % {"system": run.flow.source.name}


def _progress_words(run: Run, asked: int | None) -> str:
    if run.state == RunState.QUEUED:
        return _("Starts in a moment")
    if run.state == RunState.WAITING:
        return _("Waits")
    settled = run.read - run.waiting
    words = {"settled": count_words(settled), "all": count_words(asked or run.read)}
    parts = [_("%(settled)s of %(all)s settled") % words if asked else _("%(settled)s settled so far") % words]
    seconds = (timezone.now() - run.started_at).total_seconds() if run.started_at else 0.0
    if settled and seconds >= _LEAST_SECONDS:
        rate = settled / seconds
        parts.append(_("%(rate)s a second") % {"rate": count_words(round(rate, 1 if rate < 10 else 0))})
        if asked and asked > settled:
            parts.append(_("about %(span)s left") % {"span": duration_words((asked - settled) / rate)})
    return " · ".join(parts)


def _tone(run: Run) -> str:
    if run.state == RunState.FAILED:
        return "danger"
    if run.state in (RunState.PARTIAL, RunState.WAITING) or run.error_message:
        return "warning"
    return "success" if run.state == RunState.CLEAN else "neutral"


def _compared_words(run: Run) -> str:
    words = {"number": count_words(run.read), "source": run.flow.source.name}
    if not run.read:
        return _("All records were compared: none that was delivered was deleted in %(source)s.") % words
    told = ngettext(
        "All records were compared: %(number)s that was delivered was deleted in %(source)s. Somebody decides about it.",
        "All records were compared: %(number)s that were delivered were deleted in %(source)s. Somebody decides about them.",
        run.read,
    )
    return told % words


def _reconciled_words(run: Run) -> str:
    if not run.read:
        return _("Both sides were set against each other: nothing new is unexplained.")
    told = ngettext(
        "Both sides were set against each other: %(number)s record differs without a known reason. Somebody looks at it.",
        "Both sides were set against each other: %(number)s records differ without a known reason. Somebody looks at them.",
        run.read,
    )
    return told % {"number": count_words(run.read)}


def _sentence(run: Run) -> str:
    """Return how the run stands, as one would say it."""
    words = {"read": count_words(run.read), "rejected": count_words(run.rejected), "waiting": count_words(run.waiting)}
    words |= {"through": count_words(run.written + run.unchanged), "source": run.flow.source.name}
    if run.error_message:
        return run.error_message
    if run.mode == Run.Mode.COMPARE and run.state in (RunState.EMPTY, RunState.PARTIAL):
        return _compared_words(run)
    if run.mode == Run.Mode.RECONCILE and run.state in (RunState.EMPTY, RunState.PARTIAL):
        return _reconciled_words(run)
    if run.state == RunState.EMPTY:
        return _("There was nothing new in %(source)s.") % words
    if run.state == RunState.CLEAN:
        return _("Everything that was read is settled: nobody has to do anything.")
    if run.state == RunState.PARTIAL:
        return _("%(rejected)s of %(read)s records need somebody; the others are settled.") % words
    if run.state == RunState.WAITING:
        return _("%(waiting)s records wait for another try; nothing has to be done.") % words
    return ""
