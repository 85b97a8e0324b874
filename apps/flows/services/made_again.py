"""Things that are gone, and that somebody made again by hand: looked for by the business key under which the step wrote them.

A system is asked only where it finds records by such a key, and only as far as what was sent is still kept. Call in a
transaction.
"""

from collections import defaultdict
from collections.abc import Iterable

from apps.connectors.answers import at_path
from apps.connectors.manifest import ObjectManifest
from apps.flows.models import Link, SeenPage
from apps.flows.services.reconciliation_sides import TargetRow
from apps.flows.services.reconciliation_steps import MadeThings, sent_by

MOST = 200  # looked for in one place: where more is gone, something else has happened there


def look_again(made: MadeThings, pages: Iterable[SeenPage]) -> None:
    """Add what these questions found in place of lost things, and under which keys others have still to be looked for."""
    for page in pages:
        made.looked_for[page.place].update([*page.asked, *page.unclear])
        made.again[page.place].update({row.own: row for row in (TargetRow(*stored) for stored in page.rows)})
    _leave_out_ours(made)
    _name_lost(made)


def is_found_by_key(kind: ObjectManifest) -> bool:
    """Say whether a system finds records of this kind by a business key that is not its own number."""
    return bool(kind.natural_key and kind.natural_key != kind.key_field and kind.find_parameter)


def _leave_out_ours(made: MadeThings) -> None:
    """Keep what nobody of us has written for another record: that one is its own, whatever it is called."""
    whose: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for thing in made.things:
        whose[thing.place, thing.outside_key].add(thing.business_key)
    for name, found in made.again.items():
        place = made.places.get(name)
        if place and found:
            links = Link.objects.filter(
                connection_id=place.connection.id,
                canonical_type=place.kind.canonical_type,
                outside_key__in=[row.key for row in found.values()],
            )
            for outside_key, business_key in links.values_list("outside_key", "business_key"):
                whose[name, outside_key].add(business_key)
        made.again[name] = {
            lost: row for lost, row in found.items() if row.key != lost and whose[name, row.key] <= whose[name, lost]
        }


def _name_lost(made: MadeThings) -> None:
    lost = [
        thing
        for thing in made.things
        if thing.batch_id
        and thing.place in made.places
        and made.is_lost(thing)
        and thing.outside_key not in made.looked_for[thing.place]
        and is_found_by_key(made.places[thing.place].kind)
    ]
    left = {name: MOST - len(known) for name, known in made.looked_for.items()}
    sent = sent_by([thing.batch_id for thing in lost if thing.batch_id])
    for thing in sorted(lost, key=lambda one: one.outside_key):
        names = made.lost_names[thing.place]
        key = (
            at_path(sent.get(thing.batch_id, {}), made.places[thing.place].kind.natural_key) if thing.batch_id else None
        )
        if key not in (None, "") and len(names) < left[thing.place]:
            names[thing.outside_key] = str(key)
