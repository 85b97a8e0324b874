"""The world outside during a chaos run: what people change in the PSAs, what breaks, what was announced, what arrived."""

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import Any

from apps.connectors.sandbox.admin import admin_token
from apps.connectors.sandbox.client import SandboxClient
from bench.outages.journal import Findings, judge_journal

FAULTS = {
    "error_after": 0.04,
    "drop_after": 0.04,
    "error_before": 0.03,
    "rate_limit": 0.03,
    "slow": 0.5,
    "slow_seconds": 0.6,
}


class Outside:
    """The sandbox's firms and the ERPs that must hold every approved entry of theirs."""

    def __init__(self, environment: Mapping[str, str], firms: Mapping[str, Mapping[str, Any]], chance: Random) -> None:
        self._environment, self._firms, self._chance = environment, firms, chance
        self._history: dict[str, dict[str, list[Decimal]]] = {}
        self._submitted: dict[str, list[str]] = {}
        self._announced: dict[str, set[str]] = {company: set() for company in firms}

    def open(self) -> int:
        """Read what must arrive, let webhooks go to the web process and faults begin; returns how many effects that makes."""
        self._do(self._read_entries)
        self._do(self._begin)
        return self.wanted()

    def wanted(self) -> int:
        """Return how many lines all ERPs together must hold."""
        return sum(len(entries) * len(self._firms[company]["ledgers"]) for company, entries in self._history.items())

    def stir(self, edits: int, approvals: int) -> None:
        """People change hours and approve more time; what was announced meanwhile is noted."""
        self._do(lambda sandbox: self._edit_some(sandbox, edits))
        self._do(lambda sandbox: self._approve_some(sandbox, approvals))
        self._do(self._note_announced)

    def lift_faults(self) -> None:
        """From now on every system works."""
        self._do(self._lift)

    def arrived(self) -> int:
        """Return how many lines all ERPs together hold by their own journals."""
        return sum(self._do(self._count_created).values())

    def accepted(self) -> set[str]:
        """Return the ids of all webhooks that the web process answered 2xx."""
        self._do(self._note_announced)
        return set().union(*self._announced.values())

    def judge(self) -> dict[str, Findings]:
        """Return what the journal of each ERP says."""
        found: dict[str, Findings] = {}
        for company, facts in self._firms.items():
            for ledger in facts["ledgers"]:
                effects = self._do(lambda sandbox, ledger=ledger: sandbox.effects("erp", ledger))
                found[ledger] = judge_journal(self._history[company], effects)
        return found

    def _do(self, work: Callable[[SandboxClient], Any]) -> Any:
        async def call() -> Any:
            token = admin_token(self._environment["SECRET_KEY"])
            async with SandboxClient(self._environment["SANDBOX_URL"], token) as sandbox:
                return await work(sandbox)

        return asyncio.run(call())

    async def _read_entries(self, sandbox: SandboxClient) -> None:
        for company in self._firms:
            entries = [entry for entry in await sandbox.records("psa", company, "time-entries") if entry["billable"]]
            self._history[company] = {
                entry["id"]: [Decimal(str(entry["hours"]))] for entry in entries if entry["status"] == "approved"
            }
            self._submitted[company] = [entry["id"] for entry in entries if entry["status"] == "submitted"]

    async def _begin(self, sandbox: SandboxClient) -> None:
        port = self._environment["PUBLIC_PORT"]
        for company, facts in self._firms.items():
            hook = facts["webhook"]
            url, host = f"http://127.0.0.1:{port}{hook['path']}", f"{hook['host']}:{port}"
            await sandbox.set_webhook(company, url, hook["secret"], host=host)
            for ledger in facts["ledgers"]:
                await sandbox.set_faults("erp", ledger, **FAULTS)

    async def _lift(self, sandbox: SandboxClient) -> None:
        for facts in self._firms.values():
            for ledger in facts["ledgers"]:
                await sandbox.set_faults("erp", ledger)

    async def _edit_some(self, sandbox: SandboxClient, number: int) -> None:
        """Change the hours of some entries, each time to hours that it never had; twice told."""
        for _ in range(number):
            company = self._chance.choice(sorted(self._firms))
            key = self._chance.choice(sorted(self._history[company]))
            hours = self._history[company][key]
            hours.append(Decimal(610 + len(hours)) / 100)
            await sandbox.change_record("psa", company, "time-entries", key, hours=float(hours[-1]))
            await sandbox.announce(company, key, copies=2)

    async def _approve_some(self, sandbox: SandboxClient, number: int) -> None:
        for _ in range(number):
            company = self._chance.choice(sorted(self._firms))
            if not self._submitted[company]:
                continue
            key = self._submitted[company].pop()
            record = await sandbox.change_record("psa", company, "time-entries", key, notes="Looked at.")
            self._history[company][key] = [Decimal(str(record["hours"]))]
            await sandbox.approve(company, key)

    async def _note_announced(self, sandbox: SandboxClient) -> None:
        for company, accepted in self._announced.items():
            attempts = await sandbox.deliveries(company)
            accepted.update(attempt["id"] for attempt in attempts if 200 <= attempt["status"] < 300)

    async def _count_created(self, sandbox: SandboxClient) -> dict[str, int]:
        ledgers = [ledger for facts in self._firms.values() for ledger in facts["ledgers"]]
        return {ledger: len(await sandbox.records("erp", ledger, "time-lines")) for ledger in ledgers}
