"""How a system speaks GraphQL, as typed data of its manifest.

Paths of such a manifest name fields of its schema instead of addresses: "timeEntries", "company(id:{company}).projects",
and with the number of a record "timeEntry(id:{key})". What a manifest calls query parameters are arguments of the path's
last field: "first", or a part of one ("filter.updatedAt.gte").
https://spec.graphql.org/October2021/ and https://graphql.github.io/graphql-over-http/draft/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GraphQLField:
    """A field of the schema that paths lead to or through.

    `arguments` are the types of its arguments as the schema writes them: {"first": "Int", "input": "TimeEntryInput!"}.
    Parts of an argument are named with dots ("input.hours": "Float") where JSON must carry a number, a yes or no, or a
    list; whatever is not named there is sent as it is. `is_plain` says that the field answers a plain value: nothing can
    be selected in it.
    `problems` is where the payload of a mutation lists what is wrong with the record ("userErrors"), "" when it lists
    nothing; the other three say where each of them has its code, message and field, "" for nowhere. A problem without any
    of the three is a mere text.
    """

    arguments: Mapping[str, str] = field(default_factory=dict)
    is_plain: bool = False
    problems: str = ""
    problem_code: str = ""
    problem_message: str = "message"
    problem_field: str = ""


@dataclass(frozen=True, slots=True)
class GraphQLRecord:
    """What the schema says about the records of one object.

    `fields` are described under the names of their path without what stands in brackets ("company.projects"). `type` is
    asked for when the system describes itself. `input_only` are fields that new records take and records do not have
    ("projectId"): they are never selected.
    """

    fields: Mapping[str, GraphQLField] = field(default_factory=dict)
    type: str = ""
    input_only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryCost:
    """Where an answer says what its question cost, and how many points are left and come back each second.

    Dotted paths from the root of the answer; as they are, they are Shopify's
    (https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits).
    """

    asked_path: str = "extensions.cost.requestedQueryCost"
    left_path: str = "extensions.cost.throttleStatus.currentlyAvailable"
    restored_path: str = "extensions.cost.throttleStatus.restoreRate"


@dataclass(frozen=True, slots=True)
class GraphQLSpec:
    """How a service speaks GraphQL, for systems on that protocol; what holds for one object stands in its GraphQLRecord.

    `path` is where questions are posted, below the base address; it may name settings.
    """

    path: str = "graphql"
    introspection: bool = True  # False for services that do not describe themselves
    cost: QueryCost | None = None
