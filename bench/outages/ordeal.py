"""One ordeal: the product works, its processes are killed at random, then all is quiet until everything is done."""

import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson

from bench.outages.journal import Findings
from bench.outages.outside import Outside
from bench.outages.stack import Stack
from deploy.local.places import ROOT

# One deck of kills: each is drawn once before any comes again, so the database falls twice in every deck.
DECK = (
    *("pool child",) * 6, *("worker",) * 3, *("web",) * 3, *("dispatcher",) * 2, *("broker",) * 2, *("postgres",) * 2,
    "frozen child",
)  # fmt: skip
PROCESS_OF = {"pool child": "worker", "frozen child": "worker"}
FROZEN_SECONDS = (24.0, 34.0)  # silent for 20 s is dead: its leases are somebody else's when it wakes
LEAST_DRAIN_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to do, and for how long the kills go on."""

    partners: int
    records: int
    walking: float  # the share of the records that walk
    minutes: float  # for everything; at most the first 60 % of it are kills
    kills: int  # at least so many; the kills end with the work
    gap_seconds: tuple[float, float]

    @property
    def batch(self) -> int:
        """Small, so that kills meet many batches on their way."""
        return 10 if self.records < 4_000 else 50

    def entries(self) -> tuple[int, int]:
        """Return the entries of a straight and of a walking customer."""
        walking = round(self.records * self.walking / self.partners)
        return max(1, round(self.records / self.partners) - walking), walking


class Hands:
    """The helper process that installs flows and does what people do."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log.open("ab")  # what it says of a database that is away, it says often
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.outages.hands"],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
        )  # fmt: skip

    def ask(self, word: str) -> dict[str, Any]:
        """Ask for one thing and return the answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the helper has no pipes")
        print(word, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            said = Path(self._log.name).read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the helper ended at {word!r}:\n{said[-3000:]}")
        return dict(orjson.loads(line))

    def end(self) -> None:
        """End the helper."""
        self._process.kill()
        self._process.wait()
        self._log.close()


class Ordeal:
    """Work, edits, webhooks, signatures and kills; then quiet, until everything is done."""

    def __init__(self, stack: Stack, hands: Hands, size: Size, *, seed: int) -> None:
        self._stack, self._hands, self.size = stack, hands, size
        self._seed, self._chance = seed, Random(seed)
        self._deck: list[str] = []
        self._began = 0.0
        self.outside: Outside
        self.connections = 0
        self.killed: Counter[str] = Counter()
        self.by_hand: Counter[str] = Counter()

    def prepare(self) -> None:
        """Found the firms, install the flows and start the processes."""
        straight, walking = self.size.entries()
        firms = self._hands.ask(f"found {self.size.partners} {straight} {walking} {self._seed} {self.size.batch}")
        if "firms" not in firms:
            raise RuntimeError(f"the firms could not be founded: {firms}")
        self.connections = sum(facts["connections"] for facts in firms["firms"].values())
        self.outside = Outside(self._stack.environment, firms["firms"], self._chance)
        self.outside.open()
        for name in ("worker", "dispatcher", "web"):
            self._stack.start_and_wait(name)
        self._began = time.monotonic()
        self._ask("start")

    def rage(self) -> float:
        """Kill at random while there is work, and let people go on working. Returns the seconds it took."""
        until = self._began + self.size.minutes * 36
        while self.killed.total() < self.size.kills or not self._nearly_done():
            if time.monotonic() > until:
                break
            self._pass(self._chance.uniform(*self.size.gap_seconds))
            self._kill()
            self.outside.stir(edits=5, approvals=3)
            for word in ("sign", "start"):
                self._ask(word)
        return time.monotonic() - self._began

    def calm(self) -> float:
        """Switch the faults off and wait until all is done; returns how long that took."""
        began, quiet = time.monotonic(), 0
        self.outside.lift_faults()
        ends = max(began + LEAST_DRAIN_SECONDS, self._began + self.size.minutes * 60)
        while time.monotonic() < ends:
            self._pass(1.0)
            self._ask("sign")
            seen = self._hands.ask("look")
            if seen.get("given_up"):
                self._ask("revive")
            if seen.get("under_way", 1):
                continue
            if seen["lines"].get("rejected"):
                self._ask("retry")
            elif quiet:
                return time.monotonic() - began
            else:  # the last edits may have come after the last reading
                quiet += "started" in self._ask("start")
        print(f"not done after {ends - began:.0f} s: {seen}", flush=True)
        return time.monotonic() - began

    def judge(self) -> dict[str, Findings]:
        """Return what the journal of each ERP says."""
        return self.outside.judge()

    def _ask(self, word: str) -> dict[str, Any]:
        done = self._hands.ask(word)
        self.by_hand.update({name: number for name, number in done.items() if isinstance(number, int)})
        return done

    def _nearly_done(self) -> bool:
        return self.outside.arrived() >= 0.95 * self.outside.wanted()

    def _pass(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._stack.tend()
            time.sleep(0.05)

    def _kill(self) -> None:
        if not self._deck:
            self._deck = self._chance.sample(DECK, len(DECK))
        standing = [victim for victim in self._deck if not self._stack.is_down(PROCESS_OF.get(victim, victim))]
        if standing and self._strike(standing[0]):
            self._deck.remove(standing[0])
            self.killed[standing[0]] += 1

    def _strike(self, victim: str) -> bool:
        back_after = self._chance.uniform(0.2, 2.0)
        if victim == "pool child":
            return self._stack.kill_pool_child(self._chance.choice)
        if victim == "frozen child":
            return self._stack.freeze_pool_child(self._chance.choice, seconds=self._chance.uniform(*FROZEN_SECONDS))
        if victim == "postgres":
            self._stack.kill_postgres(back_after=back_after)
        else:
            self._stack.kill(victim, back_after=back_after)
        return True
