"""A real SCIM 2.0 directory on loopback, and the checks that the connector adds, reads, changes and deactivates people there.

scim2-server lives in the environment of the real systems and is only ever spoken to over HTTP; its memory ends with it.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.connectors.auth import build_signer
from apps.connectors.catalog.scim.connector import CONNECTOR
from apps.connectors.catalog.scim.manifest import MANIFEST
from apps.connectors.contract import SourceRecord, Write
from apps.connectors.errors import RemoteError
from apps.connectors.http import Door
from apps.connectors.protocols.scim import ScimConnector
from apps.connectors.rate_budget import NoBudget
from deploy.local.real_checks import Check
from deploy.local.real_firm import PEOPLE
from deploy.local.real_server import BootError, Server

_BESIDES = 110  # people besides those of the firm, so that there is more than one page


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory. `python` is that of the environment it is installed in, `token` lets the product in."""

    server: Server
    python: Path
    token: str

    @property
    def address(self) -> str:
        """The base address people type into the connection."""
        return f"http://127.0.0.1:{self.server.port}/v2"

    def boot(self) -> None:
        """Start it with nobody in it.

        Raises:
            BootError: it is not installed, or did not answer in time.

        """
        self.server.stop()
        program = self.python.with_name("scim2-server")
        if not program.exists():
            raise BootError(f"scim2-server is not installed beside {self.python}: throw the environment away first.")
        words = ["--port", str(self.server.port), "--bearer-token", self.token]
        self.server.start([str(program), *words], {}, self.server.folder)


@dataclass
class DirectoryProof:
    """Walks the story once: everybody is added, read, sent again, changed and deactivated; then the token is wrong."""

    directory: Directory
    checks: list[Check] = field(default_factory=list)

    async def run(self) -> list[Check]:
        """Do everything in order and return the checks."""
        people = _people()
        async with self._connector(self.directory.token) as connector:
            report = await connector.test()
            self._check("SCIM: connection test", [step.name for step in report.steps if not step.ok], [])
            made = {o.position: o for o in await connector.upsert("users", people)}
            self._check("SCIM: people added", sum(o.created for o in made.values()), len(people))
            checkpoint = await self._read_all(connector, len(people))
            again = {o.position: o.target_key for o in await connector.upsert("users", people[:20])}
            self._check("SCIM: people sent again are the same", again, {p: made[p].target_key for p in again})
            await self._change(connector, str(made[0].target_key), checkpoint)
        async with self._connector("another-token-0000") as connector:
            report = await connector.test()
        self._check("SCIM: a token that is none", [step.ok for step in report.steps][:2], [True, False])
        return self.checks

    async def _read_all(self, connector: ScimConnector, expected: int) -> Any:
        records, checkpoint = await _read(connector, None)
        self._check("SCIM: people read = people there", len({record.key for record in records}), expected)
        names = {record.values["userName"] for record in records}
        found = await connector.find("users", [*sorted(names)[:15], "nobody@brightforge.example"])
        self._check("SCIM: people found by name", len(found), 15)
        return checkpoint

    async def _change(self, connector: ScimConnector, key: str, checkpoint: Any) -> None:
        values = {"email": "new@brightforge.example", "enterprise.department": "Audit"}
        await connector.upsert("users", [Write(0, values, "Resource:0", "change-1", key)])
        records, _ = await _read(connector, checkpoint)
        changed = next(record.values for record in records if record.key == key)
        told = (changed["email"], changed["enterprise"].get("department"), changed["name"]["familyName"])
        self._check("SCIM: a change is read, the rest is kept", told, (*values.values(), PEOPLE[0].family))
        states = [(await connector.undo("users", key, idempotency_key="undo")).state.value for _ in range(2)]
        self._check("SCIM: taken back once", states, ["done", "already_gone"])
        (page,) = [page async for page in connector.read("users", None, [key, "nobody"])]
        self._check("SCIM: deactivated, not deleted", [r.values["active"] for r in page.records], [False])

    def _connector(self, token: str) -> ScimConnector:
        """Return the catalogue's connector, as the product opens it but for the database."""
        door = Door(
            base_url=self.directory.address,
            auth=build_signer(MANIFEST.auth, {"token": token}),
            limits=MANIFEST.limits,
            allow=(f"127.0.0.1:{self.directory.server.port}",),
            budget=NoBudget(),
            system=MANIFEST.slug,
        )
        return CONNECTOR(MANIFEST, door, {})

    def _check(self, name: str, found: object, wanted: object) -> None:
        holds = found == wanted
        self.checks.append(Check(name, holds, str(found)[:60] if holds else f"{found}, expected {wanted}"))


def prove_scim(server: Server, python: Path) -> list[Check]:
    """Boot a directory, run the checks, stop it."""
    directory = Directory(server, python, secrets.token_urlsafe(24))
    try:
        directory.boot()
        return asyncio.run(DirectoryProof(directory).run())
    except (BootError, RemoteError) as error:
        return [Check("SCIM", holds=False, found=str(error))]
    finally:
        server.stop()


def _people() -> list[Write]:
    firm = [(person.given, person.family, person.employee_no) for person in PEOPLE]
    besides = [("Robin", f"Vale {number}", f"HR-9{number:03d}") for number in range(_BESIDES)]
    return [
        Write(
            place,
            {
                "userName": f"{number.lower()}@brightforge.example",
                "name.givenName": given,
                "name.familyName": family,
                "email": f"{number.lower()}@brightforge.example",
                "active": True,
                "enterprise.employeeNumber": number,
            },
            f"Resource:{place}",
            f"key-{place}",
        )
        for place, (given, family, number) in enumerate([*firm, *besides])
    ]


async def _read(connector: ScimConnector, checkpoint: Any) -> tuple[list[SourceRecord], Any]:
    pages = [page async for page in connector.read("users", checkpoint)]
    return [record for page in pages for record in page.records], pages[-1].checkpoint
