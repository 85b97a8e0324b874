"""Every address of both hosts, with what it demands: read from the URL patterns, so that a new one cannot be forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.accounts.access import required_action_of
from apps.accounts.actions import Action

PARTNER_URLS, PLATFORM_URLS = "config.urls_partner", "config.urls_platform"
# What `<pk>` means depends on which list of the API it belongs to.
ROWS_OF_THE_API = {
    "customers": "customer_id",
    "connections": "connection_id",
    "flows": "flow_id",
    "runs": "run_id",
    "operations": "operation_id",
    "cases": "case_id",
    "triage-proposals": "proposal_id",
    "insights": "insight_id",
    "routing-rules": "rule_id",
    "teams": "team_id",
    "alert-routes": "route_id",
    "replays": "replay_id",
    "templates": "template",
    "approvals": "request_id",
    "changes": "change_id",
    "field-owners": "entry_id",
    "configurations": "customer_id",
    "service-clocks": "clock_id",
    "drifts": "connection_id",
    "what-ifs": "what_if_id",
    "reconciliations": "reconciliation_id",
    "monitors": "flow_id",
}
ROW_NAMES = frozenset(
    {
        "customer_id",
        "entity_id",
        "cut_off_id",
        "connection_id",
        "test_id",
        "endpoint_id",
        "link_id",
        "flow_id",
        "run_id",
        "dry_run_id",
        "what_if_id",
        "operation_id",
        "case_id",
        "proposal_id",
        "insight_id",
        "job_id",
        "replay_id",
        "invite_id",
        "view_id",
        "request_id",
        "change_id",
        "delegation_id",
        "system_id",
        "trial_id",
        "entry_id",
        "review_id",
        "rollout_id",
        "sample_id",
        "reconciliation_id",
        "member_id",
        "policy_id",
        "calendar_id",
        "breach_id",
        "clock_id",
        "rule_id",
        "team_id",
        "rate_id",
        "file_id",
        "estimate_id",
        "pack_id",
        "copy_id",
        "route_id",
        "channel_id",
        "schedule_id",
        "stand_in_id",
    }
    | {"person_id", "invitation_id", "key_id", "partner_id"}
)


@dataclass(frozen=True)
class Address:
    """One URL pattern. `names` are its arguments, in the house's own words where the API says `pk`."""

    urlconf: str
    name: str
    names: tuple[tuple[str, str], ...]  # (argument, the house's word)
    callback: Any
    pattern: str = ""

    def __str__(self) -> str:
        return f"{self.urlconf.removeprefix('config.urls_')}:{self.name}"

    @property
    def has_rows(self) -> bool:
        """Whether the address names a row of somebody."""
        return any(word in ROW_NAMES for _, word in self.names)

    @property
    def is_api(self) -> bool:
        """Whether programs ask it."""
        return hasattr(self.callback, "cls")

    def path(self, ids: dict[str, Any]) -> str:
        """Return the address with these ids in it. Raises KeyError for an argument that the house does not know."""
        return reverse(self.name, urlconf=self.urlconf, kwargs={argument: ids[word] for argument, word in self.names})

    def methods(self) -> tuple[str, ...]:
        """Return what may be asked: an API's own methods, else a page (which answers 405 where it only takes posts)."""
        api = getattr(self.callback, "actions", None)
        return tuple(sorted(set(api) - {"head", "options"})) if api else ("get",)

    def demanded(self, method: str) -> Action | None:
        """Return the action that `method` demands."""
        view = getattr(self.callback, "cls", None)
        several = getattr(view, "required_actions", None)
        if not several:
            return required_action_of(self.callback)
        named = (getattr(self.callback, "actions", None) or {}).get(method, "")
        return several.get(named) or several.get(method) or getattr(view, "required_action", None)


def all_addresses() -> list[Address]:
    """Return every address of both hosts."""
    return [address for urlconf in (PARTNER_URLS, PLATFORM_URLS) for address in _walk(urlconf)]


def _walk(urlconf: str) -> Iterator[Address]:
    import_module(urlconf)
    yield from _patterns(urlconf, get_resolver(urlconf).url_patterns, "", ())


def _patterns(urlconf: str, patterns: Any, space: str, outer: tuple[str, ...], before: str = "/") -> Iterator[Address]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        names = (*outer, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _patterns(urlconf, pattern.url_patterns, inner, names, route)
        elif isinstance(pattern, URLPattern):
            yield Address(urlconf, f"{space}{pattern.name}", _worded(pattern, names), pattern.callback, route)


def _worded(pattern: URLPattern, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    rows = next(
        (row for word, row in ROWS_OF_THE_API.items() if str(pattern.pattern).lstrip("^").startswith(word)), "pk"
    )
    return tuple((name, rows if name == "pk" else name) for name in names)
