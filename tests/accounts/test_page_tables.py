"""A table of a page, read for its file."""

import pytest

from apps.accounts.page_tables import read_table

PAGE = """
<table class="rows"><tr><td>of another</td></tr></table>
<table class="rows" data-file="runs"><caption class="visually-hidden">Runs</caption>
  <thead><tr><th scope="col">Run</th><th scope="col" class="number">Worth</th><th scope="col">Since</th>
    <th scope="col"><span class="visually-hidden">Actions</span></th></tr></thead>
  <tbody>
    <tr><td><span><a class="row-title" href="/runs/1/">Time &amp;
        expenses</a><span class="row-note">by <b>Sam</b></span></span></td>
      <td class="number"><span class="money d-block">EUR 12.50</span><span class="money d-block">USD 3.00</span></td>
      <td><time class="moment" datetime="2026-11-17T09:00:00+00:00" data-moment><span>2 hours ago</span></time></td>
      <td><form method="post"><select><option>One</option></select><button>Retry</button></form></td></tr>
    <tr><td>=cmd()<br>second<svg><title>mark</title></svg></td><td data-value="1234.5">1,234</td>
      <td><span class="quiet">—</span></td><td><a class="btn" href="/x/">Open</a></td></tr>
  </tbody>
</table>
<table class="rows" data-file="runs"><tr><td>a second one</td></tr></table>
"""


def test_it_says_what_a_reader_sees_and_gives_moments_and_figures_as_they_are() -> None:
    table = read_table(PAGE, "runs")
    assert table is not None
    assert table.header == ["Run", "Worth", "Since"]
    assert table.rows == [
        ["Time & expenses; by Sam", "EUR 12.50; USD 3.00", "2026-11-17T09:00:00+00:00"],
        ["=cmd(); second", "1234.5", ""],
    ]


def test_it_keeps_a_column_that_says_something_under_a_header_nobody_sees() -> None:
    chart = (
        '<table data-file="days"><thead><tr><th><span class="visually-hidden">When</span></th><th>Written</th></tr></thead>'
        '<tbody><tr><th scope="row">Mon</th><td data-value="7">7</td></tr></tbody></table>'
    )
    table = read_table(chart, "days")
    assert table is not None
    assert (table.header, table.rows) == (["When", "Written"], [["Mon", "7"]])


@pytest.mark.parametrize("name", ["", "others", "Runs"])
def test_a_page_has_no_table_of_another_name(name: str) -> None:
    assert read_table(PAGE, name) is None


def test_a_table_with_a_foot_and_tags_left_open_is_read_to_its_end() -> None:
    page = (
        '<table data-file="a"><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td><p>1<p>2</td><td>x</td></tr></tbody>'
        "<tfoot><tr><th>Sum</th><td>3</td></tr></tfoot></table><p>after</p>"
    )
    table = read_table(page, "a")
    assert table is not None
    assert table.rows == [["1; 2", "x"], ["Sum", "3"]]
