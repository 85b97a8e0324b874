"""The page where a partner changes its brand, with a preview that follows what is typed."""

import json

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.brand_changes import edit_brand
from apps.accounts.brand_forms import BrandForm
from apps.accounts.mail import sender_of
from apps.tenants.branding import FONTS
from apps.tenants.brands import look_of, stored_brand


@requires(Action.EDIT_BRAND)
@require_http_methods(["GET", "HEAD", "POST"])
def brand_edit(request: HttpRequest) -> HttpResponse:
    """Show the brand beside a preview of it, and store what was changed."""
    partner = request.partner  # type: ignore[attr-defined]
    if partner is None:
        raise Http404("The operator console has no brand of its own.")
    brand = stored_brand(partner)
    form = BrandForm(request.POST or None, request.FILES or None, brand=brand)
    if request.method == "POST" and form.is_valid():
        try:
            changed = edit_brand(partner, form.changes())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "The new look is live." if changed else "Nothing was changed.")
            return redirect("accounts:brand-edit")
    look = look_of(brand)
    context = {"form": form, "look": look, "sender": sender_of(look), "fonts": json.dumps(FONTS)}
    return render(request, "accounts/brand.html", context, status=400 if form.errors else 200)
