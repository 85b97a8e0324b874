"""Routing, a part of the settings: the rules in their order, what they would do, and the teams."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.monitoring import routing_book
from apps.monitoring import routing_rules as services
from apps.monitoring.asked_order import with_draft
from apps.monitoring.models import RoutingRule, Team
from apps.monitoring.queries import routing as queries
from apps.monitoring.routing_forms import RuleForm, TeamForm
from apps.tenants.templatetags.wording import count_words

LOOK = "look"


@requires(Action.EDIT_CUSTOMERS)
@require_safe
def routing(request: HttpRequest) -> HttpResponse:
    """Show the rules in their order, the teams, and where exceptions go that no rule fits."""
    context = {
        "rules": queries.list_rules(),
        "teams": queries.list_teams(),
        "fallbacks": queries.list_fallbacks(),
    }
    return render(request, "monitoring/routing/routing.html", context)


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def routing_preview(request: HttpRequest) -> HttpResponse:
    """Show what the rules would make of the open exceptions; posting it applies them."""
    if request.method == "POST":
        moved = services.apply_to_open(by=acting_person(request))
        words = ngettext("%(count)s exception was routed anew.", "%(count)s exceptions were routed anew.", moved)
        messages.success(request, words % {"count": count_words(moved)})
        return redirect("monitoring:routing")
    groups = queries.preview(routing_book.read_rules())
    context = {
        "groups": groups,
        "changes": sum(group.changes for group in groups),
        "crumbs": _crumbs(),
    }
    return render(request, "monitoring/routing/preview.html", context)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def routing_rule_create(request: HttpRequest) -> HttpResponse:
    """Write a new rule."""
    return _rule_page(request, None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def routing_rule_edit(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """Change a rule."""
    return _rule_page(request, queries.get_rule(rule_id))


def _rule_page(request: HttpRequest, rule: RoutingRule | None) -> HttpResponse:
    form, looked = RuleForm(request.POST or None, rule=rule), None
    title = rule.name if rule else _("New rule")
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            if request.POST.get("step") == LOOK:
                looked = _looked_at(form, rule)
            else:
                kept = services.save_rule(rule, form.typed, by=acting_person(request))
                messages.success(request, _("Saved: %(name)s.") % {"name": kept.name})
                return redirect("monitoring:routing")
    context = {"form": form, "rule": rule, "title": title, "looked": looked, "crumbs": _crumbs()}
    return render(request, "monitoring/routing/rule.html", context, status=400 if form.errors else 200)


def _looked_at(form: RuleForm, rule: RoutingRule | None) -> queries.RoutedGroup:
    """Return the open cases the rule as typed would take, if it were on and in its place."""
    draft = routing_book.as_rule(services.draft_rule(rule, form.typed))
    groups = {group.name: group for group in queries.preview(with_draft(routing_book.read_rules(), draft))}
    return groups.get(draft.name) or queries.RoutedGroup(draft.name, 0, 0, ())


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def routing_rule_move(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """Let a rule be asked earlier, or later with `down`."""
    services.move_rule(queries.get_rule(rule_id).id, down=request.POST.get("down") == "1")
    return redirect("monitoring:routing")


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def routing_rule_remove(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """Take a rule away."""
    rule = queries.get_rule(rule_id)
    services.remove_rule(rule)
    messages.success(request, _("The rule “%(name)s” is gone.") % {"name": rule.name})
    return redirect("monitoring:routing")


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def routing_team_create(request: HttpRequest) -> HttpResponse:
    """Put together a new team."""
    return _team_page(request, None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def routing_team_edit(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Change a team."""
    return _team_page(request, queries.get_team(team_id))


def _team_page(request: HttpRequest, team: Team | None) -> HttpResponse:
    form, title = TeamForm(request.POST or None, team=team), team.name if team else _("New team")
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            kept = services.save_team(team, **form.typed)
            messages.success(request, _("Saved: %(name)s.") % {"name": kept.name})
            return redirect("monitoring:routing")
    context = {"form": form, "team": team, "title": title, "crumbs": _crumbs()}
    return render(request, "monitoring/routing/team.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def routing_team_remove(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Take a team away."""
    team = queries.get_team(team_id)
    services.remove_team(team)
    messages.success(request, _("The team “%(name)s” is gone.") % {"name": team.name})
    return redirect("monitoring:routing")


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Routing"), "url": reverse("monitoring:routing")}]
