"""What flows announces. A signal only says "look sooner": losing it loses nothing, a sweep looks anyway."""

from django.dispatch import Signal

# Sent inside the settling transaction. Keyword arguments: flow_id (UUID), customer_id (UUID).
ledger_changed = Signal()
