"""Exchange rates, a part of the settings: written one by one, or brought as a file."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.monitoring import currency_rates as services
from apps.monitoring.models import CurrencyRate
from apps.monitoring.rate_forms import RateFileForm, RateForm
from apps.tenants.templatetags.wording import count_words

SHOWN = 100


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """Show the latest rates and take one more; with `format=csv` all of them as a file."""
    if request.GET.get("format") == "csv":
        rows = CurrencyRate.objects.values_list("day", "from_currency", "to_currency", "rate")
        return csv_response("rates.csv", services.HEADER, rows)
    form = RateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.save_rates([form.typed], source=form.cleaned_data["source"], by=acting_person(request))
            messages.success(request, _("Saved. Figures follow within minutes."))
            return redirect("monitoring:rates")
    return _page(request, form, RateFileForm())


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def rates_import(request: HttpRequest) -> HttpResponse:
    """Take over a file of rates, whole or not at all."""
    form = RateFileForm(request.POST, request.FILES)
    if form.is_valid():
        with refusals_on(form):
            source = form.cleaned_data["file_source"]
            number = services.save_rates(form.rates, source=source, by=acting_person(request))
            words = ngettext("%(count)s rate was taken over.", "%(count)s rates were taken over.", number)
            messages.success(request, words % {"count": count_words(number)})
            return redirect("monitoring:rates")
    return _page(request, RateForm(), form)


def _page(request: HttpRequest, form: RateForm, file_form: RateFileForm) -> HttpResponse:
    known = CurrencyRate.objects.all()
    context = {
        "form": form,
        "file_form": file_form,
        "rates": known[:SHOWN],
        "total": known.count(),
        "shown": SHOWN,
    }
    is_wrong = form.errors or file_form.errors
    return render(request, "monitoring/rates.html", context, status=400 if is_wrong else 200)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def rate_remove(request: HttpRequest, rate_id: UUID) -> HttpResponse:
    """Take a rate away."""
    rate = CurrencyRate.objects.filter(id=rate_id).first()
    if rate is None:
        raise Http404("There is no such rate.")
    services.remove_rate(rate)
    messages.success(request, _("The rate is gone. Figures of past days stay as they were."))
    return redirect("monitoring:rates")
