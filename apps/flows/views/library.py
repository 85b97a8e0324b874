"""Pages about the library of templates: all of them, and one with its steps, mapping and users."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person, asked_words
from apps.flows.queries.template_library import get_template_page, list_template_groups


@requires(Action.VIEW_FLOWS)
@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    """Show the library."""
    context = {"groups": list_template_groups(), "can_install": acting_person(request).can(Action.EDIT_FLOWS)}
    return render(request, "flows/template_list.html", context)


@requires(Action.VIEW_FLOWS)
@require_safe
def template_detail(request: HttpRequest, template: str) -> HttpResponse:
    """Show one template."""
    page = get_template_page(template, asked_words(request, "target"))
    return render(
        request,
        "flows/template_detail.html",
        {"page": page, "card": page.card, "can_install": acting_person(request).can(Action.EDIT_FLOWS)},
    )
