"""Makes a mail of a record's values: plain text, headers that nobody can add to, and a number that is the delivery's own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from unicodedata import category

from apps.connectors.canonical.values import plain_text
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError
from apps.connectors.smtp_login import Readers, UnusableAddressError, read_addresses, strangers

TO, SUBJECT, TEXT = "to", "subject", "text"
_LONGEST_SUBJECT = 200
_LONGEST_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class Mail:
    """One message ready to be sent. `number` is its Message-ID without the angle brackets."""

    number: str
    recipients: tuple[str, ...]
    content: bytes


def message_number(idempotency_key: str, domain: str) -> str:
    """Return the number of a delivery's message: the same delivery has the same one, so that readers can know a repeat."""
    return f"{hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]}@{domain}"


def build_mail(
    values: Mapping[str, Any], readers: Readers, sender: str, idempotency_key: str, at: datetime, *, follows: str = ""
) -> Mail:
    """Return the message that says `values` ({"subject": "...", "text": "...", "to": "a@b.example"}).

    `follows` is the number of the message that it adds to, "" for none; `at` is aware.

    Raises:
        RejectedError: a value cannot be sent; it names the field.

    """
    recipients = _recipients(values, readers)
    number = message_number(idempotency_key, sender.rpartition("@")[2])
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, ", ".join(recipients)
    message["Subject"] = _subject(values)
    message["Date"], message["Message-ID"] = format_datetime(at), f"<{number}>"
    message["Auto-Submitted"] = (
        "auto-generated"  # https://www.rfc-editor.org/rfc/rfc3834#section-5: no holiday notices, please
    )
    if follows:
        message["In-Reply-To"] = message["References"] = f"<{follows}>"
    message.set_content(_text(values))
    return Mail(number, recipients, message.as_bytes())


def _recipients(values: Mapping[str, Any], readers: Readers) -> tuple[str, ...]:
    try:
        named = read_addresses(_plain(values, TO))
    except UnusableAddressError as problem:
        raise refused(TO, f"The recipient is not right: {problem}.") from None
    unknown = strangers(readers, named)
    if unknown:
        raise refused(
            TO,
            f"The address {unknown[0]} may not be written to: enter its domain in the connection's settings, or name somebody else.",
            BusinessClass.PERMISSION,
        )
    recipients = tuple(dict.fromkeys((*readers.fixed, *named)))
    if not recipients:
        raise refused(TO, "The record names nobody to write to: map an address, or enter recipients in the settings.")
    return recipients


def _subject(values: Mapping[str, Any]) -> str:
    subject = _plain(values, SUBJECT)
    if not subject:
        raise refused(SUBJECT, "The message has no subject: map one.")
    # A line break would begin another header (https://owasp.org/www-community/attacks/Email_Header_Injection).
    if any(_breaks_off(sign) for sign in subject):
        raise refused(SUBJECT, "The subject holds a line break or a control character: remove it at the source.")
    if len(subject) > _LONGEST_SUBJECT:
        raise refused(SUBJECT, f"The subject is longer than {_LONGEST_SUBJECT} characters: shorten it.")
    return subject


def _text(values: Mapping[str, Any]) -> str:
    text = "\n".join(_plain(values, TEXT).splitlines())
    if not text:
        raise refused(TEXT, "The message has no text: map one.")
    if len(text) > _LONGEST_TEXT:
        raise refused(TEXT, f"The text is longer than {_LONGEST_TEXT} characters: shorten it.")
    return "".join(sign for sign in text if sign in "\n\t" or not _breaks_off(sign)) + "\n"


def _breaks_off(sign: str) -> bool:
    """Return whether a character controls something instead of being read, or ends a line."""
    return category(sign) in {"Cc", "Zl", "Zp"}


def _plain(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, list | dict):
        raise refused(name, "A list stands where a single text is expected: map one part of it.")
    text = plain_text(value).strip()
    if "\x00" in text or not _is_unicode(text):
        raise refused(
            name, "The text holds a character that no mail can carry: remove it at the source.", BusinessClass.PARSE
        )
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def refused(field: str, sentence: str, business_class: BusinessClass = BusinessClass.VALIDATION) -> RejectedError:
    """Return the error for a message that cannot be sent as it is."""
    return RejectedError(sentence, problems=(FieldProblem(field, sentence, business_class),))
