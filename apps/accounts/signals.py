"""What accounts tells the rooms above it."""

from django.dispatch import Signal

# Sent with user (User) and customer_id (UUID or None) inside the transaction in which the person joined.
invitation_accepted = Signal()
