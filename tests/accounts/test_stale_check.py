"""A form notices that its record changed while it was being filled in, and loses nothing."""

from typing import Any

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.stale_check import StaleCheck


class NoteForm(StaleCheck, forms.Form):
    title = forms.CharField(label="Title")
    text = forms.CharField(label="Text", required=False)
    urgent = forms.BooleanField(label="Urgent", required=False)


ON_RECORD: dict[str, Any] = {"title": "Rates", "text": "Old", "urgent": False}


def _page(values: dict[str, Any]) -> dict[str, Any]:
    """Return what a browser sends back untouched from a page made of these values."""
    form = NoteForm(initial=values)
    sent = {name: value for name, value in values.items() if value not in (False, None)}
    return {**sent, "version": form["version"].value()}


def test_an_untouched_record_takes_the_change() -> None:
    form = NoteForm({**_page(ON_RECORD), "text": "New"}, initial=ON_RECORD)
    assert form.is_valid()
    assert form.cleaned_data == {"title": "Rates", "text": "New", "urgent": False}


def test_the_same_field_changed_by_both_shows_both_and_takes_mine_the_second_time() -> None:
    sent = {**_page(ON_RECORD), "text": "Mine"}
    now = {**ON_RECORD, "text": "Theirs"}
    form = NoteForm(sent, initial=now)
    assert not form.is_valid()
    assert "Text" in str(form.non_field_errors())
    assert "Theirs" in str(form.errors["text"])
    assert form["text"].value() == "Mine"
    again = NoteForm({**sent, "version": form["version"].value()}, initial=now)
    assert again.is_valid()
    assert again.cleaned_data["text"] == "Mine"


def test_a_field_that_only_the_other_changed_comes_back_as_theirs() -> None:
    now = {**ON_RECORD, "title": "Rates 2027", "urgent": True}
    form = NoteForm({**_page(ON_RECORD), "text": "Mine"}, initial=now)
    assert not form.is_valid()
    assert "title" not in form.errors
    assert (form["title"].value(), form["text"].value()) == ("Rates 2027", "Mine")
    assert form["urgent"].value()


class PartsForm(StaleCheck, forms.Form):
    """A form whose fields are those of the record."""

    def __init__(self, data: Any = None, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        for name in initial:
            if name not in self.fields:
                self.fields[name] = forms.CharField(label=name)


def test_fields_that_a_form_adds_by_itself_are_watched_too() -> None:
    page = PartsForm(initial={"first": "Old"})
    form = PartsForm({"first": "Mine", "version": page["version"].value()}, initial={"first": "Theirs"})
    assert not form.is_valid()
    assert "Theirs" in str(form.errors["first"])


def test_both_writing_the_same_is_no_quarrel() -> None:
    form = NoteForm({**_page(ON_RECORD), "text": "Same"}, initial={**ON_RECORD, "text": "Same"})
    assert form.is_valid()


@pytest.mark.parametrize(
    "version",
    ["", "nonsense", "[]", "null", "{}", '{"title": 7}', "\x00", "{" * 4000],
    ids=["missing", "no JSON", "a list", "null", "empty", "a number", "NUL", "unfinished"],
)
def test_a_page_without_a_usable_version_is_taken_or_answered_in_place(version: str) -> None:
    form = NoteForm({"title": "Rates", "text": "Mine", "version": version}, initial=ON_RECORD)
    form.is_valid()
    assert form["text"].value() == "Mine"


def test_a_new_record_has_nothing_to_compare() -> None:
    form = NoteForm({"title": "Fresh"})
    assert form.is_valid()
    assert "version" not in form.fields


_TEXT = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1, max_size=20
).filter(lambda text: text.strip() == text != "")


@given(before=_TEXT, mine=_TEXT, theirs=_TEXT)
def test_nothing_of_the_other_is_ever_overwritten_unseen(before: str, mine: str, theirs: str) -> None:
    sent = {**_page({"title": before}), "title": mine}
    form = NoteForm(sent, initial={"title": theirs})
    assert form.is_valid() == (theirs in (before, mine))
