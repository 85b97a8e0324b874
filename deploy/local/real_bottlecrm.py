"""A real BottleCRM on loopback, set up through its own interfaces, and the checks that the connector reads and writes it.

It is MIT software, runs on Python 3.12 or later alone, and lives in an environment and a database of its own: the server of
that is the throwaway one that the proof's product runs on. Where there is no such Python, the proof says so and is left out.
"""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from apps.connectors.auth import build_signer
from apps.connectors.catalog.bottlecrm.connector import CONNECTOR, BottleConnector
from apps.connectors.catalog.bottlecrm.manifest import MANIFEST, OUR_NUMBER
from apps.connectors.contract import SourceRecord, Write
from apps.connectors.errors import RejectedError, RemoteError
from apps.connectors.http import Door
from apps.connectors.rate_budget import NoBudget
from deploy.local.real_checks import Check
from deploy.local.real_environment import environment_from
from deploy.local.real_http import AnswerError, JsonClient
from deploy.local.real_server import BootError, Server

OLDEST = (3, 12)
_NAME = "real_bottlecrm"
_ROBOT = "robot@brightforge.example"
_ORGANIZATION = "Brightforge"
_ACCOUNTS = 130  # more than a page


def interpreter() -> str:
    """Return a Python that BottleCRM runs on, "" where this machine has none."""
    names = [f"python3.{minor}" for minor in range(OLDEST[1], OLDEST[1] + 4)]
    beside = Path(sys.base_prefix).parent.glob("3.*/bin/python3")  # where many versions are kept side by side
    for found in (*(shutil.which(name) for name in names), *(str(path) for path in sorted(beside))):
        if found and _is_new_enough(found):
            return found
    return ""


def _is_new_enough(python: str) -> bool:
    asked = f"import sys, venv; sys.exit(sys.version_info < {OLDEST})"
    return subprocess.run([python, "-c", asked], capture_output=True, check=False).returncode == 0


@dataclass(frozen=True, slots=True)
class BottleCrm:
    """One BottleCRM with one organization. `python` is that of the environment it is installed in."""

    server: Server
    python: Path
    admin_url: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def address(self) -> str:
        """The base address people type into the connection."""
        return f"http://127.0.0.1:{self.server.port}"

    def boot(self) -> None:
        """Make its database anew, its tables in it, and start it. Raises BootError."""
        self.server.stop()
        self.clear()
        name = sql.Identifier(_NAME)
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(self.password)))
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
        self._manage("migrate", "--verbosity", "0")
        words = ["-m", "gunicorn", "crm.wsgi:application", "--bind", f"127.0.0.1:{self.server.port}", "--threads", "4"]
        self.server.start([str(self.python), *words], self._environment(), self.server.folder, seconds=90)

    def clear(self) -> None:
        """Throw away its database, also one of an earlier proof that was broken off."""
        name = sql.Identifier(_NAME)
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))

    def session(self) -> JsonClient:
        """Return a client signed in as the administrator of a new organization, with our field for both kinds of records."""
        self._client(self._sign_in("--create")).call("POST", "api/org/", {"name": _ORGANIZATION})
        client = self._client(self._sign_in("--org", _ORGANIZATION))
        for model in ("Account", "Contact"):
            wanted = {"target_model": model, "key": OUR_NUMBER, "label": "Our number", "field_type": "text"}
            client.call("POST", "api/custom-fields/", wanted)
        return client

    def _sign_in(self, *words: str) -> str:
        """Return an access token of the administrator, as its own command for development hands it out."""
        for line in self._manage("devlogin", _ROBOT, *words).splitlines():
            if line.startswith("access_token:"):
                return line.partition(":")[2].strip()
        raise BootError("BottleCRM handed out no access token.")

    def _client(self, token: str) -> JsonClient:
        return JsonClient(self.address, {"Authorization": f"Bearer {token}"})

    def _manage(self, *words: str) -> str:
        ended = subprocess.run(
            [str(self.python), "-m", "django", *words],
            cwd=self.server.folder,
            env={**os.environ, **self._environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise BootError(f"BottleCRM: {words[0]} failed:\n{ended.stderr[-1500:]}")
        return ended.stdout

    def _environment(self) -> Mapping[str, str]:
        parts = urlsplit(self.admin_url)
        return {
            "DJANGO_SETTINGS_MODULE": "crm.settings",
            "DBNAME": _NAME,
            "DBUSER": _NAME,
            "DBPASSWORD": self.password,
            "DBHOST": parts.hostname or "127.0.0.1",
            "DBPORT": str(parts.port or 5432),
            "SECRET_KEY": self.password * 2,
            "ENV_TYPE": "dev",
            "DEBUG": "true",  # its command that signs people in without a mail wants it
            "ALLOWED_HOSTS": "127.0.0.1",
            "CELERY_BROKER_URL": "memory://",
            "CELERY_RESULT_BACKEND": "cache+memory://",
        }


@dataclass
class BottleProof:
    """Walks the story once: accounts are added, read, sent again, changed, refused and removed; a deal is read."""

    crm: BottleCrm
    checks: list[Check] = field(default_factory=list)

    async def run(self) -> list[Check]:
        """Do everything in order and return the checks."""
        self._hands = self.crm.session()
        accounts = [_account(number) for number in range(_ACCOUNTS)]
        async with self._connector(self._token([])) as connector:
            report = await connector.test()
            self._check("connection test", [step.name for step in report.steps if not step.ok], [])
            made = {o.position: o for o in await connector.upsert("accounts", accounts)}
            self._check("accounts added", sum(o.created for o in made.values()), _ACCOUNTS)
            read = {record.key for record in await _read(connector, "accounts")}
            self._check("accounts read = accounts there", (len(read), self._count()), (_ACCOUNTS, _ACCOUNTS))
            again = {o.position: o.target_key for o in await connector.upsert("accounts", accounts[:10])}
            self._check("accounts sent again are the same", again, {p: made[p].target_key for p in again})
            key = str(made[0].target_key)
            await self._change(connector, key)
            await self._refusals(connector)
            await self._deal(connector, key)
            states = [
                (await connector.undo("accounts", str(made[1].target_key), idempotency_key="u")).state.value
                for _ in (1, 2)
            ]
            self._check("taken back once", (states, self._count()), (["done", "already_gone"], _ACCOUNTS - 1))
        await self._tokens()
        return self.checks

    async def _change(self, connector: BottleConnector, key: str) -> None:
        await connector.upsert("accounts", [Write(0, {"city": "Bremen"}, "Customer:0", "change", key)])
        held = self._hands.call("GET", f"api/accounts/{key}/")["account_obj"]
        self._check("a change arrives, the rest is kept", (held["city"], held["postcode"]), ("Bremen", "24103"))
        person = {"first_name": "Ada", "last_name": "Okafor", "email": "ada@okafor.example", "account": key}
        (added,) = await connector.upsert("contacts", [Write(0, person, "Contact:0", "add")])
        there = self._hands.call("GET", f"api/contacts/{added.target_key}/")["contact_obj"]
        self._check("a contact stands at its account", there["account_detail"]["name"], "Client 0")

    async def _refusals(self, connector: BottleConnector) -> None:
        wrong = {
            "duplicate": ("accounts", {"name": "CLIENT 5"}),
            "mapping_gap": ("accounts", {"name": "Somebody", "currency": "ZZZ"}),
            "missing_reference": ("contacts", {"first_name": "A", "last_name": "B", "account": _nobody()}),
        }
        for name, (kind, values) in wrong.items():
            (outcome,) = await connector.upsert(kind, [Write(0, values, f"wrong:{name}", f"wrong-{name}")])
            told = outcome.error.problems[0].business_class.value if isinstance(outcome.error, RejectedError) else ""
            self._check(f"refused as {name}", told, name)

    async def _deal(self, connector: BottleConnector, account: str) -> None:
        deal = {
            "name": "Ledger",
            "account": account,
            "stage": "CLOSED_WON",
            "amount": "9000.50",
            "closed_on": "2026-11-02",
        }
        self._hands.call("POST", "api/opportunities/", deal)
        (record,) = await _read(connector, "opportunities")
        told = (record.values["phase"], record.values["amount"], record.values["account"]["name"])
        self._check("a deal that was won is read", told, ("won", "9000.50", "Client 0"))

    async def _tokens(self) -> None:
        async with self._connector(self._token(["accounts:read"])) as connector:
            try:
                told = str(len(await _read(connector, "contacts")))
            except RemoteError as error:
                told = error.message
        self._check("a scope that is missing is named", "not scoped for read access to contacts" in told, wanted=True)
        async with self._connector("bcrm_pat_of_nobody") as connector:
            report = await connector.test()
        self._check("a token that is none", [step.ok for step in report.steps][:2], [True, False])

    def _token(self, scopes: list[str]) -> str:
        made = self._hands.call("POST", "api/profile/tokens/", {"name": "proof", "scopes": scopes})
        return str(made["token"])

    def _count(self) -> int:
        listed = self._hands.call("GET", "api/accounts/", limit=1)
        return int(listed["active_accounts"]["open_accounts_count"])

    def _connector(self, token: str) -> BottleConnector:
        """Return the catalogue's connector, as the product opens it but for the database."""
        door = Door(
            base_url=self.crm.address,
            auth=build_signer(MANIFEST.auth, {"token": token}),
            limits=MANIFEST.limits,
            allow=(f"127.0.0.1:{self.crm.server.port}",),
            budget=NoBudget(),
            system=MANIFEST.slug,
        )
        return CONNECTOR(MANIFEST, door, {})

    def _check(self, name: str, found: object, wanted: object) -> None:
        holds = found == wanted
        told = str(found)[:60] if holds else f"{found}, expected {wanted}"
        self.checks.append(Check(f"BottleCRM: {name}", holds, told))


def prove_bottlecrm(server: Server, root: Path, python: str, admin_url: str) -> list[Check]:
    """Install it with `python`, boot it on the database server that `admin_url` leads to, run the checks, stop it."""
    proof: BottleProof | None = None
    try:
        lock = root / "requirements" / "real-bottlecrm.txt"
        crm = BottleCrm(server, environment_from(lock, server.folder, python, "BottleCRM"), admin_url)
        proof = BottleProof(crm)
        crm.boot()
        checks = asyncio.run(proof.run())
    except (BootError, AnswerError, RemoteError, psycopg.Error) as error:
        return [*(proof.checks if proof else ()), Check("BottleCRM", holds=False, found=str(error))]
    finally:
        server.stop()
    crm.clear()
    return checks


def _account(number: int) -> Write:
    values = {"name": f"Client {number}", "city": "Kiel", "postcode": "24103", "country": "DE", "currency": "EUR"}
    return Write(number, values, f"Customer:{number}", f"add-{number}")


def _nobody() -> str:
    return "b0000000-0000-0000-0000-00000000dead"


async def _read(connector: BottleConnector, name: str) -> list[SourceRecord]:
    return [record async for page in connector.read(name, None) for record in page.records]
