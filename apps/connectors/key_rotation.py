"""A new operator's key: new data keys for every partner, everything sealed anew under them, the old ones dropped.

In small batches, each in a transaction of its own that locks its rows: workers go on meanwhile, what somebody enters
meanwhile stays, and a rotation that was killed goes on where it stopped when it is started again.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from apps.connectors import vault
from apps.connectors.credentials import UnsealError
from apps.connectors.models import Credential, KeptSecret, PartnerKey, SignIn, WebhookEndpoint
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

BATCH = 100


@dataclass(slots=True)
class Rotation:
    """What was found of one partner, or done: rows by kind. `unreadable` names rows that no key opens."""

    resealed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_KINDS, 0))
    unreadable: list[str] = field(default_factory=list)
    dropped_keys: int = 0

    @property
    def total(self) -> int:
        """Return how many rows were sealed anew, or would be."""
        return sum(self.resealed.values())


@dataclass(frozen=True, slots=True)
class Standing:
    """Which data keys of a partner are wrapped with an old operator's key, and which no key opens any more."""

    old: tuple[int, ...]
    closed: tuple[int, ...]


_KINDS: dict[str, type[Any]] = {
    "secrets": Credential,
    "sign-ins under way": SignIn,
    "webhook keys": WebhookEndpoint,
    "keys of alert channels": KeptSecret,
}


def standing_of(partner: PartnerRef) -> Standing:
    """Return how a partner's data keys stand to the operator's keys."""
    with scope.work_in(partner):
        places = {key.version: vault.wrapped_with(key) for key in PartnerKey.objects.order_by("version")}
    return Standing(
        old=tuple(version for version, place in places.items() if place),
        closed=tuple(version for version, place in places.items() if place is None),
    )


def count_to_rotate(partner: PartnerRef) -> Rotation:
    """Return what a rotation would do, changing nothing."""
    found = Rotation()
    with scope.work_in(partner):
        newest = PartnerKey.objects.order_by("-version").first()
        if newest is None:
            return found
        target = newest.version if vault.wrapped_with(newest) == 0 else newest.version + 1
        for kind, model in _KINDS.items():
            rows = _older(model, target)
            found.resealed[kind] = rows.count()
            found.unreadable += [_name(kind, row) for row in rows if not _opens(row)]
        found.dropped_keys = 0 if found.unreadable else PartnerKey.objects.filter(version__lt=target).count()
    return found


def rotate_partner(partner: PartnerRef, *, batch: int = BATCH) -> Rotation:
    """Seal everything of one partner under a data key that the newest operator's key wraps, and drop the older ones."""
    done = Rotation()
    with scope.work_in(partner):
        newest = PartnerKey.objects.order_by("-version").first()
        if newest is None:
            return done
        target = newest.version if vault.wrapped_with(newest) == 0 else vault.new_data_key(newest.version + 1).version
    while True:  # once more only where something was sealed with an older key in this very moment
        for kind, model in _KINDS.items():
            _reseal_all(partner, kind, model, target, batch, done)
        if done.unreadable:
            return done
        with scope.work_in(partner):
            dropped = _drop_older(target)
        if dropped is not None:
            done.dropped_keys = dropped
            return done


def _reseal_all(
    partner: PartnerRef,
    kind: str,
    model: type[Any],
    target: int,
    batch: int,
    done: Rotation,
) -> None:
    last = None
    while True:
        with scope.work_in(partner):
            rows = _older(model, target).select_for_update(of=("self",), no_key=True).order_by("id")
            found = list((rows.filter(id__gt=last) if last else rows)[:batch])
            for row in found:
                try:
                    vault.reseal(row)
                except UnsealError:
                    done.unreadable.append(_name(kind, row))
                else:
                    done.resealed[kind] += 1
        if not found:
            return
        last = found[-1].id


def _drop_older(target: int) -> int | None:
    """Drop the data keys that nothing is sealed with any more; None when something still is."""
    # Waits for whoever is sealing with one of them just now, and sees what that was.
    list(PartnerKey.objects.select_for_update().filter(version__lt=target))
    if any(_older(model, target).exists() for model in _KINDS.values()):
        return None
    return PartnerKey.objects.filter(version__lt=target).delete()[0]


def _older(model: type[Any], target: int) -> QuerySet[Any]:
    """Return the rows that are sealed with a data key older than `target`; a sign-in that has ended holds nothing."""
    rows: QuerySet[Any] = model.objects.filter(key_version__lt=target)
    return rows.exclude(sealed=b"") if model is SignIn else rows


def _opens(row: vault.Sealed) -> bool:
    try:
        vault.require_readable(row)
    except UnsealError:
        return False
    return True


def _name(kind: str, row: vault.Sealed) -> str:
    if isinstance(row, KeptSecret):
        return f"{kind}: {row}"
    return f"{kind}: {row.connection.name}, {row}"
