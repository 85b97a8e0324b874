"""Every form of every page, sent with nonsense: answered in place, in words, what was typed given back, nothing written."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import TestCase
from django.utils.html import escape

from apps.accounts.stale_check import VERSION
from apps.tenants import scope
from apps.tenants.templatetags.table_files import ASKED_BY
from tests.architecture.addresses import PARTNER_URLS, PLATFORM_URLS, Address, all_addresses
from tests.architecture.house import House
from tests.architecture.noted_words import ANY, noting_words
from tests.architecture.rendered_forms import Control, RenderedForm, forms_of, words_of_address

pytestmark = pytest.mark.timeout(600)  # many requests, on however busy a machine

SCRIPT = "<script>alert(1)</script>"
HALF = "%ED%A0%80"  # half a character, as sent: no browser does it, somebody's program will
NOBODYS_ROW = "01990000-0000-7000-8000-000000000000"
NONSENSE = {
    "empty": "",
    "oversized": "x" * 100_000,
    "script": SCRIPT,
    "a NUL": "a\x00b",
    "odd letters": "\u202eevil \u200d\U0001f600\ufeff \u0130\ufb01",
    "half a character": HALF,
    "letters": "twelve",
    "a day that is not": "31.02.2026",
    "negative": "-1",
    "beyond numbers": "1e999",
    "not a number": "NaN",
    "nobody's row": NOBODYS_ROW,
}
# What a single field gets while the others are as they were: by what people do there.
BY_KIND = {
    "number": ("letters", "negative", "beyond numbers", "a NUL"),
    "date": ("a day that is not", "letters"),
    "select": ("letters", "nobody's row"),
    "radio": ("letters",),
    "checkbox": ("letters",),
    "hidden": ("letters", "a NUL", "nobody's row"),
    "button": ("letters",),
}
ELSE = ("script", "odd letters", "oversized", "half a character", "negative")
TYPED = frozenset({"text", "textarea", "search", "tel", "url"})
# Kept by what surrounds every request: the session, the trail of refusals, where an onboarding was left.
_BYSTANDERS = re.compile(r"django_session|usersessions|dispatch_wake|homevisit|_audit|UPDATE customers_onboarding$")
_ONCE = "once"
# Watched by a page again and again: what it shows is a part of that page. And the way out.
_NOT_ASKED = {"account_logout", "monitoring:case-news", "flows:run-live", "flows:flow-now", "tenants:gallery"}
_MANY, _SOME = 30, 12  # controls of one form: beyond many, some are tried
PEOPLE = ("owner", "customer_owner", "nobody", "operator")
_REFUSAL_SIGNS = ("field-error", "aria-invalid", 'role="alert"', "tone-danger", "tone-warning")


class Page(NamedTuple):
    """A page as somebody was shown it, and the words of its address that it looked for."""

    path: str
    markup: str
    read: frozenset[str]


def _urlconf(label: str) -> str:
    return PLATFORM_URLS if label == "operator" else PARTNER_URLS


def _room(address: Address) -> str:
    return address.name.split(":")[0] if ":" in address.name else "sign-in"


def _addresses(label: str, room: str = "") -> list[Address]:
    own = [a for a in all_addresses() if a.urlconf == _urlconf(label)]
    asked = [a for a in own if not a.is_api and a.name not in _NOT_ASKED and a.demanded("get") is not None]
    return [address for address in asked if room in ("", _room(address))]


# One test for each room of each person: small enough to be spread over processes.
ROOMS = [(label, room) for label in PEOPLE for room in sorted({_room(address) for address in _addresses(label)})]
everywhere = pytest.mark.parametrize(("label", "room"), ROOMS)


@contextmanager
def _noting_writes() -> Iterator[list[str]]:
    """Collect what is written to tables meanwhile, as "INSERT table"."""
    written: list[str] = []
    begun: dict[str, int] = {}  # by savepoint, how much was written when it was set

    def note(execute: Callable[..., Any], statement: Any, values: Any, many: bool, context: dict[str, Any]) -> Any:
        answer = execute(statement, values, many, context)
        words = str(statement).replace('"', "").split(maxsplit=4)
        match words:
            case ["SAVEPOINT", name]:
                begun[name] = len(written)
            case ["ROLLBACK", "TO", "SAVEPOINT", name]:
                del written[begun.get(name, 0) :]
            case ["INSERT" | "DELETE" | "UPDATE" as verb, *others] if context["cursor"].rowcount:
                deed = f"{verb} {others[0] if verb == 'UPDATE' else others[1]}"
                written.extend([deed] * (not _BYSTANDERS.search(deed)))
        return answer

    with connection.execute_wrapper(note):
        yield written


class _Hand:
    """Somebody at a browser who sends nonsense; every request is taken back."""

    def __init__(self, house: House, label: str, room: str) -> None:
        self.house, self.label, self.room = house, label, room
        self.client = house.visitors[label].client()
        self.cookies = deepcopy(self.client.cookies)

    def get(self, path: str) -> HttpResponse:
        with self.undone():
            return self.client.get(path)

    def send(self, path: str, fields: list[tuple[str, str]]) -> tuple[HttpResponse, list[str]]:
        body = "&".join(f"{quote_plus(name)}={_as_sent(value)}" for name, value in fields)
        _forget_attempts()
        with self.undone(), _noting_writes() as written:
            response = self.client.post(path, body, content_type="application/x-www-form-urlencoded")
        return response, written

    @contextmanager
    def undone(self) -> Iterator[None]:
        try:
            with self.house.undone():
                yield
        finally:
            self.client.cookies = deepcopy(self.cookies)

    def commit(self, kept: list[Callable[[], Any]]) -> None:
        """Do what the end of a request's transaction does: still in the portal that was asked, whose memory is its own."""
        partner = self.house.visitors[self.label].partner
        with scope.enter(partner) if partner else scope.public():
            for keep in kept:
                keep()

    def pages(self) -> list[Page]:
        """Return every page that this person may see, asked for once: each request was taken back."""
        place = f"{self.label}-{self.room}"
        if place not in self.house.seen:
            self.house.seen[place] = list(self._asked_pages())
        return self.house.seen[place]

    def _asked_pages(self) -> Iterator[Page]:
        for address in _addresses(self.label, self.room):
            path = address.path(self.house.ids["one"])
            with noting_words() as read:
                response = self.get(path)
            if response.status_code == 200 and _is_page(response):
                yield Page(path, response.content.decode(), frozenset(read))

    def forms(self) -> list[RenderedForm]:
        """Return every form on them, each once."""
        found: dict[Any, RenderedForm] = {}
        for path, markup, _ in self.pages():
            for form in forms_of(path, markup):
                if "logout" not in form.path:
                    found.setdefault(form.shape(_urlconf(self.label)), form)
        return list(found.values())


def _forget_attempts() -> None:
    """Forget who tried what how often: too many at once would be refused for that. Figures beside the menu stay counted."""
    memory = cache._cache.get_client(write=True)
    if counted := [key for key in memory.scan_iter(count=1000) if b":badge:" not in key]:
        memory.delete(*counted)


def _as_sent(value: str) -> str:
    return value if value == HALF else quote_plus(value)


def _is_page(response: HttpResponse) -> bool:
    return "html" in response.headers.get("Content-Type", "")


def _spoiled(form: RenderedForm, value: str, only: Control | None = None) -> list[tuple[str, str]]:
    """Return the form with nonsense in one field, or in all that people fill in."""
    sent = [(name, kept) for name, kept in form.filled() if name != _ONCE]
    bad = {only.name} if only else {c.name for c in form.controls if c.kind != "hidden" and c.name != _ONCE}
    missing = bad - {name for name, _ in sent}
    return [(name, value if name in bad else kept) for name, kept in sent] + [(name, value) for name in sorted(missing)]


def _said(response: HttpResponse) -> str:
    return b"".join(response).decode(errors="replace")


def _fault(response: HttpResponse, written: list[str], value: str) -> str:
    """Return what is wrong with an answer to nonsense, "" for nothing."""
    status = response.status_code
    if status >= 500:
        error = (getattr(response, "exc_info", None) or (None, None))[1]
        return f"{status} {type(error).__name__}: {str(error)[:160]}"
    markup = _said(response)
    if value == SCRIPT and SCRIPT in markup:
        return "the script is on the page"
    if status in {301, 302, 204}:
        led = bool(written) or bool(
            getattr(response.wsgi_request, "_messages", None) and response.wsgi_request._messages._queued_messages
        )
        return "" if led else f"{status} to {response.headers.get('Location')}, nothing written, nothing said"
    is_refused = status >= 400 or any(sign in markup for sign in _REFUSAL_SIGNS[:2])
    if is_refused and written:
        return f"{status} refused, and yet it wrote {sorted(set(written))}"
    if (
        is_refused
        and _is_page(response)
        and not any(sign in markup for sign in _REFUSAL_SIGNS)
        and status not in {404, 403, 405}
    ):
        return f"{status} refused without a word where"
    return ""


@everywhere
def test_nonsense_in_every_field_at_once_is_answered_in_words(house: House, label: str, room: str) -> None:
    hand, wrong = _Hand(house, label, room), []
    forms = hand.forms()
    assert forms or label != "owner" or room == "tenants", "no form was found: the sweep would prove nothing"
    for place, (form, twin) in enumerate(_with_twins(forms)):
        for case in list(NONSENSE)[place % 3 :: 3] if twin else NONSENSE:
            value = NONSENSE[case]
            fault = _fault(*hand.send(form.path, _spoiled(form, value)), value)
            wrong += [f"{form.path} (on {form.page}), {case}: {fault}"] * bool(fault)
    assert wrong == [], "\n".join(wrong)


@everywhere
def test_nonsense_in_one_field_is_answered_there(house: House, label: str, room: str) -> None:
    hand, wrong = _Hand(house, label, room), []
    for form, twin in _with_twins(hand.forms()):
        for place, control in enumerate(_sampled(form)):
            cases = BY_KIND.get(control.kind, ELSE)
            for case in (cases[place % len(cases)],) if twin else cases:
                value = NONSENSE[case]
                response, written = hand.send(form.path, _spoiled(form, value, control))
                if control.name == "next":
                    continue  # nonsense there leads to the start page, and nobody misses it
                fault = _fault(response, written, value) or ("" if written else _lost(response, control, value))
                wrong += [f"{form.path} (on {form.page}), {control.name}: {case}: {fault}"] * bool(fault)
    assert wrong == [], "\n".join(wrong)


def _with_twins(forms: list[RenderedForm]) -> Iterator[tuple[RenderedForm, bool]]:
    """Yield each form, and whether an earlier one asks for the same: that of a new row for that of a known one, say.

    One class reads both, so that some of the nonsense is enough for the second.
    """
    known: set[frozenset[tuple[str, str]]] = set()
    for form in forms:
        asked = frozenset((one.name, one.kind) for one in form.controls if one.kind not in {"hidden", "button"})
        yield form, bool(asked) and asked in known
        known.add(asked)


def _sampled(form: RenderedForm) -> list[Control]:
    """Return the form's controls: of rows that differ by their number only, the first and the last; of very many, some."""
    rows: dict[tuple[str, str], list[Control]] = {}
    for control in form.controls:
        if control.name != _ONCE:
            rows.setdefault((re.sub(r"\d+", "#", control.name), control.kind), []).append(control)
    controls = [one for same in rows.values() for one in same[:1] + same[1:][-1:]]
    return controls if len(controls) <= _MANY else controls[:: len(controls) // _SOME]


def _lost(response: HttpResponse, control: Control, value: str) -> str:
    """Return what is wrong where a refused page does not give back what was typed."""
    if value != SCRIPT or control.kind not in TYPED or response.status_code not in {200, 400, 409, 422}:
        return ""
    return (
        ""
        if escape(value) in _said(response) or not _is_page(response)
        else f"{response.status_code}: what was typed is gone"
    )


@everywhere
def test_a_file_that_is_none_is_answered_in_words(house: House, label: str, room: str) -> None:
    hand, wrong = _Hand(house, label, room), []
    for form in hand.forms():
        files = [control for control in form.controls if control.kind == "file"]
        for content in (
            (b"", b"GIF89a\x00nothing", SCRIPT.encode(), b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>")
            if files
            else ()
        ):
            sent = dict(_spoiled(form, "", files[0]))
            sent |= {control.name: SimpleUploadedFile("\u202egnp.exe", content, "image/png") for control in files}
            with hand.undone(), _noting_writes() as written:
                response = hand.client.post(form.path, sent)
            fault = _fault(response, written, "")
            wrong += [f"{form.path}, {content!r}: {fault}"] * bool(fault)
    assert wrong == [], "\n".join(wrong)


@everywhere
def test_a_form_that_is_sent_twice_works_once(house: House, label: str, room: str) -> None:
    hand, wrong = _Hand(house, label, room), []
    for form in hand.forms():
        fields = form.filled()
        if not any(name == _ONCE for name, _ in fields):
            continue
        _forget_attempts()
        with hand.undone():
            with TestCase.captureOnCommitCallbacks() as kept:
                first = hand.client.post(form.path, dict(fields))
            if first.status_code != 302:
                continue
            hand.commit(kept)
            with _noting_writes() as written:
                second = hand.client.post(form.path, dict(fields))
        if second.status_code != 302 or written or second["Location"] != first["Location"]:
            wrong.append(f"{form.path}: {second.status_code} to {second.headers.get('Location')} {written}")
    assert wrong == [], "\n".join(wrong)


@everywhere
def test_a_page_that_somebody_else_overtook_is_refused_in_place(house: House, label: str, room: str) -> None:
    hand, wrong = _Hand(house, label, room), []
    stale = [(form, _overtaken(form)) for form in hand.forms() if _edits_a_record(form)]
    for form, fields in stale:
        response, written = hand.send(form.path, fields)
        if response.status_code not in {200, 400, 409} or written or "somebody else changed" not in _said(response):
            wrong.append(f"{form.path}: {response.status_code} {written}")
    assert wrong == [], "\n".join(wrong)
    assert stale or (label, room) != ("owner", "customers")


def _edits_a_record(form: RenderedForm) -> bool:
    is_watched = any(control.name == VERSION and control.kind == "hidden" for control in form.controls)
    return is_watched and re.search(r"/[0-9a-f-]{36}/", form.path) is not None


def _overtaken(form: RenderedForm) -> list[tuple[str, str]]:
    """Return the form as sent from a page whose every value was another one, with new words in it."""
    kinds = {control.name: control.kind for control in form.controls}
    marks = json.dumps(dict.fromkeys(json.loads(dict(form.filled())[VERSION]), "0" * 12))
    fields = [(name, kept) for name, kept in form.filled() if name != _ONCE]
    typed = [(name, marks if name == VERSION else _another(kinds[name], kept)) for name, kept in fields]
    if [value for name, value in typed if name != VERSION] != [value for name, value in fields if name != VERSION]:
        return typed
    # Nothing can be typed: something is ticked that was not.
    boxes = (one for one in form.controls if one.kind == "checkbox" and one.name not in dict(fields))
    return [*typed, *((box.name, box.value or "on") for box in itertools.islice(boxes, 1))]


def _another(kind: str, kept: str) -> str:
    """Return another value than the one on record, where one can be typed."""
    if kind == "number" and re.fullmatch(r"\d+(\.\d+)?", kept):
        return str(Decimal(kept) + 1)
    return f"{kept} 2" if kind in TYPED else kept


@everywhere
def test_nonsense_in_the_address_is_answered_by_a_page(house: House, label: str, room: str) -> None:
    hand, wrong = _Hand(house, label, room), []
    cases = [case for case in NONSENSE if case != "oversized"]  # a server in front refuses a long address
    for place, (path, markup, read) in enumerate(hand.pages()):
        # The middleware that makes files of tables reads its word of every page: some pages stand for all.
        words = sorted((words_of_address(path, markup) | {"page", "sort", "q"}) - ({ASKED_BY} if place >= 3 else set()))
        for turn in range(3):
            values = {word: NONSENSE[cases[(number + turn * 4) % len(cases)]] for number, word in enumerate(words)}
            for asked in _questions(values, read):
                response = hand.get(f"{path}?{asked}")
                fault = _fault(response, [], SCRIPT) if response.status_code != 302 else ""
                if not fault and response.status_code not in {200, 302, 400, 404}:
                    fault = str(response.status_code)
                wrong += [f"{path}?{asked}: {fault}"] * bool(fault)
    assert wrong == [], "\n".join(wrong)


def _questions(values: dict[str, str], read: frozenset[str]) -> Iterator[str]:
    """Return each word that the page reads with its nonsense, and all that it only hands on together."""
    asked = {word: f"{quote_plus(word)}={_as_sent(value)}" for word, value in values.items()}
    yield from (question for word, question in asked.items() if read & {word, ANY})
    if unread := [question for word, question in asked.items() if not read & {word, ANY}]:
        yield "&".join(unread)
