"""How often somebody gets the digest, chosen from the mail itself without signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.access import open_to_all
from apps.accounts.models import Preference
from apps.accounts.preferences import digest_of
from apps.monitoring import digest


@open_to_all
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def digest_choose(request: HttpRequest, token: str) -> HttpResponse:
    """Show the choices and keep the one that is clicked; the link proves whose they are and opens nothing else."""
    person = digest.person_of(token)
    if person is None:
        return render(request, "monitoring/digest_closed.html", status=404)
    context = {"choices": Preference.Digest.choices, "email": person.email, "saved": False, "problem": ""}
    if request.method == "POST":
        try:
            digest.choose_frequency(person, request.POST.get("frequency", ""))
        except ValueError as error:
            context["problem"] = str(error)
        else:
            context["saved"] = True
    context["chosen"] = digest_of(person)
    status = 400 if context["problem"] else 200
    return render(request, "monitoring/digest_choose.html", context, status=status)
