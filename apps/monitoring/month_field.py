"""A field of forms in which a month is chosen."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from apps.tenants.templatetags.wording import month_words


class MonthField(forms.TypedChoiceField):
    """One of the months that are offered; what was typed is its first day."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=lambda value: date.fromisoformat(f"{value}-01"), **options)

    def offer(self, months: Iterable[date]) -> None:
        """Let these months be chosen."""
        self.choices = [(f"{one:%Y-%m}", month_words(one)) for one in months]
