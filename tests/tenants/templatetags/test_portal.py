"""The tags and components that pages are made of."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone

from apps.tenants.charts import Chart, Series


def render(source: str, **values: Any) -> str:
    return Template("{% load portal %}" + source).render(Context(values))


class PlainForm(forms.Form):
    name = forms.CharField(help_text="As people say it.")
    kind = forms.ChoiceField(choices=[("a", "A")])
    agreed = forms.BooleanField(label="Agreed")
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


def test_figures_read_through_filters() -> None:
    assert render("{{ 1234|count }} {{ 7.5|hours }} {{ 3|money:'EUR' }}") == "1,234 7.50\xa0h EUR\xa03.00"


def test_a_moment_carries_its_exact_time_for_the_reader_s_zone() -> None:
    when = timezone.now() - timedelta(minutes=5)
    shown = render("{% moment when %}", when=when)
    assert f'datetime="{when.isoformat().replace("+", "+")}"' in shown
    assert "5 min ago" in shown
    assert "UTC" in shown


def test_a_missing_moment_is_a_dash() -> None:
    assert "—" in render("{% moment None %}")


def test_a_state_shows_icon_word_and_tone() -> None:
    shown = render("{% status_badge 'rejected' %}")
    assert "tone-danger" in shown
    assert "#circle-x" in shown
    assert "Rejected" in shown


def test_a_state_can_carry_other_words() -> None:
    assert "This device" in render("{% status_badge 'active' label='This device' %}")


def test_an_icon_is_silent_unless_it_stands_alone() -> None:
    assert 'aria-hidden="true"' in render("{% icon 'check' %}")
    assert 'aria-label="Done"' in render("{% icon 'check' label='Done' %}")


def test_shares_of_a_whole_add_up() -> None:
    segments = [
        {"label": "Written", "count": 3, "tone": "success"},
        SimpleNamespace(label="Rejected", count=1, tone="danger", url="/x/"),
    ]
    shown = render("{% proportion_bar segments label='Records' %}", segments=segments)
    assert 'x="0.000" width="75.000"' in shown
    assert 'x="75.000" width="25.000"' in shown
    assert 'href="/x/"' in shown
    assert 'aria-label="Records: Written 3, Rejected 1"' in shown


def test_shares_of_nothing_draw_nothing() -> None:
    assert "<rect" not in render("{% proportion_bar segments %}", segments=[{"label": "Written", "count": 0}])


def test_a_card_wraps_its_content() -> None:
    shown = render(
        "{% section_card title=name %}<p>{{ text }}</p>{% endsection_card %}", name="Runs & more", text="<b>"
    )
    assert "Runs &amp; more" in shown
    assert "<p>&lt;b&gt;</p>" in shown


def test_a_card_sees_nothing_of_the_page_around_it() -> None:
    assert "leaked" not in render("{% section_card %}x{% endsection_card %}", title="leaked")


def test_a_dialog_posts_with_the_page_s_token() -> None:
    shown = render(
        "{% confirm_dialog name='retire' title='Retire?' action_url='/retire/' confirm_label='Retire' %}Gone.{% endconfirm_dialog %}",
        csrf_token="tok",
    )
    assert 'value="tok"' in shown
    assert 'action="/retire/"' in shown
    assert 'id="retire"' in shown


@pytest.mark.parametrize(("active", "asks"), [(True, True), (False, False)], ids=["while it runs", "not afterwards"])
def test_a_live_region_asks_for_itself(active: bool, asks: bool) -> None:
    shown = render("{% live url='/runs/1/' active=active name='run' %}counts{% endlive %}", active=active)
    assert ('hx-get="/runs/1/"' in shown) is asks
    assert 'hx-trigger="every 2s"' in shown if asks else "hx-trigger" not in shown


def test_a_field_shows_its_label_help_and_error_in_place() -> None:
    form = PlainForm({"kind": "a"})
    shown = render_to_string("components/form_field.html", {"field": form["name"]})
    assert 'class="form-control is-invalid"' in shown
    assert "As people say it." in shown
    assert "This field is required." in shown
    assert 'id="id_name_helptext"' in shown
    assert "id_name_helptext" in shown.split("aria-describedby=")[1]


def test_controls_look_like_what_they_are() -> None:
    form = PlainForm()
    assert 'class="form-select"' in render("{{ field|as_control }}", field=form["kind"])
    assert 'class="form-check-input"' in render("{{ field|as_control }}", field=form["agreed"])


def test_every_field_of_a_form_is_shown_and_hidden_ones_stay_hidden() -> None:
    shown = render_to_string("components/form_fields.html", {"form": PlainForm()})
    assert shown.count('class="field') >= 3
    assert '<input type="hidden" name="hidden"' in shown


def test_a_disabled_button_says_why() -> None:
    shown = render_to_string(
        "components/button.html", {"label": "Publish", "disabled_reason": "The mapping has two errors."}
    )
    assert "disabled" in shown
    assert "The mapping has two errors." in shown


def test_text_from_outside_is_escaped_everywhere() -> None:
    evil = '"><script>alert(1)</script>'
    pages = {
        "stat_tile": {"label": evil, "number": evil, "hint": evil, "link": evil},
        "empty_state": {"title": evil, "text": evil, "action_url": evil, "action_label": evil},
        "error_state": {"title": evil, "text": evil, "reference": evil},
        "page_header": {"title": evil, "subtitle": evil, "breadcrumbs": [{"label": evil, "url": evil}]},
        "key_values": {"pairs": [{"label": evil, "value": evil, "link": evil}]},
        "json_view": {"document": {evil: evil}, "title": evil},
        "code": {"text": evil},
        "side_by_side": {
            "left_title": evil,
            "right_title": evil,
            "rows": [{"label": evil, "left": evil, "right": evil, "differs": True}],
        },
        "timeline": {"entries": [{"title": evil, "text": evil, "actor": evil, "state": evil}]},
        "filter_chips": {"chips": [{"label": evil, "url": evil}]},
        "tabs": {"tabs": [{"label": evil, "url": evil, "count": evil}]},
        "notice": {"text": evil},
        "search": {"value": evil, "placeholder": evil, "action_url": evil},
        "progress": {"label": evil, "value": 1, "max": 2, "words": evil},
        "pagination": {"words": evil, "older_url": evil},
        "toasts": {
            "messages": [SimpleNamespace(tags="error", extra_tags="", level_tag="error", __str__=lambda self: evil)]
        },
    }
    for name, values in pages.items():
        shown = render_to_string(f"components/{name}.html", values)
        assert "<script" not in shown.lower(), name
        assert 'href=""' not in shown.lower(), name


@pytest.mark.parametrize(
    "tag",
    [
        "{% icon evil 14 evil %}",
        "{% status_badge evil evil %}",
        "{% amount 1 evil %}",
        "{% amount evil evil evil %}",
        "{% count_link 3 evil evil tone=evil %}",
        "{% sparkline days label=evil tone=evil %}",
    ],
)
def test_what_is_written_without_a_template_is_escaped_too(tag: str) -> None:
    shown = render(tag, evil='"><script>alert(1)</script>', days=[1, 2])
    assert "<script" not in shown.lower()


def test_a_sparklines_bars_are_one_shape_as_wide_as_their_box() -> None:
    assert 'd="M6.25 12h37.5v12h-37.5zM56.25 0h37.5v24h-37.5z"' in render("{% sparkline days %}", days=[1, 2])
    assert 'd="M12.5 23.25h75v0.75h-75z"' in render("{% sparkline days %}", days=[0]), "nothing is seen too"
    assert 'd=""' in render("{% sparkline days %}", days=[])


def test_an_amount_says_how_sure_it_is() -> None:
    assert render("{% amount 3 'EUR' %}") == '<span class="money">EUR\xa03.00</span>'
    assert (
        render("{% amount 3 'EUR' 'unknown' %}")
        == '<span class="money"><span class="quiet">amount unknown</span></span>'
    )
    assert 'title="Estimated">≈ </span>EUR\xa03.00' in render("{% amount 3 'EUR' 'estimated' %}")


def test_a_count_leads_to_its_rows_and_none_leads_nowhere() -> None:
    shown = render("{% count_link 1200 '/runs/1/' '?a=1&b=2' tone='text-red' %}")
    assert shown == '<a class="text-red" href="/runs/1/?a=1&amp;b=2">1,200</a>'
    assert render("{% count_link 0 '/runs/1/' %}") == '<span class="quiet">0</span>'


class ManyForm(forms.Form):
    kind = forms.ChoiceField(
        choices=[("", "Any"), ("<a>", "A & B"), ("Group", [("c", "C"), (4, "D")])], initial="<a>", required=False
    )


def test_a_select_reads_as_django_writes_it() -> None:
    ours, django_s = ManyForm(), ManyForm(renderer=DjangoTemplates())
    assert str(ours["kind"].form.renderer.__class__.__name__) == "FormRenderer"
    assert_equal_markup(str(ours["kind"]), str(django_s["kind"]))
    assert '<option value="&lt;a&gt;" selected>A &amp; B</option>' in str(ours["kind"])


def assert_equal_markup(one: str, other: str) -> None:
    assert one.split() == other.split()


def test_the_rows_of_a_chart_say_every_figure_escaped_with_where_its_rows_are() -> None:
    series = [
        Series("Posted", [1234.5, None], "success", ["/rows/?a=1&b=2", ""]),
        Series("Held", [0, Decimal("7.25")], "danger"),
    ]
    rows = render(
        "{% chart_rows chart %}", chart=Chart("speed", "Speed", "line", ["<1 Nov>", "2 Nov"], series, unit="m&s")
    )
    assert rows == (
        '<tr><th scope="row">&lt;1 Nov&gt;</th>'
        '<td class="number" data-value="1234.5000"><a href="/rows/?a=1&amp;b=2">1,234.50 m&amp;s</a></td>'
        '<td class="number" data-value="0">0 m&amp;s</td></tr>'
        '<tr><th scope="row">2 Nov</th>'
        '<td class="number" data-value=""><span class="quiet">—</span></td>'
        '<td class="number" data-value="7.2500">7.25 m&amp;s</td></tr>'
    )
