"""The search: a part of a page for the command palette, a whole page for everybody else."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.monitoring.search import cleaned, search, searchable
from apps.monitoring.search_pages import find_pages


@requires(Action.OWN_PROFILE)
@never_cache
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Show what fits the words: pages and deeds first, then things by kind."""
    who, words = acting_person(request), cleaned(request.GET.get("q", ""))
    is_part = request.headers.get("X-Part") == "palette"
    found = search(words, who)
    pages = find_pages(request, who, words) if words or is_part else []
    context = {
        "words": words,
        "groups": [*pages, *found],
        "count": sum(len(group.hits) for group in (*pages, *found)),
        "searchable": searchable(who),
    }
    response = render(request, "monitoring/_search_results.html" if is_part else "monitoring/search.html", context)
    patch_vary_headers(response, ["X-Part"])
    return response
