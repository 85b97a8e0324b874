"""How both APIs of Xero are asked: lists in numbered pages that tell how many records there are, keys a few at once."""

from apps.connectors.manifest import Paging

FIND_AT_ONCE = 20


def pages(largest: int) -> Paging:
    """Return the pages of a list that gives at most `largest` records at once."""
    return Paging(
        "page",
        size_parameter="pageSize",
        position_parameter="page",
        total_path="pagination.itemCount",
        largest=largest,
    )
