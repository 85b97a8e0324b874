"""Which icon, word and tone a state is shown with: one table, so a state reads the same on every page (pure)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Badge:
    """How a state is shown: never by colour alone."""

    icon: str
    word: str
    tone: str


_RUNS = {
    "queued": Badge("clock", "Queued", "neutral"),
    "pending": Badge("clock", "Queued", "neutral"),
    "running": Badge("loader-2", "Running", "progress"),
    "clean": Badge("circle-check", "Clean", "success"),
    "partial": Badge("alert-triangle", "Partial", "warning"),
    "failed": Badge("circle-x", "Failed", "danger"),
    "empty": Badge("circle-dashed", "Nothing new", "neutral"),
    "cancelled": Badge("ban", "Cancelled", "neutral"),
    "lost": Badge("unlink", "Lost", "danger"),
}
_OPERATIONS = {
    "written": Badge("circle-check", "Written", "success"),
    "unchanged": Badge("equal", "Unchanged", "neutral"),
    "skipped": Badge("player-skip-forward", "Skipped", "neutral"),
    "rejected": Badge("circle-x", "Rejected", "danger"),
    "waiting": Badge("hourglass", "Waiting", "warning"),
    "retrying": Badge("refresh", "Retrying", "warning"),
    "superseded": Badge("replace", "Superseded", "neutral"),
    "undone": Badge("arrow-back-up", "Undone", "neutral"),
}
_BATCHES = {
    "planned": Badge("clock", "Planned", "neutral"),
    "sent": Badge("send", "Sent", "progress"),
    "settled": Badge("circle-check", "Settled", "success"),
    "abandoned": Badge("ban", "Given up", "neutral"),
}
_CONNECTIONS = {
    "untested": Badge("help-circle", "Not tested", "neutral"),
    "working": Badge("plug-connected", "Working", "success"),
    "attention": Badge("alert-triangle", "Needs attention", "danger"),
    "disabled": Badge("ban", "Switched off", "neutral"),
    "passed": Badge("circle-check", "Passed", "success"),
    "sandbox": Badge("test-pipe", "Sandbox", "warning"),
    "production": Badge("building", "Production", "neutral"),
}
_HEALTH = {
    "green": Badge("circle-check", "Healthy", "success"),
    "amber": Badge("alert-triangle", "Needs attention", "warning"),
    "red": Badge("circle-x", "Blocked", "danger"),
    "grey": Badge("circle-dashed", "No record yet", "neutral"),
}
_CASES = {
    "open": Badge("alert-circle", "Open", "danger"),
    "resolving": Badge("refresh", "Being resolved", "progress"),
    "acknowledged": Badge("eye", "Acknowledged", "warning"),
    "in_progress": Badge("tool", "In progress", "progress"),
    "waiting_customer": Badge("user-question", "Waiting on customer", "warning"),
    "waiting_provider": Badge("hourglass", "Waiting on provider", "warning"),
    "snoozed": Badge("clock", "Snoozed", "neutral"),
    "reopened": Badge("rotate-clockwise", "Reopened", "danger"),
    "resolved": Badge("circle-check", "Resolved", "success"),
    "closed": Badge("check", "Closed", "neutral"),
}
_CUSTOMERS = {
    "onboarding": Badge("flag", "Onboarding", "progress"),
    "left": Badge("logout", "Left", "neutral"),
    "invited": Badge("mail", "Invited", "progress"),
    "expired": Badge("clock", "Expired", "neutral"),
    "revoked": Badge("ban", "Revoked", "neutral"),
}
_VERSIONS = {
    "draft": Badge("pencil", "Draft", "neutral"),
    "live": Badge("player-play", "Live", "success"),
    "retired": Badge("archive", "Retired", "neutral"),
    "active": Badge("player-play", "Active", "success"),
    "paused": Badge("player-pause", "Paused", "warning"),
    "inactive": Badge("player-pause", "Inactive", "neutral"),
    "suspended": Badge("ban", "Suspended", "danger"),
    "provisioning": Badge("loader-2", "Being set up", "progress"),
}
_CERTAINTY = {
    "known": Badge("check", "Known", "neutral"),
    "estimated": Badge("equal", "Estimated", "warning"),
    "measured": Badge("check", "Measured", "neutral"),
    "unknown": Badge("help-circle", "Unknown", "neutral"),
    "derived": Badge("equal", "Derived", "neutral"),
    "assumed": Badge("help-circle", "Assumed", "warning"),
}
BADGES: dict[str, Badge] = {
    **_CERTAINTY,
    **_CUSTOMERS,
    **_VERSIONS,
    **_CASES,
    **_HEALTH,
    **_CONNECTIONS,
    **_BATCHES,
    **_OPERATIONS,
    **_RUNS,
}


def badge_for(state: object) -> Badge:
    """Return how a state is shown; one that is not in the table gets its own word and a neutral tone."""
    name = str(getattr(state, "value", state) or "unknown")
    words = name.replace("_", " ").replace("-", " ").strip().capitalize()
    return BADGES.get(name.lower()) or Badge("circle-dashed", words, "neutral")
