"""What upper rooms may listen to. A signal only says "look sooner": the rows stay and a sweep finds them.

Both are sent inside the partner's scope, outside a transaction, with `work` (LeasedWork) and `reason` (a sentence).
"""

from django.dispatch import Signal

work_quarantined = Signal()  # three workers fell silent over this row
work_failed = Signal()  # the last attempt raised
