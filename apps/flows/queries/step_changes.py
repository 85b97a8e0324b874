"""What differs between the steps of two stored definitions, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.connectors.canonical.values import plain_text
from apps.flows.engine.content import step_name
from apps.flows.engine.step_forms.fields import OPTIONS
from apps.flows.engine.steps import WALKING_KINDS
from apps.flows.queries.step_words import kind_title

Steps = Sequence[Mapping[str, Any]]
Difference = tuple[str, str, str]  # what it is about, as it was, as it is; "" : it is not there

_KEYS = {
    "title": gettext_lazy("title"),
    "condition": gettext_lazy("only if"),
    "proceed_on_error": gettext_lazy("go on when refused"),
    "retry": gettext_lazy("tries again after"),
    "timeout_seconds": gettext_lazy("longest time, in seconds"),
    "queue": gettext_lazy("who works what is refused"),
    "undo": gettext_lazy("may be taken back"),
}


def step_changes(before: Steps, after: Steps) -> Iterator[Difference]:
    """Yield what is new, gone, moved and set otherwise between two lists of stored steps."""
    old, new = ({step_name(step): step for step in steps} for steps in (before, after))
    for name in [*new, *(name for name in old if name not in new)]:
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            title = _title(now or was or {})
            yield _("Step %(step)s") % {"step": title}, _whole(was), _whole(now)
        elif was.get("kind") in WALKING_KINDS:
            yield from _keys(was, now)
    common = [name for name in old if name in new]
    if common != [name for name in new if name in old]:
        yield _("Order of the steps"), _order(before, common), _order(after, common)


def step_key_words(key: str) -> str:
    """Return one option of a step in words."""
    return str(_KEYS.get(key, key.replace("_", " ")))


def step_value_words(value: Any) -> str:
    """Return what an option is set to, "" for nothing."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {step_value_words(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(step_value_words(one) for one in value)
    return plain_text(value)


def _keys(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys((*was, *now)):
        if was.get(key) != now.get(key):
            label = f"{_title(now)}: {_label(str(now.get('kind')), key)}"
            yield label, step_value_words(was.get(key)), step_value_words(now.get(key))


def _label(kind: str, key: str) -> str:
    """Return what the form of a step calls a key."""
    field = next((one for one in OPTIONS.get(kind, ()) if one.key == key), None)
    return _(field.label) if field else step_key_words(key)


def _title(step: Mapping[str, Any]) -> str:
    return str(step.get("title") or kind_title(step.get("kind", "")))


def _whole(step: Mapping[str, Any] | None) -> str:
    if step is None:
        return ""
    told = (f"{step_key_words(key)}: {step_value_words(value)}" for key, value in step.items() if key not in _UNTOLD)
    return "; ".join((kind_title(step["kind"]), *told))


_UNTOLD = frozenset({"kind", "name", "title"})


def _order(steps: Steps, names: Sequence[str]) -> str:
    return " → ".join(_title(step) for step in steps if step_name(step) in names)
