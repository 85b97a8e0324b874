"""What a message looks like to each kind of channel: Slack, Teams, a webhook, a ticket system (pure).

Every body is made from an `AlertText`, which holds no record's contents: a case's id, its kind in words, a band of money,
the customer, and a link.

Slack's incoming webhooks take {"text", "blocks"} and answer 200 "ok", 4xx with a word such as "channel_is_archived"; the
signs &, < and > are written as entities, a block holds 3,000 characters of text and a message 50 blocks
(https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, .../reference/block-kit/blocks).
Teams takes an Adaptive Card in an attachment through a workflow that begins "When a Teams webhook request is received";
the old connector cards are not understood by it, and messages are cut off at 28 KB
(https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

MOST_LINES = 20
_CARD = "application/vnd.microsoft.card.adaptive"
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
PLACEHOLDERS = ("key", "status", "title", "text", "customer", "severity", "url")
USUAL_TICKET = """{
  "key": "{{key}}",
  "status": "{{status}}",
  "title": "{{title}}",
  "description": "{{text}}",
  "customer": "{{customer}}",
  "severity": "{{severity}}",
  "link": "{{url}}"
}"""


class TicketTemplateError(ValueError):
    """A ticket's template cannot be used; the text says what to mend."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in a message. `kind` is its class as programs read it, `band` roughly the money, "" when there is none."""

    id: str
    kind: str
    title: str
    customer: str
    queue: str
    severity: str
    records: int
    band: str
    url: str
    key: str  # of this opening of the case: what a ticket is found by again

    @property
    def facts(self) -> str:
        """Return what stands below the title."""
        return " · ".join(part for part in (self.customer, self.queue, self.band) if part)


@dataclass(frozen=True, slots=True)
class AlertText:
    """A message before it takes a channel's form. `more` cases are not listed, `held` is the sentence about those held back."""

    occasion: str
    headline: str
    lines: tuple[CaseLine, ...]
    more: str = ""
    held: str = ""
    held_back: int = 0
    link_label: str = ""
    link: str = ""

    @property
    def is_over(self) -> bool:
        """Return whether the message says that it is all right again."""
        return self.occasion == "recovered"


def slack_body(text: AlertText) -> dict[str, Any]:
    """Return a message of blocks, with the whole as plain text for notifications."""
    blocks = [_section(f"*{_slack(text.headline)}*")]
    blocks += [
        _section(f"<{line.url}|{_slack(line.title).replace('|', '/')}>\n{_slack(line.facts)}")
        for line in text.lines[:MOST_LINES]
    ]
    blocks += [_section(_slack(words)) for words in (text.more, text.held) if words]
    if text.link:
        blocks.append(_section(f"<{text.link}|{_slack(text.link_label)}>"))
    return {"text": _slack(text.headline), "blocks": blocks}


def teams_body(text: AlertText) -> dict[str, Any]:
    """Return an Adaptive Card in the envelope that a workflow reads."""
    body: list[dict[str, Any]] = [_block(text.headline, weight="Bolder", size="Medium")]
    for line in text.lines[:MOST_LINES]:
        body.append(_block(f"[{_markdown(line.title)}]({line.url})"))
        body.append(_block(_markdown(line.facts), spacing="None", isSubtle=True))
    body += [_block(_markdown(words), isSubtle=True) for words in (text.more, text.held) if words]
    actions = [{"type": "Action.OpenUrl", "title": text.link_label, "url": text.link}] if text.link else []
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions,
    }
    return {"type": "message", "attachments": [{"contentType": _CARD, "contentUrl": None, "content": card}]}


def webhook_body(text: AlertText, *, message_id: str, moment: str) -> dict[str, Any]:
    """Return a message for programs, in the envelope of Standard Webhooks: type, timestamp, data."""
    cases = [
        {
            "id": line.id,
            "class": line.kind,
            "title": line.title,
            "customer": line.customer,
            "queue": line.queue,
            "severity": line.severity,
            "records": line.records,
            "amount_band": line.band,
            "url": line.url,
        }
        for line in text.lines
    ]
    data = {"message_id": message_id, "headline": text.headline, "cases": cases, "held_back": text.held_back}
    return {"type": f"alert.{text.occasion}", "timestamp": moment, "data": data}


def ticket_body(text: AlertText, template: str) -> Any:
    """Return a ticket about the first case, made by the template; the same `key` opens, updates and closes it."""
    line = text.lines[0] if text.lines else CaseLine("", "", text.headline, "", "", "", 0, "", text.link, "test")
    values = {
        "key": line.key,
        "status": "closed" if text.is_over else "open",
        "title": line.title,
        "text": "\n".join(words for words in (text.headline, line.facts, text.held) if words),
        "customer": line.customer,
        "severity": line.severity,
        "url": line.url,
    }
    return _filled(read_template(template or USUAL_TICKET), values)


def read_template(template: str) -> Any:
    """Return a ticket's template as data. Raises TicketTemplateError when it is no JSON, or names what there is not."""
    try:
        parsed = orjson.loads(template)
    except ValueError as problem:
        raise TicketTemplateError(f"This is not valid JSON: {problem}") from None
    if not isinstance(parsed, dict):
        raise TicketTemplateError("Write a JSON object: it begins with { and ends with }.")
    named = set(_PLACEHOLDER.findall(template))
    if unknown := sorted(named - set(PLACEHOLDERS)):
        raise TicketTemplateError(f"There is no {{{{{unknown[0]}}}}}. There are: {', '.join(PLACEHOLDERS)}.")
    if "key" not in named:
        raise TicketTemplateError("Use {{key}} somewhere: the ticket is closed by it when the exception is.")
    return parsed


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {name: _filled(value, values) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    if isinstance(part, str):
        return _PLACEHOLDER.sub(lambda found: values[found[1]], part)
    return part


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words[:3000]}}


def _slack(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _block(words: str, **look: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": words, "wrap": True, **look}


def _markdown(words: str) -> str:
    return re.sub(r"([\\\[\]()*_`])", r"\\\1", words)
