"""A BambooHR company: changed ids by time, each person by id, the key as user name.

The list of changes is an object by id, an empty list when there are none, and has deleted people too
(https://documentation.bamboohr.com/reference/get-changed-employee-ids). A person comes with the fields that are asked for, days that are
not set as zeros (https://documentation.bamboohr.com/reference/get-employee).
"""

from aiohttp import BasicAuth, web

from apps.connectors.catalog.bamboohr.manifest import FIELDS
from apps.connectors.instants import read_instant
from apps.connectors.manifest import InstantForm
from tests.connectors.catalog.stand_in import RefusedError, Row, StandIn, require, require_query

KEY = "api-key-of-bamboohr-000000000000000000001"
BASE = "/api/gateway.php/brightforge/v1"


class BambooStandIn(StandIn):
    """One company. `gone` are the ids of people who were deleted, with the time."""

    lists = ("employees",)
    stamp_field = "lastChanged"
    stamp_form = InstantForm.ISO

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # whatever a stage hands on
        self.gone: dict[str, str] = {}

    def new_key(self, name: str) -> str:
        """Return a number as text."""
        return str(super().new_key(name))

    def is_signed(self, request: web.Request) -> bool:
        """The key is the user name; the password may be anything."""
        basic = BasicAuth.decode(request.headers.get("Authorization", "Basic Og=="))
        return bool(basic.login == KEY)

    def delete(self, row: Row) -> None:
        """Delete a person, which the list of changes tells."""
        self.rows["employees"].remove(row)
        self.tick()
        self.gone[row["id"]] = self.written(self.clock)

    def refusal(self, error: RefusedError) -> web.Response:
        return web.Response(status=error.status, headers={"X-BambooHR-Error-Message": error.message})

    async def routed(self, request: web.Request) -> web.StreamResponse:
        require(request.method == "GET", f"{request.method} {request.path}")
        kind, _, key = request.path.removeprefix(f"{BASE}/").partition("/")
        require(kind == "employees", f"no path {request.path}")
        if key == "changed":
            return self._changed(request)
        require_query(request, (), ("fields",))
        fields = request.query["fields"].split(",")
        require(set(fields) <= set(FIELDS), f"fields {fields}")
        row = self.row("employees", key)
        return web.json_response({"id": row["id"], **{name: row.get(name) for name in fields}})

    def _changed(self, request: web.Request) -> web.Response:
        require_query(request, ("type",), ("since",))
        since = read_instant(request.query["since"], InstantForm.ISO)
        stamps = {row["id"]: (row["lastChanged"], "Updated") for row in self.rows["employees"]}
        stamps |= {key: (stamp, "Deleted") for key, stamp in self.gone.items()}
        chosen = {
            key: {"id": key, "action": action, "lastChanged": stamp}
            for key, (stamp, action) in stamps.items()
            if read_instant(stamp, InstantForm.ISO) >= since
        }
        latest = max((change["lastChanged"] for change in chosen.values()), default=request.query["since"])
        return web.json_response({"latest": latest, "employees": chosen or []})


def entry(number: int) -> Row:
    """Return a person as the company holds them."""
    return {
        "employeeNumber": f"{number:04d}",
        "displayName": f"Robin Vale {number}",
        "firstName": "Robin",
        "lastName": f"Vale {number}",
        "workEmail": f"robin{number}@brightforge.example",
        "department": "Consulting",
        "division": None,
        "jobTitle": "Consultant",
        "location": "Leeds",
        "hireDate": "2024-02-29",
        "terminationDate": "0000-00-00",
        "status": "Active",
    }
