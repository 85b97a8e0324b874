"""Prove that no audit trail was altered: the platform's own and each partner's."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.accounts.audit import BrokenEntry, chain_head, verify_chain
from apps.tenants import scope
from apps.tenants.models import Partner


class Command(BaseCommand):
    """`manage.py verify_audit [--partner <slug>]`: prints each trail's length and head; fails when one is broken."""

    help = "Check the hash chain of every audit trail; exit status 1 when one was altered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partner", default="", help="only this partner's trail, by its short name")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            partners = [partner.as_ref() for partner in _wanted(options["partner"])]
        broken = 0 if options["partner"] else self._report("platform")
        for partner in partners:
            with scope.work_in(partner):
                broken += self._report(partner.slug)
        if broken:
            raise CommandError(f"{broken} places do not hold: somebody changed the trail outside the product.")

    def _report(self, name: str) -> int:
        problems: list[BrokenEntry] = verify_chain()
        position, digest = chain_head()
        self.stdout.write(f"{name}: {position} entries, head {digest[:16] or '-'}, {'BROKEN' if problems else 'holds'}")
        for problem in problems:
            self.stdout.write(f"  at {problem.position}: {problem.problem}")
        return len(problems)


def _wanted(slug: str) -> list[Partner]:
    partners = Partner.objects.filter(state__in=[Partner.State.ACTIVE, Partner.State.SUSPENDED])
    found = list(partners.filter(slug=slug) if slug else partners)
    if slug and not found:
        raise CommandError(f"There is no partner with the short name {slug!r}.")
    return found
