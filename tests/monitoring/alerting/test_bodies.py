"""What each kind of channel is sent: the forms their vendors document."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.alerting.bodies import (
    USUAL_TICKET,
    AlertText,
    CaseLine,
    TicketTemplateError,
    read_template,
    slack_body,
    teams_body,
    ticket_body,
    webhook_body,
)

LINE = CaseLine(
    id="c1",
    kind="closed_period",
    title="The period is closed",
    customer="A & B <Ltd>",
    queue="Finance",
    severity="high",
    records=12,
    band="EUR 1,000 to EUR 10,000",
    url="https://portal.example/exceptions/c1/",
    key="c1-0",
)
TEXT = AlertText(
    "opened",
    "New exception at A & B <Ltd>",
    (LINE,),
    held="2 were held back.",
    held_back=2,
    link_label="Open",
    link="https://portal.example/",
)


def test_slack_gets_blocks_with_its_three_signs_written_as_entities() -> None:
    body = slack_body(TEXT)
    assert body["text"] == "New exception at A &amp; B &lt;Ltd&gt;"
    words = [block["text"]["text"] for block in body["blocks"]]
    assert words[1] == (
        "<https://portal.example/exceptions/c1/|The period is closed>\n"
        "A &amp; B &lt;Ltd&gt; · Finance · EUR 1,000 to EUR 10,000"
    )
    assert words[2:] == ["2 were held back.", "<https://portal.example/|Open>"]
    assert {block["type"] for block in body["blocks"]} == {"section"}


def test_a_message_of_many_stays_within_what_slack_and_teams_take() -> None:
    many = replace(TEXT, lines=(LINE,) * 300)
    assert len(slack_body(many)["blocks"]) <= 50
    assert len(json.dumps(teams_body(many))) < 28_000


def test_teams_gets_an_adaptive_card_in_an_attachment() -> None:
    body = teams_body(TEXT)
    (attachment,) = body["attachments"]
    card = attachment["content"]
    assert (body["type"], attachment["contentType"], card["type"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
        "AdaptiveCard",
    )
    assert "[The period is closed](https://portal.example/exceptions/c1/)" in [part["text"] for part in card["body"]]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open", "url": "https://portal.example/"}]


def test_programs_read_type_time_and_cases() -> None:
    body = webhook_body(TEXT, message_id="m1", moment="2026-01-02T03:04:05+00:00")
    assert (body["type"], body["data"]["held_back"]) == ("alert.opened", 2)
    assert body["data"]["cases"][0]["amount_band"] == "EUR 1,000 to EUR 10,000"


def test_the_same_key_opens_and_closes_a_ticket() -> None:
    opened, closed = ticket_body(TEXT, ""), ticket_body(replace(TEXT, occasion="recovered"), "")
    assert (opened["key"], opened["status"], closed["key"], closed["status"]) == ("c1-0", "open", "c1-0", "closed")


@given(st.text(), st.text())
def test_whatever_a_customer_is_called_a_ticket_stays_what_the_template_says(name: str, title: str) -> None:
    text = replace(TEXT, lines=(replace(LINE, customer=name, title=title),))
    made = ticket_body(text, '{"fields": {"summary": "{{title}} at {{customer}}", "labels": ["x", "{{key}}"]}, "n": 1}')
    assert made == {"fields": {"summary": f"{title} at {name}", "labels": ["x", "c1-0"]}, "n": 1}


@pytest.mark.parametrize(
    ("template", "says"),
    [("{", "not valid JSON"), ('["{{key}}"]', "JSON object"), ('{"a": "{{secret}}"}', "{{secret}}"), ("{}", "{{key}}")],
)
def test_a_template_that_cannot_work_is_refused_with_the_reason(template: str, says: str) -> None:
    with pytest.raises(TicketTemplateError, match=says.replace("{", r"\{").replace("}", r"\}")):
        read_template(template)
    assert read_template(USUAL_TICKET)["key"] == "{{key}}"
