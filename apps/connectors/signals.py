"""What connectors says to the rooms above; losing it loses nothing, they look again by themselves."""

from django.dispatch import Signal

breaker_moved = (
    Signal()
)  # connection_id, customer_id: a breaker opened, half opened or closed, in the caller's transaction
# endpoint_id, mark: what a system announces to this address was missed; in the caller's transaction. The same mark twice
# means the same gap.
announcements_missed = Signal()
