"""What parameters and properties that have to do with pages are usually called, compared as guessing.plain compares (pure)."""

PAGE = frozenset({"page", "pagenumber", "pageno", "pagenum", "currentpage"})
OFFSET = frozenset({"offset", "skip", "start", "startat", "startindex", "startposition", "recordoffset"})
TOKEN = frozenset(
    {"cursor", "pagetoken", "nexttoken", "continuationtoken", "after", "startingafter", "nextpagetoken", "marker"}
)
SIZE = frozenset(
    {"perpage", "pagesize", "limit", "size", "maxresults", "top", "rows", "pagelength", "itemsperpage", "take"}
)
NEXT_LINK = frozenset({"next", "nextlink", "nexturl", "nextpage", "nextpageurl"})
NEXT_TOKEN = frozenset(
    {"nextcursor", "nexttoken", "nextpagetoken", "cursor", "continuationtoken", "after", "nextmarker"}
)
TOTAL = frozenset({"total", "totalcount", "totalresults", "totalrecords", "totalitems", "totalentries"})
FROM = ("since", "after", "from", "min", "gte", "gt", "start")
"""How a parameter ends that takes the time of a change to begin at."""
