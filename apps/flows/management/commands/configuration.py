"""Configuration as files: write it down, see what a file would change, and apply what was seen."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.customers.models import Customer
from apps.flows.config_files.parsing import ParsedFile, parse_file
from apps.flows.config_files.yaml_text import MOST_BYTES, DocumentError
from apps.flows.configuring.exporting import export_customer, export_partner
from apps.flows.configuring.importing import ChangedSinceError, ImportRefusedError, apply_import, plan_import
from apps.flows.configuring.partner_import import apply_partner_import, plan_partner_import
from apps.flows.configuring.plans import Plan
from apps.tenants import scope
from apps.tenants.models import Partner

BY = "configuration command"


class Command(BaseCommand):
    """`manage.py configuration export|plan|apply <partner> <customer|--partner-lines> [--file configuration.yaml]`."""

    help = "Export a customer's configuration as YAML, show what a file would change, or apply it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=["export", "plan", "apply"])
        parser.add_argument("partner", help="short name of the partner")
        parser.add_argument("customer", nargs="?", default="", help="the customer's name")
        parser.add_argument("--partner-lines", action="store_true", help="the partner's own lines, not a customer's")
        parser.add_argument("--file", default="-", help="the file to write or read; left out: standard output or input")
        parser.add_argument("--note", default="", help="why it is applied, for the notes of the versions")
        parser.add_argument("--digest", default="", help="apply only what the plan with this digest showed")

    def handle(self, *args: Any, **options: Any) -> None:
        partner: Partner | None = Partner.objects.filter(slug=options["partner"]).first()
        if partner is None:
            raise CommandError(f"There is no partner with the short name {options['partner']!r}.")
        if bool(options["customer"]) == options["partner_lines"]:
            raise CommandError("Name a customer, or say --partner-lines.")
        parsed = None if options["deed"] == "export" else _read(options["file"])
        with scope.work_in(partner.as_ref()):
            customer = None if options["partner_lines"] else _customer(options["customer"])
            if parsed is None:
                self._export(customer, options["file"])
            elif options["deed"] == "plan":
                self._tell(_plan(customer, parsed))
            else:
                self._apply(customer, parsed, options["digest"], options["note"])

    def _export(self, customer: Customer | None, file: str) -> None:
        text = (export_customer(customer) if customer else export_partner()).write()
        if file == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(file).write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None

    def _apply(self, customer: Customer | None, parsed: ParsedFile, digest: str, note: str) -> None:
        # Without --digest the plan is made and applied at once: what it does is told all the same.
        digest = digest or _plan(customer, parsed).digest
        try:
            if customer is None:
                plan = apply_partner_import(parsed, digest=digest, by=BY, note=note)
            else:
                plan = apply_import(customer, parsed, digest=digest, by=BY, note=note)
        except ImportRefusedError as refused:
            raise CommandError("\n".join(map(str, refused.problems))) from None
        except ChangedSinceError as changed:
            raise CommandError(str(changed)) from None
        self._tell(plan)

    def _tell(self, plan: Plan) -> None:
        for change in plan.changes:
            self.stdout.write(f"{change.name}: {change.kind.value}")
            for line in change.lines:
                self.stdout.write(f"    {line.label}: {line.before or '(none)'} -> {line.after or '(none)'}")
        if plan.problems:
            raise CommandError("\n".join(map(str, plan.problems)))
        self.stdout.write(f"digest {plan.digest}")


def _plan(customer: Customer | None, parsed: ParsedFile) -> Plan:
    return plan_import(customer, parsed, by=BY) if customer else plan_partner_import(parsed, by=BY)


def _read(file: str) -> ParsedFile:
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                raw = stream.read(MOST_BYTES + 1)
        return parse_file(raw)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
    except DocumentError as wrong:
        raise CommandError("\n".join(map(str, wrong.problems))) from None


def _customer(name: str) -> Customer:
    found = Customer.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"This partner has no customer called {name!r}.")
    return found
