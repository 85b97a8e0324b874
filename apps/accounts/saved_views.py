"""Saved views: a person's names for ways of looking at lists, some shared with colleagues."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from apps.accounts.actor import Actor
from apps.accounts.models import SavedView

MOST_SHARED_SHOWN = 100


def list_views(actor: Actor, list_key: str) -> list[SavedView]:
    """Return a list's views this person may open: the own ones first, then what colleagues share. None for a program."""
    if actor.user_id is None:
        return []
    seen = _of_own_kind(actor).filter(list_key=list_key).filter(Q(owner_id=actor.user_id) | Q(is_shared=True))
    found = seen.select_related("owner").order_by("name", "id")[: SavedView.MOST_PER_PERSON + MOST_SHARED_SHOWN]
    return sorted(found, key=lambda view: view.owner_id != actor.user_id)


def get_own_view(actor: Actor, view_id: UUID) -> SavedView:
    """Return one of the person's own views. Raises Http404."""
    view = SavedView.objects.filter(owner_id=actor.user_id, id=view_id).first()
    if view is None:
        raise Http404("There is no such view.")
    return view


def save_view(*, actor: Actor, list_key: str, query: str, name: str, is_shared: bool, is_default: bool) -> SavedView:
    """Keep a way of looking at a list under a name.

    Raises:
        ValidationError: the name is taken, or there are too many views already.

    """
    if actor.user_id is None:
        raise ValidationError(_("Only people have saved views."))
    if SavedView.objects.filter(owner_id=actor.user_id).count() >= SavedView.MOST_PER_PERSON:
        most = {"most": SavedView.MOST_PER_PERSON}
        raise ValidationError(_("You have %(most)s saved views already: delete one first.") % most)
    view = SavedView(owner_id=actor.user_id, customer_id=actor.customer_id, list_key=list_key, query=query)
    return change_view(view, name=name, is_shared=is_shared, is_default=is_default)


@transaction.atomic
def change_view(view: SavedView, *, name: str, is_shared: bool, is_default: bool) -> SavedView:
    """Name a view anew, share it or not, make it the one that opens first or not. Raises ValidationError."""
    mine = SavedView.objects.filter(owner_id=view.owner_id, list_key=view.list_key).exclude(id=view.id)
    if mine.filter(name__iexact=name).exists():
        raise ValidationError({"name": _("You have a view called “%(name)s” already.") % {"name": name}})
    if is_default:
        mine.filter(is_default=True).update(is_default=False)
    view.name, view.is_shared, view.is_default = name, is_shared, is_default
    view.save()
    return view


def delete_view(view: SavedView) -> None:
    """Forget a view; the list itself is untouched."""
    view.delete()


def _of_own_kind(actor: Actor) -> QuerySet[SavedView]:
    return SavedView.objects.filter(customer_id=actor.customer_id)
