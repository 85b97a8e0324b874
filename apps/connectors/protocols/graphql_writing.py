"""Delivers records to a GraphQL service: each by a mutation of its own, whose good answers all have the status 200."""

from dataclasses import replace

from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_writing import Delivery


class GraphQLDelivery(Delivery):
    """Creates and changes one by one; several mutations in one question would share its fate when an answer is lost."""

    def __init__(self, calls: Calls, spec: ObjectManifest) -> None:
        super().__init__(calls, spec)
        self._writing = replace(self._writing, created_statuses=(200,), batch_path="", create_method="POST")
