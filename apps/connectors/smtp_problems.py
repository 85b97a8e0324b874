"""What a mail server's answers mean, by their three digits, in the five kinds of failure and in plain words.

4yz is for later, 5yz for never (https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1); 421 closes the service
(section 3.8); the codes of signing in are those of https://www.rfc-editor.org/rfc/rfc4954#section-6.
"""

import ssl

import aiosmtplib

from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    FieldProblem,
    MisconfiguredError,
    RejectedError,
    RemoteError,
    RetryableError,
)
from apps.connectors.redaction import redact_text

_LONGEST_REASON = 160
_CLOSING = 421
_TOO_LARGE = 552
_B = BusinessClass


def connect_error(problem: Exception, host: str, user: str, secrets: tuple[str, ...]) -> RemoteError:
    """Return the error for a server that let nobody in; no message was sent."""
    if isinstance(problem, aiosmtplib.SMTPAuthenticationError):
        return _sign_in_error(problem, host, user, secrets)
    # The library says with its plainest error that STARTTLS or signing in is not offered.
    if isinstance(problem, aiosmtplib.SMTPNotSupported) or type(problem) is aiosmtplib.SMTPException:
        return MisconfiguredError(
            f"{host} cannot be signed in to in a safe way: ask its administrator for STARTTLS and for signing in by password.",
            business_class=_B.CONNECTION,
        )
    if isinstance(problem, aiosmtplib.SMTPResponseException) and problem.code // 100 == 5:
        sentence = f"{host} serves nobody from here: {_reason(problem, secrets)}. Ask its administrator."
        return MisconfiguredError(sentence, business_class=_B.PERMISSION)
    if isinstance(problem, ssl.SSLError) or isinstance(problem.__cause__, ssl.SSLError):
        return RetryableError(
            f"No safe connection to {host} could be made: its certificate is not valid, has another name, or it speaks no TLS "
            "at this port.",
            business_class=_B.CONNECTION,
        )
    return line_error(problem, host, in_doubt=False)


def line_error(problem: Exception, host: str, *, in_doubt: bool) -> RemoteError:
    """Return the error for a server that says it is closing, or says nothing; `in_doubt`: the message may have arrived."""
    if isinstance(problem, TimeoutError):
        sentence = f"{host} did not answer in time."
        return RetryableError(sentence, business_class=_B.TIMEOUT, ambiguous=in_doubt)
    if isinstance(problem, aiosmtplib.SMTPResponseException) and problem.code >= 400:
        sentence = f"{host} takes no mail right now."
        return RetryableError(sentence, business_class=_B.PROVIDER_OUTAGE)
    sentence = f"{host} closed the connection before it had answered."
    return RetryableError(sentence, business_class=_B.CONNECTION, ambiguous=in_doubt)


def sender_error(
    problem: aiosmtplib.SMTPResponseException, host: str, sender: str, secrets: tuple[str, ...]
) -> RemoteError:
    """Return the error for a sender that is not taken: every message would fare alike."""
    if problem.code < 500:
        return line_error(problem, host, in_doubt=False)
    if problem.code == _TOO_LARGE:
        return _rejected("text", f"The message is larger than {host} takes: shorten its text.", _B.TOO_LARGE)
    sentence = f"{host} does not let this user write as {sender}: {_reason(problem, secrets)}. Correct the sender of the connection."
    return MisconfiguredError(sentence, business_class=_B.PERMISSION)


def recipient_error(
    problem: aiosmtplib.SMTPResponseException, host: str, address: str, secrets: tuple[str, ...]
) -> RemoteError:
    """Return the error for one address that is not taken."""
    if problem.code < 500:
        return line_error(problem, host, in_doubt=False)
    sentence = f"{host} does not deliver to {address}: {_reason(problem, secrets)}. Correct the address."
    return _rejected("to", sentence, _B.VALIDATION)


def content_error(problem: aiosmtplib.SMTPResponseException, host: str, secrets: tuple[str, ...]) -> RemoteError:
    """Return the error for a message that was handed over and refused by an answer: it was not taken."""
    if problem.code < 500:
        return line_error(problem, host, in_doubt=False)
    if problem.code == _TOO_LARGE:
        return _rejected("text", f"The message is larger than {host} takes: shorten its text.", _B.TOO_LARGE)
    return _rejected("", f"{host} refuses the message: {_reason(problem, secrets)}.", _B.VALIDATION)


def is_closing(problem: Exception) -> bool:
    """Tell whether the server ends the session with this answer."""
    return isinstance(problem, aiosmtplib.SMTPResponseException) and problem.code == _CLOSING


def _sign_in_error(
    problem: aiosmtplib.SMTPAuthenticationError, host: str, user: str, secrets: tuple[str, ...]
) -> RemoteError:
    if problem.code < 500:
        return line_error(problem, host, in_doubt=False)
    if problem.code in {534, 538}:  # too weak, or only encrypted: the password itself may be right
        sentence = f"{host} wants another way of signing in: {_reason(problem, secrets)}. Ask its administrator."
        return MisconfiguredError(sentence, business_class=_B.PERMISSION)
    sentence = f"{host} does not let {user} in: check user and password on the connection's page."
    return AuthExpiredError(sentence, business_class=_B.PERMISSION)


def _rejected(field: str, sentence: str, business_class: BusinessClass) -> RejectedError:
    return RejectedError(sentence, problems=(FieldProblem(field, sentence, business_class),))


def _reason(problem: aiosmtplib.SMTPResponseException, secrets: tuple[str, ...]) -> str:
    text = redact_text(problem.message, secrets).replace("\x00", "")
    told = " ".join(text.split())[:_LONGEST_REASON].rstrip(".") or "no reason was given"
    return f"“{told}” ({problem.code})"
