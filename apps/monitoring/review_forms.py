"""What people type about reviews: words and order of the parts, receivers, comments, and when they are drafted."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.accounts.stale_check import StaleCheck
from apps.customers.models import Customer
from apps.monitoring.month_field import MonthField
from apps.monitoring.reviews.choices import Choice
from apps.monitoring.reviews.pack import Edit, Part, Section
from apps.monitoring.reviews.words import TITLES

LONGEST_TEXT = 4000
LONGEST_COMMENT = 2000
LAST_DAY = 15


class ReviewForm(StaleCheck, forms.Form):
    """The words of each part, whether it is in, and its place."""

    def __init__(self, data: Any = None, *, sections: Sequence[Section]) -> None:
        initial: dict[str, Any] = {}
        for place, one in enumerate(sections, start=1):
            initial |= {f"text_{one.part}": one.text, f"is_on_{one.part}": one.is_on, f"place_{one.part}": place}
        super().__init__(data, initial=initial)
        self.parts = [one.part for one in sections]
        for part in self.parts:
            self._add(part, len(sections))

    def _add(self, part: Part, places: int) -> None:
        named = {"part": TITLES[part]}
        self.fields[f"text_{part}"] = forms.CharField(
            label=_("Words of “%(part)s”") % named,
            required=False,
            max_length=LONGEST_TEXT,
            widget=forms.Textarea(attrs={"rows": 3}),
        )
        self.fields[f"is_on_{part}"] = forms.BooleanField(label=_("“%(part)s” is in") % named, required=False)
        self.fields[f"place_{part}"] = forms.TypedChoiceField(
            label=_("Place of “%(part)s”") % named,
            coerce=int,
            choices=[(number, str(number)) for number in range(1, places + 1)],
        )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return each part's title with its fields."""
        names = ("is_on", "place", "text")
        return [(str(TITLES[part]), [self[f"{name}_{part}"] for name in names]) for part in self.parts]

    @property
    def edits(self) -> dict[Part, Edit]:
        """Return what was typed; ask only a valid form."""
        given = self.cleaned_data
        return {
            part: Edit(given[f"text_{part}"], given[f"is_on_{part}"], given[f"place_{part}"]) for part in self.parts
        }


class NewReviewForm(forms.Form):
    """Whose review is drafted now, and of which month."""

    customer = forms.ChoiceField(label=gettext_lazy("Customer"))
    month = MonthField(label=gettext_lazy("Month"))

    def __init__(self, data: Any = None, *, customers: Sequence[Customer], months: Sequence[date]) -> None:
        super().__init__(data)
        customer, month = self.fields["customer"], self.fields["month"]
        assert isinstance(customer, forms.ChoiceField)  # noqa: S101  both are declared above
        assert isinstance(month, MonthField)  # noqa: S101
        customer.choices = [(str(one.id), one.name) for one in customers]
        month.offer(months)


class SendForm(forms.Form):
    """Who of the customer's people gets the mail."""

    receivers = forms.MultipleChoiceField(
        label=gettext_lazy("Who is written to"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The mail holds a link; they read the review in the portal."),
        error_messages={"required": gettext_lazy("Choose at least one person.")},
    )

    def __init__(self, data: Any = None, *, people: Sequence[User]) -> None:
        super().__init__(data, initial={"receivers": [str(one.id) for one in people]})
        field = self.fields["receivers"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  it is declared above
        field.choices = [(str(one.id), f"{one.name or one.email} ({one.email})") for one in people]
        self._people = people

    @property
    def chosen(self) -> list[User]:
        """Return who was chosen; ask only a valid form."""
        return [one for one in self._people if str(one.id) in self.cleaned_data["receivers"]]


class CommentForm(forms.Form):
    """Something said about a review."""

    text = forms.CharField(
        label=gettext_lazy("Your comment"), max_length=LONGEST_COMMENT, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReviewChoiceForm(forms.Form):
    """Whether, when and how a customer's reviews are drafted."""

    is_on = forms.BooleanField(label=gettext_lazy("Draft a review every month"), required=False)
    working_day = forms.IntegerField(
        label=gettext_lazy("On which working day"),
        min_value=1,
        max_value=LAST_DAY,
        help_text=gettext_lazy("Of the month after, Monday to Friday counted: 1 is the first."),
    )
    needs_two = forms.BooleanField(
        label=gettext_lazy("Two people"),
        required=False,
        help_text=gettext_lazy("Whoever changed a review last must not approve it."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the draft"),
        required=False,
        choices=[("", gettext_lazy("As the portal usually speaks")), *settings.LANGUAGES],
    )

    @property
    def typed(self) -> Choice:
        """Return what was chosen; ask only a valid form."""
        return Choice(**self.cleaned_data)
