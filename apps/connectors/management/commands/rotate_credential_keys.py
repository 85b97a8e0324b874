"""Seal all secrets anew under the newest CREDENTIALS_KEY, so that the old one can be taken out of the settings."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.connectors import key_rotation
from apps.connectors.key_rotation import Rotation
from apps.tenants.models import Partner
from apps.tenants.scope import PartnerRef

NEEDED = 3  # exit status of --check while old keys are still in use


class Command(BaseCommand):
    """`manage.py rotate_credential_keys [--dry-run | --check] [--partner <slug>] [--batch <rows>]`.

    Exit status 0: everything is sealed under the newest key. 1: something is sealed with a key that is not in the
    settings. 3, with --check only: an old key is still in use.
    """

    help = "Seal every partner's secrets anew under the newest CREDENTIALS_KEY; safe to stop, to repeat and while workers run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        only_one = parser.add_mutually_exclusive_group()
        only_one.add_argument(
            "--dry-run", action="store_true", help="count what would be sealed anew, changing nothing"
        )
        only_one.add_argument("--check", action="store_true", help="say which partners still use an old key")
        parser.add_argument("--partner", default="", help="only this partner, by its short name")
        parser.add_argument("--batch", type=int, default=key_rotation.BATCH, help="rows in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("--batch must be 1 or more.")
        with transaction.atomic():
            partners = [partner.as_ref() for partner in _wanted(options["partner"])]
        if options["check"]:
            self._check(partners)
            return
        work = key_rotation.count_to_rotate if options["dry_run"] else _rotating(options["batch"])
        unreadable = 0
        for partner in partners:
            rotation = work(partner)
            self._report(partner, rotation, would=options["dry_run"])
            unreadable += len(rotation.unreadable)
        if unreadable:
            raise CommandError(
                f"{unreadable} rows are sealed with a key that is not in the settings: put it into CREDENTIALS_OLD_KEYS and"
                " start again, or enter these secrets anew."
            )

    def _report(self, partner: PartnerRef, rotation: Rotation, *, would: bool) -> None:
        counts = ", ".join(f"{number} {kind}" for kind, number in rotation.resealed.items())
        sealed, dropped = ("to be sealed anew", "to be dropped") if would else ("sealed anew", "dropped")
        self.stdout.write(f"{partner.slug}: {counts} {sealed}; {rotation.dropped_keys} data keys {dropped}")
        for name in rotation.unreadable:
            self.stdout.write(f"  cannot be opened: {name}")

    def _check(self, partners: list[PartnerRef]) -> None:
        standings = {partner.slug: key_rotation.standing_of(partner) for partner in partners}
        for slug, standing in standings.items():
            if standing.closed:
                self.stdout.write(f"{slug}: no key in the settings opens data key {_listed(standing.closed)}")
            if standing.old:
                self.stdout.write(f"{slug}: data key {_listed(standing.old)} is wrapped with an old key")
        if any(standing.closed for standing in standings.values()):
            raise CommandError(
                "Put the missing key into CREDENTIALS_OLD_KEYS: its secrets cannot be opened without it."
            )
        if any(standing.old for standing in standings.values()):
            raise CommandError(
                "Run `manage.py rotate_credential_keys` before an old key is taken out.", returncode=NEEDED
            )
        self.stdout.write(f"{len(partners)} partners: everything is sealed under the newest key.")


def _rotating(batch: int) -> Any:
    return lambda partner: key_rotation.rotate_partner(partner, batch=batch)


def _listed(versions: tuple[int, ...]) -> str:
    return ", ".join(str(version) for version in versions)


def _wanted(slug: str) -> list[Partner]:
    partners = Partner.objects.filter(state__in=[Partner.State.ACTIVE, Partner.State.SUSPENDED]).order_by("slug")
    found = list(partners.filter(slug=slug) if slug else partners)
    if slug and not found:
        raise CommandError(f"There is no partner with the short name {slug!r}.")
    return found
