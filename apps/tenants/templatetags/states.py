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
    "planned": Badge("clock", "Planned", "neutral"),
    "written": Badge("circle-check", "Written", "success"),
    "unchanged": Badge("equal", "Unchanged", "neutral"),
    "skipped": Badge("player-skip-forward", "Skipped", "neutral"),
    "rejected": Badge("circle-x", "Rejected", "danger"),
    "waiting": Badge("hourglass", "Waiting", "warning"),
    "retrying": Badge("refresh", "Retrying", "warning"),
    "superseded": Badge("replace", "Superseded", "neutral"),
    "undone": Badge("arrow-back-up", "Undone", "neutral"),
}
_CONNECTIONS = {
    "untested": Badge("help-circle", "Not tested", "neutral"),
    "new": Badge("help-circle", "Not tested", "neutral"),
    "connected": Badge("plug-connected", "Connected", "success"),
    "ok": Badge("plug-connected", "Connected", "success"),
    "degraded": Badge("alert-triangle", "Limited", "warning"),
    "broken": Badge("unlink", "Not working", "danger"),
    "unreachable": Badge("wifi-off", "Unreachable", "danger"),
    "expired": Badge("key-off", "Sign-in expired", "danger"),
    "auth_expired": Badge("key-off", "Sign-in expired", "danger"),
    "misconfigured": Badge("settings", "Set-up wrong", "danger"),
    "disabled": Badge("ban", "Switched off", "neutral"),
}
_HEALTH = {
    "green": Badge("circle-check", "Healthy", "success"),
    "amber": Badge("alert-triangle", "Needs attention", "warning"),
    "red": Badge("circle-x", "Blocked", "danger"),
    "grey": Badge("circle-dashed", "No record yet", "neutral"),
    "unknown": Badge("circle-dashed", "No record yet", "neutral"),
}
_CASES = {
    "open": Badge("alert-circle", "Open", "danger"),
    "acknowledged": Badge("eye", "Acknowledged", "warning"),
    "in_progress": Badge("tool", "In progress", "progress"),
    "waiting_customer": Badge("user-question", "Waiting on customer", "warning"),
    "waiting_provider": Badge("hourglass", "Waiting on provider", "warning"),
    "snoozed": Badge("clock", "Snoozed", "neutral"),
    "reopened": Badge("rotate-clockwise", "Reopened", "danger"),
    "resolved": Badge("circle-check", "Resolved", "success"),
    "closed": Badge("check", "Closed", "neutral"),
}
_VERSIONS = {
    "draft": Badge("pencil", "Draft", "neutral"),
    "live": Badge("player-play", "Live", "success"),
    "retired": Badge("archive", "Retired", "neutral"),
    "active": Badge("player-play", "Active", "success"),
    "paused": Badge("player-pause", "Paused", "warning"),
    "inactive": Badge("player-pause", "Inactive", "neutral"),
    "invited": Badge("mail", "Invited", "progress"),
    "suspended": Badge("ban", "Suspended", "danger"),
    "provisioning": Badge("loader-2", "Being set up", "progress"),
}
_CERTAINTY = {
    "known": Badge("check", "Known", "success"),
    "estimated": Badge("equal", "Estimated", "warning"),
    "measured": Badge("check", "Measured", "success"),
    "derived": Badge("equal", "Derived", "neutral"),
    "assumed": Badge("help-circle", "Assumed", "warning"),
}
BADGES: dict[str, Badge] = {**_CERTAINTY, **_VERSIONS, **_CASES, **_HEALTH, **_CONNECTIONS, **_OPERATIONS, **_RUNS}


def badge_for(state: object) -> Badge:
    """Return how a state is shown; one that is not in the table gets its own word and a neutral tone."""
    name = str(getattr(state, "value", state) or "unknown")
    words = name.replace("_", " ").replace("-", " ").strip().capitalize()
    return BADGES.get(name.lower()) or Badge("circle-dashed", words, "neutral")
