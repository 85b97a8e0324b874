"""Invite the first people: an operator of the platform, or the owner of a new partner."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.accounts.actions import Role
from apps.accounts.services import invite_person
from apps.tenants import scope
from apps.tenants.models import Partner


class Command(BaseCommand):
    """`manage.py invite_person <e-mail> [--partner <slug>] [--role owner]`: mails the link and prints it."""

    help = "Invite a person: to a partner with --partner, else as an operator of the platform."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--partner", default="", help="short name of the partner; left out: the platform")
        parser.add_argument("--role", default="", help="default: owner at a partner, operator on the platform")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {"email": options["email"], "name": options["name"]}
        try:
            if not options["partner"]:
                with transaction.atomic():
                    issued = invite_person(role=options["role"] or Role.OPERATOR, **wanted)
            else:
                with scope.work_in(_partner(options["partner"]).as_ref()):
                    issued = invite_person(role=options["role"] or Role.OWNER, **wanted)
        except ValidationError as error:
            raise CommandError(
                "; ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
            ) from None
        self.stdout.write(issued.link)


def _partner(slug: str) -> Partner:
    partner: Partner | None = Partner.objects.filter(slug=slug).first()
    if partner is None:
        raise CommandError(f"There is no partner with the short name {slug!r}.")
    return partner
