"""The cut-offs of a file made true: added, or changed where they differ, through the customers room's own services."""

from datetime import time

from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.models import Customer, CutOff
from apps.customers.queries import rule_words
from apps.customers.services import add_cut_off, change_cut_off
from apps.flows.config_files.document import CutOffEntry
from apps.flows.configuring.exporting import cut_off_entry
from apps.flows.configuring.plans import ChangeKind, EntryChange
from apps.flows.queries.versions import ChangedLine


def take_cut_off(customer: Customer, row: CutOff | None, wanted: CutOffEntry) -> EntryChange:
    """Add or change one cut-off as its entry says. Raises ValidationError naming the field."""
    before = cut_off_entry(row) if row else None
    if before == wanted:
        return EntryChange(wanted.name, ChangeKind.UNCHANGED)
    rule = _rule(wanted)
    if row is None:
        add_cut_off(customer, name=wanted.name, purpose=wanted.purpose, rule=rule)
    else:
        change_cut_off(row, name=wanted.name, purpose=wanted.purpose, rule=rule)
    line = ChangedLine(wanted.name, _words(before), _words(wanted), "customer")
    return EntryChange(wanted.name, ChangeKind.CHANGED if before else ChangeKind.CREATED, (line,))


def _rule(entry: CutOffEntry) -> Rule:
    return Rule(Rhythm(entry.rhythm), entry.day, time.fromisoformat(entry.at))


def _words(entry: CutOffEntry | None) -> str:
    if entry is None:
        return ""
    return "; ".join(part for part in (rule_words(_rule(entry)), entry.purpose) if part)
