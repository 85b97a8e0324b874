"""Mail, against a real SMTP server: each message once and whole, to nobody else, over a way that was checked.

The checks of the conformance suite stand here under their own names where they apply: that suite's front speaks HTTP.
"""

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.contract import CallCounts, Exchange, UndoState, Write
from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    MisconfiguredError,
    RejectedError,
    RemoteError,
    RetryableError,
)
from apps.connectors.rate_budget import NoBudget
from apps.connectors.smtp_door import SmtpDoor
from apps.connectors.smtp_login import MailEncryption, SmtpLogin
from tests.conformance.plain_words import require_plain_words
from tests.connectors.authority import Authority, shown_by
from tests.connectors.catalog.canonical_reading import write_outside
from tests.connectors.smtp_server import PASSWORD, SENDER, USER, MailServer, serve

B = BusinessClass
MANIFEST = registry.manifest("smtp")


def note(number: int = 1, target_key: str | None = None, **values: Any) -> Write:
    told = {"subject": f"Project NW-{number}", "text": f"Name: Network {number}", **values}
    return Write(number, told, f"Project:NW-{number}", f"key-{number}", target_key)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serve() as running:
        yield running


async def refusal(server: MailServer, write: Write, **settings: Any) -> RejectedError:
    async with server.connector(**settings) as connector:
        (outcome,) = await connector.upsert("projects", [write])
    assert isinstance(outcome.error, RejectedError), outcome.error
    require_plain_words(outcome.error)
    return outcome.error


# --- writing ----------------------------------------------------------------------------------------------------------
async def test_a_record_becomes_one_message_with_the_number_of_its_delivery(server: MailServer) -> None:
    async with server.connector() as connector:
        (outcome,) = await connector.upsert("projects", [note()])
        counts = connector.take_counts()
        assert counts == CallCounts(ok=1, times=counts.times)
        assert (counts.times.calls, counts.times.failed, counts.times.limited) == (1, 0, 0)
    (message,) = server.kept
    assert (outcome.error, outcome.created) == (None, True)
    assert message["Message-ID"] == f"<{outcome.target_key}>"
    assert outcome.target_key is not None
    assert outcome.target_key.endswith("@firm.example")
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, "desk@outside.example", "Project NW-1")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content() == "Name: Network 1\r\n"
    assert server.envelopes == [(SENDER, ("desk@outside.example",))]


async def test_the_same_delivery_has_the_same_number_and_another_one_another(server: MailServer) -> None:
    async with server.connector() as connector:
        await connector.upsert("projects", [note(1), note(2)])
        await connector.upsert("projects", [note(1)])
    numbers = [str(message["Message-ID"]) for message in server.kept]
    assert numbers[0] == numbers[2] != numbers[1]
    assert server.sessions == 1


async def test_a_change_is_told_in_an_answer_to_the_first_message(server: MailServer) -> None:
    async with server.connector() as connector:
        (made,) = await connector.upsert("projects", [note()])
        changed = Write(
            1, {"subject": "Project NW-1", "text": "State: closed"}, "Project:NW-1", "key-2", made.target_key
        )
        (outcome,) = await connector.upsert("projects", [changed])
    assert (outcome.target_key, outcome.created, outcome.error) == (made.target_key, False, None)
    assert server.kept[1]["In-Reply-To"] == f"<{made.target_key}>"
    assert server.kept[1]["Message-ID"] != server.kept[0]["Message-ID"]


@pytest.mark.parametrize(
    "text",
    ["Ame\u0301lie Bergstro\u0308m", "\u05e9\u05dc\u05d5\u05dd", "done \U0001f469\u200d\U0001f4bb", "\"a\" \\ <b>&amp;</b> %s {x}",
     ".\n..\n.end", "From here\n" + "long " * 400],
)  # fmt: skip
async def test_texts_of_all_scripts_arrive_as_they_were(server: MailServer, text: str) -> None:
    async with server.connector() as connector:
        (outcome,) = await connector.upsert("projects", [note(subject=text.splitlines()[0][:100], text=text)])
    assert outcome.error is None
    assert server.kept[0].get_content().replace("\r\n", "\n").strip() == text.strip()
    assert server.kept[0]["Subject"] == text.splitlines()[0][:100]


@pytest.mark.parametrize(
    ("values", "settings", "business_class", "field", "words"),
    [
        ({"subject": "Hello\r\nBcc: all@outside.example"}, {}, B.VALIDATION, "subject", "line break"),
        ({"subject": "a\u2028b"}, {}, B.VALIDATION, "subject", "line break"),
        ({"subject": ""}, {}, B.VALIDATION, "subject", "no subject"),
        ({"subject": "x" * 201}, {}, B.VALIDATION, "subject", "longer than 200"),
        ({"text": None}, {}, B.VALIDATION, "text", "no text"),
        ({"text": "a\x00b"}, {}, B.PARSE, "text", "no mail can carry"),
        ({"text": ["a"]}, {}, B.VALIDATION, "text", "A list"),
        ({"text": "x" * 60_001}, {}, B.VALIDATION, "text", "longer than"),
        ({"to": "ann@stranger.example"}, {}, B.PERMISSION, "to", "may not be written to"),
        ({"to": "ann@sub.friend.example"}, {"domains": "friend.example"}, B.PERMISSION, "to", "may not be written to"),
        ({"to": "ann"}, {"domains": "friend.example"}, B.VALIDATION, "to", "no mail address"),
        ({"to": "ann@friend.example\r\nDATA"}, {"domains": "friend.example"}, B.VALIDATION, "to", "no plain mail address"),
        ({"to": "Ann <ann@friend.example>"}, {"domains": "friend.example"}, B.VALIDATION, "to", "no plain mail address"),
        ({}, {"recipients": "", "domains": "friend.example"}, B.VALIDATION, "to", "nobody to write to"),
    ],
)  # fmt: skip
async def test_what_cannot_be_sent_is_refused_by_its_field_and_nothing_leaves(
    server: MailServer,
    values: dict[str, Any],
    settings: dict[str, str],
    business_class: BusinessClass,
    field: str,
    words: str,
) -> None:
    error = await refusal(server, note(**values), **settings)
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, field)
    assert words in error.message
    assert server.kept == []


async def test_a_record_may_name_readers_of_the_domains_that_were_entered(server: MailServer) -> None:
    async with server.connector(domains="friend.example, @other.example") as connector:
        (outcome,) = await connector.upsert("projects", [note(to="ann@Friend.example, bob@other.example")])
    assert outcome.error is None
    assert server.envelopes[0][1] == ("desk@outside.example", "ann@friend.example", "bob@other.example")


@pytest.mark.parametrize(
    ("says", "kind", "business_class", "field"),
    [
        ({"RCPT": "550 5.1.1 No such user here"}, RejectedError, B.VALIDATION, "to"),
        ({"DATA": "554 5.7.1 This looks like spam"}, RejectedError, B.VALIDATION, ""),
        ({"DATA": "552 5.3.4 Too big"}, RejectedError, B.TOO_LARGE, "text"),
        ({"RCPT": "451 4.7.1 Greylisted, come back later"}, RetryableError, B.PROVIDER_OUTAGE, None),
        ({"RCPT": "421 4.3.2 Shutting down"}, RetryableError, B.PROVIDER_OUTAGE, None),
        ({"DATA": "450 4.2.1 Mailbox busy"}, RetryableError, B.PROVIDER_OUTAGE, None),
        ({"MAIL": "421 4.7.0 Too many messages"}, RetryableError, B.PROVIDER_OUTAGE, None),
        ({"MAIL": "553 5.7.1 Sender address rejected"}, MisconfiguredError, B.PERMISSION, None),
    ],
)  # fmt: skip
async def test_each_answer_of_a_server_lands_in_its_kind(
    server: MailServer, says: dict[str, str], kind: type[RemoteError], business_class: BusinessClass, field: str | None
) -> None:
    server.says = says
    async with server.connector(domains="friend.example") as connector:
        try:
            (outcome,) = await connector.upsert("projects", [note(to="ann@friend.example")])
            error = outcome.error
        except RemoteError as raised:
            error = raised
        assert isinstance(error, kind)
        assert (error.business_class, error.ambiguous) == (business_class, False)
        if isinstance(error, RejectedError):
            assert error.problems[0].field == field
        require_plain_words(error)
        server.says = {}
        (again,) = await connector.upsert("projects", [note(2)])
    assert again.error is None
    assert [str(message["Subject"]) for message in server.kept] == ["Project NW-2"]


async def test_a_refused_message_keeps_no_other_from_going(server: MailServer) -> None:
    server.says = {"RCPT": "550 5.1.1 No such user here"}
    writes = [note(1), note(2, to="ann@friend.example"), note(3)]
    async with server.connector(domains="friend.example") as connector:
        outcomes = await connector.upsert("projects", writes)
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    assert len(server.kept) == 2


@pytest.mark.parametrize(("breaks", "arrives"), [("after", 1), ("before", 0), ("silent", 1)])
async def test_a_message_whose_answer_is_lost_is_in_doubt_and_the_rest_is_not_sent(
    server: MailServer, breaks: str, arrives: int
) -> None:
    server.breaks = breaks
    async with server.connector() as connector:
        connector._door._timeout = 0.5  # type: ignore[attr-defined]
        outcomes = await connector.upsert("projects", [note(1), note(2)])
        assert await connector.probe("projects", [note(1)]) == {}
        assert connector.take_counts().failed == 1
    doubts = [outcome.error.ambiguous for outcome in outcomes if isinstance(outcome.error, RetryableError)]
    assert doubts == [True, False]
    assert len(server.kept) == arrives


async def test_a_change_in_doubt_waits_for_a_person(server: MailServer) -> None:
    server.breaks = "after"
    error = await refusal(server, note(1, target_key="first@firm.example"))
    assert "Nobody knows whether" in error.message
    assert error.business_class is BusinessClass.CONFLICT


async def test_what_was_sent_cannot_be_taken_back_read_or_found(server: MailServer) -> None:
    async with server.connector() as connector:
        undone = await connector.undo("projects", "x", idempotency_key="u")
        assert await connector.find("projects", ["NW-1"]) == {}
        with pytest.raises(MisconfiguredError, match="only takes messages"):
            await anext(connector.read("projects", None))
    assert (undone.state, bool(undone.error)) == (UndoState.REFUSED, True)


# --- the way there ----------------------------------------------------------------------------------------------------
FORMS = [(MailEncryption.STARTTLS, False), (MailEncryption.TLS, True)]


def door(server: MailServer, log: Any = None, **login: Any) -> SmtpDoor:
    async def look_up(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    return SmtpDoor(
        base_url=f"smtp://mail.firm.example:{server.port}",
        login=SmtpLogin(USER, SENDER, **{"password": PASSWORD, **login}),
        allow=(f"mail.firm.example:{server.port}",),
        budget=NoBudget(),
        timeout=5,
        look_up=look_up,
        log=log,
    )


@pytest.mark.parametrize(("encryption", "at_once"), FORMS)
async def test_a_certificate_that_holds_is_taken_and_the_way_is_encrypted(
    tmp_path: Path, encryption: MailEncryption, at_once: bool
) -> None:
    authority = Authority()
    async with serve(shown_by(authority, tmp_path, "mail.firm.example"), at_once=at_once) as server:
        async with door(server, encryption=encryption, authority=authority.pem) as to_it:
            await to_it.send(("desk@outside.example",), b"Subject: x\r\n\r\nText\r\n", "Message x")
        assert len(server.kept) == 1
        assert server.encrypted or at_once


@pytest.mark.parametrize("wrong", ["another host", "another authority"])
@pytest.mark.parametrize(("encryption", "at_once"), FORMS)
async def test_a_certificate_that_does_not_hold_ends_the_call_before_anybody_signs_in(
    tmp_path: Path, encryption: MailEncryption, at_once: bool, wrong: str
) -> None:
    authority = Authority()
    shown = "other.firm.example" if wrong == "another host" else "mail.firm.example"
    trusted = Authority().pem if wrong == "another authority" else authority.pem
    async with serve(shown_by(authority, tmp_path, shown), at_once=at_once) as server:
        async with door(server, encryption=encryption, authority=trusted) as to_it:
            with pytest.raises(RetryableError, match="No safe connection") as refused:
                await to_it.greet()
        assert refused.value.business_class is BusinessClass.CONNECTION
        assert server.sessions == 0


async def test_a_server_without_encryption_gets_no_password_unless_that_was_chosen(server: MailServer) -> None:
    async with door(server, encryption=MailEncryption.STARTTLS) as to_it:
        with pytest.raises(MisconfiguredError, match="safe way"):
            await to_it.greet()
    assert server.sessions == 0


@pytest.mark.parametrize(
    ("address", "found", "words"),
    [
        ("smtp://mail.example.com", "10.0.0.5", "private address"),
        ("smtp://mail.example.com", "169.254.169.254", "never called"),
        ("smtp://mail.example.com", "93.184.215.14", "only to addresses that the operator allowed"),
    ],
)
async def test_addresses_are_judged_and_mail_without_encryption_is_for_allowed_ones(
    address: str, found: str, words: str
) -> None:
    async def look_up(_host: str, _port: int) -> list[str]:
        return [found]

    encryption = MailEncryption.PLAIN if found.startswith("93") else MailEncryption.STARTTLS
    login = SmtpLogin(USER, SENDER, PASSWORD, encryption)
    async with SmtpDoor(base_url=address, login=login, allow=(), budget=NoBudget(), look_up=look_up) as to_it:
        with pytest.raises(MisconfiguredError, match=words):
            await to_it.greet()
        assert to_it.take_counts() == CallCounts()


async def test_wrong_credentials_are_told_as_such_and_no_secret_is_written_down(server: MailServer) -> None:
    lines = list[str]()

    class Log:
        def note(self, exchange: Exchange, sent: bytes | None, received: bytes, secrets: tuple[str, ...]) -> None:
            lines.append(f"{exchange} {sent!r} {received!r}")

        def tell(self) -> None: ...

    wrong = "wrong-pass-word-of-the-account"
    async with door(server, Log(), password=wrong, encryption=MailEncryption.PLAIN) as to_it:
        with pytest.raises(AuthExpiredError, match="check user and password on the connection's page"):
            await to_it.greet()
    async with door(server, Log(), encryption=MailEncryption.PLAIN) as to_it:
        server.says = {"DATA": f"554 {PASSWORD} is no good"}
        with pytest.raises(RejectedError) as refused:
            await to_it.send(("desk@outside.example",), b"Subject: x\r\n\r\nText\r\n", f"Message {PASSWORD}")
        lines += [refused.value.message, repr(to_it.login)]
    written = "\n".join(lines)
    assert "[hidden]" in written
    assert not any(secret in written for secret in (wrong, PASSWORD))


async def test_the_connection_test_sends_nothing_and_says_to_whom_messages_go(server: MailServer) -> None:
    async with server.connector(domains="friend.example") as connector:
        report = await connector.test()
    said = {step.name: step.sentence for step in report.steps}
    assert report.ok
    assert said["allowed"] == f"The sign-in is accepted, as {USER}. The way there is not encrypted."
    assert "always to desk@outside.example and to whom a record names at friend.example" in said["can write"]
    assert server.kept == []
    async with server.connector(recipients="") as connector:
        report = await connector.test()
    assert [step.ok for step in report.steps] == [True, True, False]
    async with server.connector(password="another-one") as connector:
        report = await connector.test()
    assert [step.ok for step in report.steps] == [True, False, None]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"user": ""}, "has no user"),
        ({"sender": "desk"}, "Sender.*no mail address"),
        ({"sender": "desk@firm.example\nBcc: x@y.example"}, "Sender"),
        ({"encryption": "some"}, "Encryption"),
        ({"authority": "none"}, "certificate of the authority"),
    ],
)
def test_a_login_that_is_not_whole_names_what_is_missing(settings: dict[str, str], words: str) -> None:
    with pytest.raises(MisconfiguredError, match=words):
        MailServer(port=2525).connector(**settings)


# --- what is said -----------------------------------------------------------------------------------------------------
SAID: dict[str, tuple[dict[str, Any], str, str]] = {
    "projects": (
        {"code": "NW-1", "name": "Network", "client_name": "Nordwind", "starts": date(2026, 12, 1)},
        "Project NW-1: Network",
        "Code: NW-1\nName: Network\nClient: Nordwind\nStarts: 2026-12-01",
    ),
    "deals": ({"name": "Audit", "stage": "won"}, "Deal Audit: won", "Deal: Audit\nStage: won"),
    "contracts": ({"name": "Frame", "state": "signed"}, "Contract Frame: signed", "Contract: Frame\nState: signed"),
    "workspaces": ({"name": "NW-1", "project": "NW-1"}, "Workspace NW-1", "Workspace: NW-1\nProject: NW-1"),
    "invoices": ({"number": "R-7", "client": "C"}, "Invoice R-7", "Invoice: R-7"),
}


@pytest.mark.parametrize("name", SAID)
def test_each_record_is_told_in_words_of_its_own(name: str) -> None:
    values, subject, text = SAID[name]
    told = write_outside(MANIFEST.object_named(name), values)
    assert (told["subject"], told["text"].strip()) == (subject, text)


def test_every_object_is_told_and_none_is_read() -> None:
    read: Callable[[Any], bool] = lambda spec: spec.reading is not None  # noqa: E731
    assert not [spec.name for spec in MANIFEST.objects if read(spec) or spec.writing is None]
    assert {spec.name for spec in MANIFEST.objects} == set(SAID)
