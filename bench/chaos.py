"""Kill the product's processes at random while it works, and count what the ERP's own journal says in the end.

    python -m bench.chaos [--records 1000] [--kills 20] [--seed 1]

Everything runs on servers of its own: PostgreSQL, broker, a worker with two children, the dispatcher. Only the sandbox
systems are never killed; they lose answers, refuse, and answer late meanwhile. Returns 1 unless nothing is lost, doubled
or out of order.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import orjson

from apps.connectors.sandbox.admin import admin_token
from apps.connectors.sandbox.client import SandboxClient
from bench.outages.journal import Findings, judge_journal
from bench.outages.stack import Stack, running_stack
from deploy.local.places import ROOT

RECORDS_A_FIRM = 100
MOST_FIRMS = 10
FAULTS = {
    "error_after": 0.05,
    "drop_after": 0.05,
    "error_before": 0.03,
    "rate_limit": 0.03,
    "slow": 1,
    "slow_seconds": 0.8,
}
# How often each is the victim: children do the work, the database takes longest to come back.
VICTIMS = {"pool child": 8, "worker": 4, "dispatcher": 3, "broker": 3, "postgres": 2}
DRAIN_SECONDS = 240.0
EDITS_A_KILL = 5


class Hands:
    """The helper process that installs flows and starts runs."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.outages.hands"],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, word: str) -> dict[str, Any]:
        """Ask for one thing and return the answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the helper has no pipes")
        print(word, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the helper ended at {word!r}")
        return dict(orjson.loads(line))

    def end(self) -> None:
        """End the helper."""
        self._process.kill()
        self._process.wait()


class Chaos:
    """One run: work, edits and kills; then quiet, until everything is done."""

    def __init__(self, stack: Stack, hands: Hands, *, seed: int) -> None:
        self._stack, self._hands, self._chance = stack, hands, Random(seed)
        self._companies: list[str] = []
        self._history: dict[str, dict[str, list[Decimal]]] = {}
        self.killed: Counter[str] = Counter()

    def prepare(self, records: int, seed: int) -> int:
        """Found the firms, install the flows and start the processes; returns how many entries must arrive."""
        firms = min(MOST_FIRMS, max(1, records // RECORDS_A_FIRM + 2))
        self._companies = self._hands.ask(f"found {firms} {records} {seed}")["companies"]
        self._sandbox(self._read_entries)
        self._sandbox(self._set_faults)
        for name in ("worker", "dispatcher"):
            self._stack.start_and_wait(name)
        self._hands.ask("start")
        return sum(len(entries) for entries in self._history.values())

    def rage(self, kills: int) -> None:
        """Kill at random, edit entries in between, and keep the flows running."""
        while self.killed.total() < kills:
            self._pass(self._chance.uniform(0.8, 1.8))
            self._kill()
            self._sandbox(self._edit_some)
            self._hands.ask("start")

    def calm(self) -> float:
        """Switch the faults off and wait until all is done; returns how long that took."""
        began, rounds = time.monotonic(), 0
        self._sandbox(self._lift_faults)
        while True:
            self._pass(1.0)
            seen = self._hands.ask("look")
            if not seen.get("under_way", 1):
                if rounds:
                    return time.monotonic() - began
                # The last edits may have come after the last reading; and a run that was given up is started anew.
                rounds += bool(self._hands.ask("start").get("started"))
            if time.monotonic() - began > DRAIN_SECONDS:
                print(f"not done after {DRAIN_SECONDS:.0f} s: {seen}")
                return time.monotonic() - began

    def judge(self) -> Findings:
        """Return what the journals of all ERPs say."""
        findings = Findings()
        for company in self._companies:
            effects = self._sandbox(lambda sandbox, company=company: sandbox.effects("erp", company))
            findings += judge_journal(self._history[company], effects)
        return findings

    def _pass(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._stack.tend()
            time.sleep(0.05)

    def _kill(self) -> None:
        standing = [name for name in VICTIMS if not self._stack.is_down("worker" if name == "pool child" else name)]
        victim = self._chance.choices(standing, [VICTIMS[name] for name in standing])[0]
        back_after = self._chance.uniform(0.2, 2.0)
        if victim == "pool child":
            if not self._stack.kill_pool_child(self._chance.choice):
                return
        elif victim == "postgres":
            self._stack.kill_postgres(back_after=back_after)
        else:
            self._stack.kill(victim, back_after=back_after)
        self.killed[victim] += 1

    def _sandbox(self, work: Callable[[SandboxClient], Any]) -> Any:
        environment = self._stack.environment

        async def call() -> Any:
            token = admin_token(environment["SECRET_KEY"])
            async with SandboxClient(environment["SANDBOX_URL"], token) as sandbox:
                return await work(sandbox)

        return asyncio.run(call())

    async def _read_entries(self, sandbox: SandboxClient) -> None:
        for company in self._companies:
            entries = await sandbox.records("psa", company, "time-entries")
            self._history[company] = {
                entry["id"]: [Decimal(str(entry["hours"]))]
                for entry in entries
                if entry["status"] == "approved" and entry["billable"]
            }

    async def _set_faults(self, sandbox: SandboxClient) -> None:
        for company in self._companies:
            await sandbox.set_faults("erp", company, **FAULTS)

    async def _lift_faults(self, sandbox: SandboxClient) -> None:
        for company in self._companies:
            await sandbox.set_faults("erp", company)

    async def _edit_some(self, sandbox: SandboxClient) -> None:
        """Change the hours of some entries, each time to hours that the entry never had."""
        for _ in range(EDITS_A_KILL):
            company = self._chance.choice(self._companies)
            key = self._chance.choice(sorted(self._history[company]))
            hours = self._history[company][key]
            hours.append(Decimal(610 + len(hours)) / 100)
            await sandbox.change_record("psa", company, "time-entries", key, hours=float(hours[-1]))


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="bench.chaos", description=__doc__)
    parser.add_argument("--records", type=int, default=1000, help="entries in all PSAs together (default 1000)")
    parser.add_argument("--kills", type=int, default=20, help="how many processes are killed (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="decides who is killed when (default 1)")
    options = parser.parse_args(arguments)
    if options.records < 10 or options.kills < 0:
        parser.error("--records must be at least 10 and --kills not negative")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Rage, calm down, judge; 1 unless nothing went wrong."""
    options = parsed(arguments)
    with running_stack() as stack:
        hands = Hands(stack.environment)
        try:
            chaos = Chaos(stack, hands, seed=options.seed)
            wanted = chaos.prepare(options.records, options.seed)
            began = time.monotonic()
            chaos.rage(options.kills)
            raged = time.monotonic() - began
            drained = chaos.calm()
            findings, seen = chaos.judge(), hands.ask("look")
        finally:
            hands.end()
        recovered = stack.count_words("batch_recovered")
    victims = ", ".join(f"{number} x {name}" for name, number in chaos.killed.most_common())
    print(f"{options.records} records, {wanted} to deliver; killed in {raged:.0f} s: {victims or 'nobody'}")
    print(f"drained {drained:.0f} s after the last kill; batches recovered: {recovered}; runs: {seen.get('runs')}")
    print(f"open ledger lines: {seen.get('lines')} {seen.get('rejections')} {seen.get('reasons')}")
    counts = len(findings.lost), len(findings.doubled), len(findings.out_of_order), len(findings.invented)
    print("lost {}, doubled {}, out of order {}, invented {}".format(*counts))
    if not findings.clean:
        print(findings, file=sys.stderr)
    return 0 if findings.clean else 1


if __name__ == "__main__":
    sys.exit(main())
