"""What has to hold before a change goes live: looked at when its page is shown, and again at the moment itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.customers.retention import payload_rule
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import ChangeApproval, ChangeRequest, Flow, WhatIf
from apps.flows.services.change_asking import latest_what_if
from apps.flows.services.change_policy import Demands, demands_for
from apps.flows.services.holes import list_holes
from apps.flows.services.samples import CANNOT_RUN, run_of_change
from apps.flows.services.session import compile_version


class Standing(StrEnum):
    """How a check stands; `open` waits for somebody, `failed` for a change of something."""

    PASSED = "passed"
    OPEN = "open"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to hold; `words` say how it is, and what to do where it does not hold."""

    name: str
    title: str
    standing: Standing
    words: str


def list_checks(request: ChangeRequest) -> list[Check]:
    """Return everything that is demanded of a change, as it is now; the request's flow with its connections is read with it."""
    demands = demands_for(request.customer_id)
    starts = is_start(request)
    return [
        _approved(request),
        _compiles(request),
        *(() if starts else _compared(request, demands)),
        *(() if starts else _samples(request, demands)),
        _whole(request, ran_before=not starts),
    ]


def is_start(request: ChangeRequest) -> bool:
    """Return whether what is asked for is to start a draft with what is published of it, instead of another version."""
    return request.flow.state == Flow.State.DRAFT and request.version.published_at is not None


def list_unmet(request: ChangeRequest) -> list[str]:
    """Return in words why a change cannot go live now; [] when it can."""
    return [check.words for check in list_checks(request) if check.standing is not Standing.PASSED]


def lacks_comparison(request: ChangeRequest) -> bool:
    """Return whether nobody can approve yet, because the comparison that is demanded is not there."""
    if is_start(request):
        return False
    checks = _compared(request, demands_for(request.customer_id))
    return any(check.standing is Standing.OPEN for check in checks)


def _approved(request: ChangeRequest) -> Check:
    said = request.approvals.filter(decision=ChangeApproval.Decision.APPROVE).count()
    missing = max(request.needed - said, 0)
    if missing:
        words = ngettext("%(n)s approval is missing.", "%(n)s approvals are missing.", missing) % {"n": missing}
        return Check("approvals", _("Approvals"), Standing.OPEN, words)
    words = _("None is demanded.") if not request.needed else _("Everybody needed has approved.")
    return Check("approvals", _("Approvals"), Standing.PASSED, words)


def _compiles(request: ChangeRequest) -> Check:
    flow, title = request.flow, _("Mapping")
    try:
        compile_version(request.version, flow.source, flow.target)
    except MappingError as wrong:
        words = _("It does not fit its systems any more: %(problems)s") % {"problems": str(wrong)}
        return Check("mapping", title, Standing.FAILED, words)
    except CANNOT_RUN as wrong:
        words = _("It does not fit its systems any more: %(problems)s") % {
            "problems": wrong.args[0] if wrong.args else ""
        }
        return Check("mapping", title, Standing.FAILED, words)
    return Check("mapping", title, Standing.PASSED, _("Every line fits the systems."))


def _compared(request: ChangeRequest, demands: Demands) -> Iterator[Check]:
    if not demands.what_if:
        return
    title = _("What it would change")
    if not payload_rule(request.customer_id).stored:
        words = _("This customer keeps no contents of records: there is no history to compare over.")
        yield Check("what_if", title, Standing.PASSED, words)
    elif latest_what_if(request.version) is not None:
        yield Check("what_if", title, Standing.PASSED, _("Compared over recorded records."))
    elif WhatIf.objects.filter(version_after=request.version, state__in=("queued", "running")).exists():
        yield Check("what_if", title, Standing.OPEN, _("The comparison over recorded records is under way."))
    else:
        words = _("The comparison over recorded records is missing: ask what it would change.")
        yield Check("what_if", title, Standing.OPEN, words)


def _samples(request: ChangeRequest, demands: Demands) -> Iterator[Check]:
    live, title = request.flow.live_version, _("Samples")
    if not demands.samples or live is None:
        return
    live.flow = request.version.flow = request.flow
    run = run_of_change(live, request.version)
    if run is None:
        yield Check("samples", title, Standing.PASSED, _("There is none for this version."))
    elif run.wrong is not None:
        yield Check("samples", title, Standing.FAILED, _("The samples cannot be run through this version."))
    elif run.failing:
        words = _("These samples fail by this version: %(names)s. Change the version and ask anew.")
        yield Check("samples", title, Standing.FAILED, words % {"names": ", ".join(run.failing)})
    else:
        yield Check("samples", title, Standing.PASSED, _("Each gives what it must."))


def _whole(request: ChangeRequest, *, ran_before: bool) -> Check:
    found = [hole for hole in list_holes(request.flow) if hole.stops_always or not ran_before]
    title = _("Connections")
    if found:
        return Check("connections", title, Standing.OPEN, " ".join(hole.words for hole in found))
    return Check("connections", title, Standing.PASSED, _("Nothing is missing."))
