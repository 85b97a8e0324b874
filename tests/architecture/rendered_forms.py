"""The forms that a page really shows, read from its markup: where they are sent and with which fields."""

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.urls import resolve

_NOT_SENT = frozenset({"submit", "button", "reset", "image"})


@dataclass(frozen=True)
class Control:
    """One field of a form. `kind` is the input's type, else "select" or "textarea"."""

    name: str
    kind: str
    value: str = ""
    is_sent: bool = True  # an unticked box is not


@dataclass
class RenderedForm:
    """One form of a page."""

    page: str
    method: str
    path: str
    controls: list[Control] = field(default_factory=list)

    def shape(self, urlconf: str) -> tuple[str, tuple[str, ...]]:
        """Return what makes it the same form on another page, or in another row."""
        asked = resolve(urlsplit(self.path).path, urlconf=urlconf)
        return asked.view_name, tuple(sorted({control.name for control in self.controls}))

    def filled(self) -> list[tuple[str, str]]:
        """Return what a browser would send if somebody pressed Enter: the first button goes along."""
        button = next((control for control in self.controls if control.kind == "button"), None)
        sent = [control for control in self.controls if control.is_sent] + ([button] if button else [])
        return [(control.name, control.value) for control in sent]


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[RenderedForm] = []
        self.by_id: dict[str, RenderedForm] = {}
        self.outside: list[tuple[str, Control]] = []
        self.open: RenderedForm | None = None
        self.select = ""
        self.options: list[tuple[str, bool]] = []
        self.attributes: dict[str, str] = {}
        self.text: tuple[dict[str, str], list[str]] | None = None
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open_form(named)
        elif tag == "a" and named.get("href"):
            self.links.append(urljoin(self.page, named["href"]))
        elif tag == "select":
            self.select, self.options, self.attributes = named.get("name", ""), [], named
        elif tag == "option" and self.select:
            self.options.append((named.get("value", ""), "selected" in named))
        elif tag == "textarea":
            self.text = (named, [])
        elif tag == "input" and named.get("type", "text") not in _NOT_SENT:
            self._put_input(named)
        elif tag == "button":
            self._put_button(named)

    def _put_input(self, named: dict[str, str]) -> None:
        kind = named.get("type", "text")
        is_sent = kind not in {"checkbox", "radio"} or "checked" in named
        self._put(named, Control(named.get("name", ""), kind, named.get("value", "on" if is_sent else ""), is_sent))

    def _put_button(self, named: dict[str, str]) -> None:
        if named.get("name"):
            self._put(named, Control(named["name"], "button", named.get("value", ""), is_sent=False))
        if named.get("formaction") and self.open is not None:
            self.forms.append(replace(self.open, path=urljoin(self.page, named["formaction"])))  # shares the controls

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "select" and self.select:
            chosen = [value for value, is_chosen in self.options if is_chosen]
            first = self.options[0][0] if self.options and "multiple" not in self.attributes else ""
            self._put(self.attributes, Control(self.select, "select", chosen[0] if chosen else first))
            self.select = ""
        elif tag == "textarea" and self.text is not None:
            self._put(self.text[0], Control(self.text[0].get("name", ""), "textarea", "".join(self.text[1]).strip()))
            self.text = None

    def _open_form(self, named: dict[str, str]) -> None:
        where = named.get("hx-post") or named.get("action") or self.page
        method = "post" if "hx-post" in named else named.get("method", "get").lower()
        self.open = RenderedForm(self.page, method, urljoin(self.page, where))
        self.forms.append(self.open)
        if named.get("id"):
            self.by_id[named["id"]] = self.open

    def _put(self, named: dict[str, str], control: Control) -> None:
        if not control.name or control.name == "csrfmiddlewaretoken" or "disabled" in named:
            return
        if named.get("form"):
            self.outside.append((named["form"], control))
        elif self.open is not None:
            self.open.controls.append(control)


def _read(page: str, markup: str) -> _Reader:
    reader = _Reader(page)
    reader.feed(markup)
    for owner, control in reader.outside:
        if owner in reader.by_id:
            reader.by_id[owner].controls.append(control)
    return reader


def forms_of(page: str, markup: str) -> list[RenderedForm]:
    """Return the page's forms that are sent by POST."""
    return [form for form in _read(page, markup).forms if form.method == "post"]


def words_of_address(page: str, markup: str) -> set[str]:
    """Return the query parameters that a page's own links and search forms lead back to it with."""
    reader, here = _read(page, markup), urlsplit(page).path
    links = {
        name for link in reader.links if urlsplit(link).path == here for name, _ in parse_qsl(urlsplit(link).query)
    }
    asked = {
        control.name
        for form in reader.forms
        if form.method == "get" and urlsplit(form.path).path == here
        for control in form.controls
    }
    return links | asked
