"""Harvest over its REST API: time entries and expenses name people by number, other systems by e-mail."""

from apps.connectors.catalog.harvest.manifest import EXPENSES, TIME_ENTRIES, USERS
from apps.connectors.protocols.rest_joins import Join, JoiningConnector

_PERSON = Join("user.id", USERS, into="user", parts=("email",))


class HarvestConnector(JoiningConnector):
    """One open connection to one Harvest account, for reading."""

    joins = {TIME_ENTRIES.name: (_PERSON,), EXPENSES.name: (_PERSON,)}


CONNECTOR = HarvestConnector
