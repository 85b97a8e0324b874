"""What each kind of walking step does, in a short sentence: who approves from which amount, what is waited for, what goes where."""

from collections.abc import Callable
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.actions import ROLE_LABELS, Role
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.engine.definition import Step
from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.steps.call import CallOptions
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.deliver_options import DeliverOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.engine.steps.map import MapOptions
from apps.flows.engine.steps.milestone import MilestoneOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.wait import WaitOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.engine.steps.write_back import WriteBackOptions
from apps.tenants.templatetags.wording import count_words

_A_DAY = 24


def walking_words(step: Step, source: str, target: str) -> str:
    """Return what a walking step does, between systems of these names; "" for one that does nothing to speak of."""
    tell = _WORDS.get(type(step.options))
    words = tell(step.options, source, target) if tell else ""
    if step.condition:
        return _("%(words)s, under a condition") % {"words": words} if words else _("under a condition")
    return words


def _approve(options: ApproveOptions, _source: str, _target: str) -> str:
    first = {"role": _role(options.role), "number": options.needed, "amount": count_words(options.free_below)}
    if options.free_below:
        asked = ngettext(
            "%(role)s approves from %(amount)s", "%(number)s people (%(role)s) approve from %(amount)s", options.needed
        )
    else:
        asked = ngettext("%(role)s approves", "%(number)s people (%(role)s) approve", options.needed)
    parts = [asked % first]
    for threshold in sorted(options.thresholds, key=lambda one: one.above):
        words = ngettext("%(role)s from %(amount)s", "%(number)s people (%(role)s) from %(amount)s", threshold.needed)
        named = {"role": _role(threshold.role), "number": threshold.needed, "amount": count_words(threshold.above)}
        parts.append(words % named)
    if options.due_hours:
        parts.append(_("within %(time)s") % {"time": _hours(options.due_hours)})
    return ", ".join(parts)


def _wait(options: WaitOptions, _source: str, _target: str) -> str:
    if not options.event:
        return _("for %(time)s") % {"time": _hours(options.hours)} if options.hours else _("until its time comes")
    said = {"event": options.event, "time": _hours(options.at_most_hours)}
    if options.at_most_hours:
        return _("until %(event)s is told, at most %(time)s") % said
    return _("until %(event)s is told") % said


def _decide(options: DecideOptions, _source: str, _target: str) -> str:
    return options.sentence or _("which way it goes on")


def _deliver(options: DeliverOptions, source: str, target: str) -> str:
    words = {"kind": _kind(options.type), "system": _system(options.role, source, target)}
    if not words["system"]:
        return _("%(kind)s, each once") % words
    return _("%(kind)s to %(system)s, each once") % words


def _withdraw(options: WithdrawOptions, source: str, target: str) -> str:
    words = {"kind": _kind(options.type), "system": _system(options.role, source, target)}
    if not words["system"]:
        return _("%(kind)s, as far as the flow made it") % words
    return _("%(kind)s from %(system)s, as far as the flow made it") % words


def _map(options: MapOptions, _source: str, _target: str) -> str:
    return _("made ready as %(kind)s") % {"kind": _kind(options.type)}


def _look_up(options: LookupOptions, source: str, target: str) -> str:
    named = _kind(options.type) if options.type else options.object.replace("_", " ")
    words = {"object": named, "system": _system(options.role, source, target)}
    return _("%(object)s in %(system)s") % words if words["system"] else words["object"]


def _write_back(options: WriteBackOptions, source: str, _target: str) -> str:
    fields = get_text_list([name.replace("_", " ") for name in options.values], _("and"))
    return _("sets %(fields)s in %(system)s") % {"fields": fields, "system": source}


def _notify(options: NotifyOptions, _source: str, _target: str) -> str:
    if options.role:
        return _("a mail to %(role)s") % {"role": _role(options.role)}
    return _("a mail to the address in the record")


def _call(options: CallOptions, _source: str, _target: str) -> str:
    words = {"template": options.template}
    return _("starts %(template)s and waits for its end") % words if options.wait else _("starts %(template)s") % words


def _milestone(options: MilestoneOptions, _source: str, _target: str) -> str:
    return _("enters: %(state)s") % {"state": options.state.replace("_", " ")}


def _emit(options: EmitOptions, _source: str, _target: str) -> str:
    return _("tells %(event)s") % {"event": options.event}


_WORDS: dict[type, Callable[[Any, str, str], str]] = {
    ApproveOptions: _approve,
    WaitOptions: _wait,
    DecideOptions: _decide,
    DeliverOptions: _deliver,
    WithdrawOptions: _withdraw,
    MapOptions: _map,
    LookupOptions: _look_up,
    WriteBackOptions: _write_back,
    NotifyOptions: _notify,
    CallOptions: _call,
    MilestoneOptions: _milestone,
    EmitOptions: _emit,
}


def _role(name: str) -> str:
    return _(ROLE_LABELS[Role(name)]) if name in set(Role) else name


def _kind(type_name: str) -> str:
    known = CANONICAL_TYPES.get(type_name)
    return _(known.label) if known else type_name


def _system(role: str, source: str, target: str) -> str:
    """Return the name of one of the two main systems; "" for a further one, which the step's own title names."""
    return {"target": target, "source": source}.get(role, "")


def _hours(hours: int) -> str:
    if hours and hours % _A_DAY == 0:
        return ngettext("%(n)s day", "%(n)s days", hours // _A_DAY) % {"n": hours // _A_DAY}
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
