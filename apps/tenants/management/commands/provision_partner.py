"""Create a partner from the command line: its address, its brand, its schema."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.tenants.provisioning import NewPartner, PartnerExistsError, create_partner


class Command(BaseCommand):
    """`manage.py provision_partner <slug> "<name>"`."""

    help = "Create a partner: <slug>.<base domain>, brand and schema."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("name")
        parser.add_argument("--primary", default="#1f4ed8")
        parser.add_argument("--accent", default="#0f766e")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = NewPartner(options["name"], options["slug"], options["primary"], options["accent"])
        try:
            partner = create_partner(wanted)
        except PartnerExistsError as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError("; ".join(f"{f}: {' '.join(m)}" for f, m in error.message_dict.items())) from None
        self.stdout.write(f"{partner.name} is ready in schema {partner.schema_name}.")
