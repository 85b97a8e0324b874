"""Pages about saved views of lists: keep one, change it, forget it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import saved_views
from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.models import SavedView
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on

MOST_IN_A_QUERY = 1000


class ViewForm(forms.Form):
    """What a person says about a saved view."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    is_shared = forms.BooleanField(label=gettext_lazy("Share it with my colleagues"), required=False)
    is_default = forms.BooleanField(label=gettext_lazy("Open this list with it"), required=False)
    next = forms.CharField(widget=forms.HiddenInput, required=False, max_length=300)


class NewViewForm(ViewForm):
    """A view that is kept for the first time: which list, and how it is looked at."""

    list_key = forms.SlugField(widget=forms.HiddenInput, max_length=40)
    query = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """Say about the form as a whole what is wrong with a field that nobody sees."""
        if "list_key" in self.errors or "query" in self.errors:
            raise ValidationError(_("Open the list again and save the view from there."))
        if len(self.cleaned_data["query"]) > MOST_IN_A_QUERY:
            raise ValidationError(_("There are too many filters to save: take some of them off first."))
        return self.cleaned_data


@requires(Action.OWN_PROFILE)
@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep how a list is looked at under a name; asks again, in place, when the name will not do."""
    form = NewViewForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            view = saved_views.save_view(
                actor=acting_person(request),
                list_key=form.cleaned_data["list_key"],
                query=form.cleaned_data["query"],
                **_wishes(form),
            )
            messages.success(request, _("“%(name)s” is saved: find it under Views.") % {"name": view.name})
            return redirect(_back(form, view))
    context = {"form": form, "back": _path(form.data.get("next", ""))}
    return render(request, "accounts/view_save.html", context, status=400)


@requires(Action.OWN_PROFILE)
@require_http_methods(["GET", "HEAD", "POST"])
def view_edit(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Rename a view, share it or not, let the list open with it or not."""
    view = saved_views.get_own_view(acting_person(request), view_id)
    known = {"name": view.name, "is_shared": view.is_shared, "is_default": view.is_default}
    form = ViewForm(request.POST or None, initial={**known, "next": request.GET.get("next", "")})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            saved_views.change_view(view, **_wishes(form))
            messages.success(request, _("“%(name)s” is changed.") % {"name": view.name})
            return redirect(_back(form, view))
    asked = form.data.get("next", "") if form.is_bound else request.GET.get("next", "")
    context = {"form": form, "view": view, "back": _path(asked)}
    return render(request, "accounts/view_edit.html", context, status=400 if form.errors else 200)


@requires(Action.OWN_PROFILE)
@require_POST
def view_delete(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Forget a view."""
    view = saved_views.get_own_view(acting_person(request), view_id)
    saved_views.delete_view(view)
    messages.success(request, _("The view “%(name)s” is deleted; the list is untouched.") % {"name": view.name})
    return redirect(f"{_path(request.POST.get('next', ''))}?all=1")


def _wishes(form: ViewForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "is_shared", "is_default")}


def _back(form: ViewForm, view: SavedView) -> str:
    return f"{_path(form.cleaned_data['next'])}?{view.query or 'all=1'}"


def _path(asked: str) -> str:
    """Return the list's own path, "/" for anything that is none of this portal's."""
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours and "?" not in asked and "#" not in asked else "/"
