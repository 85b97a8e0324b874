"""Which icon, word and tone a state is shown with: one table, so a state reads the same on every page (pure)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Badge:
    """How a state is shown: never by colour alone."""

    icon: str
    word: Words
    tone: str


_RUNS = {
    "queued": Badge("clock", _("Queued"), "neutral"),
    "pending": Badge("clock", _("Queued"), "neutral"),
    "running": Badge("loader-2", _("Running"), "progress"),
    "clean": Badge("circle-check", _("Clean"), "success"),
    "partial": Badge("alert-triangle", _("Partial"), "warning"),
    "failed": Badge("circle-x", _("Failed"), "danger"),
    "empty": Badge("circle-dashed", _("Nothing new"), "neutral"),
    "cancelled": Badge("ban", _("Cancelled"), "neutral"),
    "done": Badge("circle-check", _("Done"), "success"),
    "stopped": Badge("circle-x", _("Stopped"), "danger"),
    "changed": Badge("circle-check", _("Changed"), "success"),
    "held": Badge("alert-triangle", _("Needs a decision"), "warning"),
    "deferred": Badge("clock", _("Put off"), "neutral"),
    "accepted": Badge("circle-check", _("Taken over"), "success"),
    "refused": Badge("circle-x", _("Kept out"), "neutral"),
    "agreed": Badge("equal", _("Agrees again"), "success"),
    "taken_back": Badge("arrow-back-up", _("Taken back"), "warning"),
    "asked": Badge("help-circle", _("Not confirmed yet"), "neutral"),
    "barred": Badge("ban", _("Cannot be done"), "neutral"),
    "lost": Badge("unlink", _("Lost"), "danger"),
    "unexplained": Badge("circle-x", _("Unexplained"), "danger"),
    "unproven": Badge("alert-triangle", _("Not all seen"), "warning"),
}
_OPERATIONS = {
    "written": Badge("circle-check", _("Written"), "success"),
    "unchanged": Badge("equal", _("Unchanged"), "neutral"),
    "skipped": Badge("player-skip-forward", _("Skipped"), "neutral"),
    "rejected": Badge("circle-x", _("Rejected"), "danger"),
    "waiting": Badge("hourglass", _("Waiting"), "warning"),
    "retrying": Badge("refresh", _("Retrying"), "warning"),
    "superseded": Badge("replace", _("Superseded"), "neutral"),
    "undone": Badge("arrow-back-up", _("Undone"), "neutral"),
    "undoing": Badge("arrow-back-up", _("Being undone"), "progress"),
    "not_reached": Badge("circle-dashed", _("Not reached"), "neutral"),
    "kept": Badge("lock", _("Cannot be undone"), "warning"),
}
_APPROVALS = {
    "approved": Badge("circle-check", _("Approved"), "success"),
    "withdrawn": Badge("ban", _("Not needed any more"), "neutral"),
    "overtaken": Badge("replace", _("Overtaken"), "neutral"),
    "met": Badge("circle-check", _("Arrived"), "success"),
}
_MILESTONES = {
    "deal_closed": Badge("flag", _("Deal closed"), "success"),
    "contract_approved": Badge("flag", _("Contract approved"), "success"),
    "client_activated": Badge("flag", _("Client activated"), "success"),
    "project_ready": Badge("flag", _("Project ready"), "success"),
    "billing_enabled": Badge("flag", _("Billing enabled"), "success"),
    "onboarding_complete": Badge("flag", _("Onboarding complete"), "success"),
}
_BATCHES = {
    "planned": Badge("clock", _("Planned"), "neutral"),
    "sent": Badge("send", _("Sent"), "progress"),
    "settled": Badge("circle-check", _("Settled"), "success"),
    "abandoned": Badge("ban", _("Given up"), "neutral"),
}
_PROPOSALS = {
    "applied": Badge("circle-check", _("Applied"), "success"),
    "stale": Badge("replace", _("Overtaken"), "neutral"),
}
_ALERTS = {
    "told": Badge("send", _("Told"), "success"),
    "dropped": Badge("ban", _("Over before it was told"), "neutral"),
}
_REVIEWS = {
    "archived": Badge("archive", _("Archived"), "neutral"),
}
_INSIGHTS = {
    "dismissed": Badge("ban", _("Dismissed"), "neutral"),
    "gone": Badge("circle-check", _("Over"), "neutral"),
}
_CONNECTIONS = {
    "untested": Badge("help-circle", _("Not tested"), "neutral"),
    "working": Badge("plug-connected", _("Working"), "success"),
    "attention": Badge("alert-triangle", _("Needs attention"), "danger"),
    "disabled": Badge("ban", _("Switched off"), "neutral"),
    "returned": Badge("loader-2", _("Being finished"), "progress"),
    "wanted": Badge("loader-2", _("Being made"), "progress"),
    "lapsed": Badge("unlink", _("Lapsed"), "danger"),
    "ending": Badge("loader-2", _("Being ended"), "neutral"),
    "passed": Badge("circle-check", _("Passed"), "success"),
    "sandbox": Badge("test-pipe", _("Sandbox"), "warning"),
    "production": Badge("building", _("Production"), "neutral"),
}
_HEALTH = {
    "green": Badge("circle-check", _("Healthy"), "success"),
    "amber": Badge("alert-triangle", _("Needs attention"), "warning"),
    "red": Badge("circle-x", _("Blocked"), "danger"),
    "grey": Badge("circle-dashed", _("No record yet"), "neutral"),
}
_CASES = {
    "open": Badge("alert-circle", _("Open"), "danger"),
    "resolving": Badge("refresh", _("Being resolved"), "progress"),
    "acknowledged": Badge("eye", _("Acknowledged"), "warning"),
    "in_progress": Badge("tool", _("In progress"), "progress"),
    "waiting_customer": Badge("user-question", _("Waiting on customer"), "warning"),
    "waiting_provider": Badge("hourglass", _("Waiting on provider"), "warning"),
    "snoozed": Badge("clock", _("Snoozed"), "neutral"),
    "reopened": Badge("rotate-clockwise", _("Reopened"), "danger"),
    "resolved": Badge("circle-check", _("Resolved"), "success"),
    "closed": Badge("check", _("Closed"), "neutral"),
}
_CLOCKS = {
    "breached": Badge("alert-circle", _("Missed"), "danger"),
    "at_risk": Badge("alert-triangle", _("At risk"), "warning"),
    "on_time": Badge("circle-check", _("On time"), "success"),
}
_CUSTOMERS = {
    "onboarding": Badge("flag", _("Onboarding"), "progress"),
    "left": Badge("logout", _("Left"), "neutral"),
    "invited": Badge("mail", _("Invited"), "progress"),
    "expired": Badge("clock", _("Expired"), "neutral"),
    "revoked": Badge("ban", _("Revoked"), "neutral"),
}
_VERSIONS = {
    "draft": Badge("pencil", _("Draft"), "neutral"),
    "proposed": Badge("git-branch", _("Proposed"), "progress"),
    "live": Badge("player-play", _("Live"), "success"),
    "retired": Badge("archive", _("Retired"), "neutral"),
    "replaced": Badge("archive", _("Replaced"), "neutral"),
    "active": Badge("player-play", _("Active"), "success"),
    "paused": Badge("player-pause", _("Paused"), "warning"),
    "inactive": Badge("player-pause", _("Inactive"), "neutral"),
    "suspended": Badge("ban", _("Suspended"), "danger"),
    "provisioning": Badge("loader-2", _("Being set up"), "progress"),
}
_CERTAINTY = {
    "known": Badge("check", _("Known"), "neutral"),
    "estimated": Badge("equal", _("Estimated"), "warning"),
    "measured": Badge("check", _("Measured"), "neutral"),
    "unknown": Badge("help-circle", _("Unknown"), "neutral"),
    "derived": Badge("equal", _("Derived"), "neutral"),
    "assumed": Badge("help-circle", _("Assumed"), "warning"),
}
BADGES: dict[str, Badge] = {
    **_CERTAINTY,
    **_PROPOSALS,
    **_ALERTS,
    **_REVIEWS,
    **_INSIGHTS,
    **_CUSTOMERS,
    **_VERSIONS,
    **_CASES,
    **_CLOCKS,
    **_HEALTH,
    **_CONNECTIONS,
    **_BATCHES,
    **_APPROVALS,
    **_MILESTONES,
    **_OPERATIONS,
    **_RUNS,
}


def badge_for(state: object) -> Badge:
    """Return how a state is shown; one that is not in the table gets its own word and a neutral tone."""
    name = str(getattr(state, "value", state) or "unknown")
    words = name.replace("_", " ").replace("-", " ").strip().capitalize()
    return BADGES.get(name.lower()) or Badge("circle-dashed", words, "neutral")
