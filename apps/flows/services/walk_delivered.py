"""What a walking step's delivery leaves behind: the link to the record, and changes that a person has to decide about."""

from django.utils import timezone

from apps.customers.retention import payload_rule
from apps.flows.services import owner_reviews, walk_rows
from apps.flows.services.entries import Minded
from apps.flows.services.owner_reviews import Where
from apps.flows.services.walk_delivery import Prepared
from apps.flows.services.walk_session import WalkSession


def keep_delivered(session: WalkSession, prepared: Prepared, outside_key: str, minded: Minded | None) -> None:
    """Remember under which number the target holds the record, and what of it is in dispute."""
    seen = (session.operation.source_version, prepared.fingerprint)
    walk_rows.write_link(session, prepared.connection_id, prepared.type_name, outside_key, seen)
    keep_disputes(session, prepared, outside_key, minded)


def keep_disputes(session: WalkSession, prepared: Prepared, outside_key: str, minded: Minded | None) -> None:
    """Open and close the reviews of one delivery. None: nothing was looked at, so nothing is known."""
    if minded is None:
        return
    operation = session.operation
    where = Where(
        customer_id=operation.customer_id,
        flow_id=session.flow.id,
        connection_id=prepared.connection_id,
        object_name=prepared.made.object_name,
        canonical_type=prepared.type_name,
        stores_contents=payload_rule(operation.customer_id).stored,
    )
    seen = owner_reviews.Seen(operation.id, operation.business_key, operation.label, outside_key, minded)
    owner_reviews.keep(where, [seen], timezone.now())
