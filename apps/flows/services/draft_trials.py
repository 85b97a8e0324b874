"""Asking what a draft would change of the recorded records, without ending the draft."""

from django.db import transaction

from apps.flows.models import Flow, WhatIf
from apps.flows.services.drafts import bring_up_to_date
from apps.flows.services.publish import propose
from apps.flows.services.what_if import request_what_if


def ask_of_draft(flow: Flow, *, by: str, note: str = "") -> WhatIf:
    """Propose what the draft holds now as a version, and ask what it would change; the draft goes on.

    Raises:
        WhatIfError: there is nothing to compare with, or no record is kept; nothing is made.
        DraftConflictError: another version went live meanwhile and changed the same.
        EditError, MappingError, LayerError, DefinitionError, MissingRoleError, ValidationError: it cannot be a version yet.

    """
    with transaction.atomic():
        content = bring_up_to_date(flow, by=by).content
        version = propose(flow, made_by=by, note=note, own=content.lines, definition=content.definition)
        return request_what_if(flow, version, by=by)
