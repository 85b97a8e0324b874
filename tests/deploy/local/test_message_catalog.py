"""Collecting the texts that people read."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.template import Template

from deploy.local.message_catalog import (
    Message,
    messages_of_python,
    messages_of_template,
    renewed,
    template_engine,
    untranslated,
)


def found_in(source: str) -> set[Message]:
    """Return the texts of a template."""
    return set(messages_of_template(Template(source, engine=template_engine()), source))


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        pytest.param('{% translate "Runs" %}', {Message("Runs")}, id="a word"),
        pytest.param('{% translate "May" context "month" %}', {Message("May", context="month")}, id="with its context"),
        pytest.param('{% translate "100 % safe" %}', {Message("100 %% safe")}, id="per cent as it is looked up"),
        pytest.param("{% if a %}{% for b in c %}{% translate 'In' %}{% endfor %}{% else %}{% translate 'Else' %}{% endif %}", {Message("In"), Message("Else")}, id="inside other tags"),
        pytest.param('{% include "components/empty_state.html" with title=_("No runs") text=_(\'It\\\'s new\') only %}', {Message("No runs"), Message("It's new")}, id="as a parameter"),
        pytest.param('{% load portal %}{% section_card title=_("Facts") %}{% translate "Country" %}{% endsection_card %}', {Message("Facts"), Message("Country")}, id="in a component"),
        pytest.param("{% blocktranslate trimmed count n=3 %}\n  {{ n }} flow\n{% plural %}\n  {{ n }} flows\n{% endblocktranslate %}", {Message("%(n)s flow", "%(n)s flows")}, id="counted"),
        pytest.param("plain words {{ value }}", set(), id="nothing marked"),
    ],
)  # fmt: skip
def test_the_texts_of_a_template_are_found_as_they_are_looked_up(source: str, texts: set[Message]) -> None:
    assert found_in(source) == texts


def test_the_texts_of_a_module_are_found(tmp_path: Path) -> None:
    path = tmp_path / "words.py"
    path.write_text(
        'from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext\n'
        'A = gettext_lazy("Name")\n'
        'B = _("Hello %(name)s") % {"name": "x"}\n'
        'C = ngettext("%(n)d day", "%(n)d days", 2)\n'
        'D = pgettext("month", "May")\n',
        encoding="utf-8",
    )  # fmt: skip
    assert set(messages_of_python(path)) == {
        Message("Name"),
        Message("Hello %(name)s"),
        Message("%(n)d day", "%(n)d days"),
        Message("May", context="month"),
    }


def test_a_renewed_catalogue_keeps_translations_and_drops_what_nobody_uses() -> None:
    old = Catalog(locale="de")
    old.add("Name", "Name")
    old.add("Gone", "Weg")
    old.add(("%(n)s day", "%(n)s days"), ("%(n)s Tag", "%(n)s Tage"))
    fresh = renewed(
        old, {Message("Name"): {"a"}, Message("New"): {"a"}, Message("%(n)s day", "%(n)s days"): {"b"}}, "de"
    )
    assert {message.id for message in fresh if message.id} == {"Name", "New", ("%(n)s day", "%(n)s days")}
    assert fresh["%(n)s day"].string == ("%(n)s Tag", "%(n)s Tage")
    assert untranslated(fresh) == ["New"]
