"""The connector for GraphQL services: lists as connections or by offset, single records, mutations, introspection.

Changes are not subscribed to, and nothing is deferred or streamed: every answer is one JSON document.
https://spec.graphql.org/October2021/ and https://relay.dev/graphql/connections.htm
"""

from collections.abc import Sequence

from apps.connectors.errors import RemoteError
from apps.connectors.manifest import Paging
from apps.connectors.protocols.graphql_calls import GraphQLCalls
from apps.connectors.protocols.graphql_describing import describe
from apps.connectors.protocols.graphql_writing import GraphQLDelivery
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_shapes import chosen_objects, discover_shapes, may_be_passed_over
from apps.connectors.shapes import DiscoveredShape


def relay_pages(size: int, *, largest: int = 0) -> Paging:
    """Return the paging of Relay connections: so many records behind a cursor, as long as more is told to follow."""
    return Paging(
        style="token",
        size=size,
        size_parameter="first",
        position_parameter="after",
        next_path="pageInfo.endCursor",
        more_path="pageInfo.hasNextPage",
        largest=largest,
    )


class GraphQLConnector(RestConnector):
    """One open connection to one GraphQL service."""

    calls_class = GraphQLCalls
    delivery_class = GraphQLDelivery
    _calls: GraphQLCalls

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects look like by the service's own schema; the others by the manifest and one record."""
        specs = chosen_objects(self.manifest, object_names)
        told = dict[str, DiscoveredShape]()
        if self._calls.graphql.introspection:
            try:
                told = await describe(self._calls, specs)
            except RemoteError as error:
                if not may_be_passed_over(error):  # many services describe themselves to nobody
                    raise
        untold = [spec for spec in specs if spec.name not in told]
        compared = await discover_shapes(self._calls, untold, self._sample)
        told |= {shape.object_name: shape for shape in compared}
        return tuple(told[spec.name] for spec in specs)
