"""Kill the product's processes at random while it works, and count what the ERPs' own journals say in the end.

    python -m bench.chaos [--partners 3] [--records 20000] [--minutes 15] [--seed 1] [--seeds 3]

Everything runs on servers of its own: PostgreSQL, broker, a worker with two children, the dispatcher (which also keeps the
schedules) and the web process that takes webhooks. Each partner has a customer whose records go through in batches, from a
PSA to an ERP, and one whose records walk by themselves: to an ERP, then they wait for a signature, then to the group's ERP.
Only these sandbox systems are never killed; they lose answers, refuse, drop connections and answer late meanwhile. Returns 1
unless nothing is lost, doubled, out of order or invented, and every webhook that was answered 2xx is stored.
"""

import argparse
import sys
from collections.abc import Sequence

from bench.outages.journal import Findings
from bench.outages.ordeal import Hands, Ordeal, Size
from bench.outages.stack import running_stack

RECOVERED = {
    "batches": "batch_recovered",
    "leases": "lease lost:",
    "late writers refused": "now held by another worker",
}


def one_run(size: Size, seed: int) -> bool:
    """Rage, calm down, judge, print; False when something went wrong."""
    with running_stack() as stack:
        hands = Hands(stack.environment, stack.log("hands"))
        try:
            ordeal = Ordeal(stack, hands, size, seed=seed)
            ordeal.prepare()
            raged = ordeal.rage()
            drained = ordeal.calm()
            findings, seen, heard = ordeal.judge(), hands.ask("look"), hands.ask("heard")
            accepted = ordeal.outside.accepted()
            unheard = [told for told in accepted if not any(told in key for key in heard["keys"])]
        finally:
            hands.end()
        recovered = {what: stack.count_words(words) for what, words in RECOVERED.items()}
    victims = ", ".join(f"{number} x {name}" for name, number in ordeal.killed.most_common())
    print(f"seed {seed}: {size.records} records, {size.partners} partners, {ordeal.connections} connections, "
          f"{ordeal.outside.wanted()} lines to deliver to {len(findings)} ledgers")  # fmt: skip
    print(f"killed in {raged:.0f} s: {victims or 'nobody'}")
    print(f"drained {drained:.0f} s after the last kill; recovered: {recovered}; by hand: {dict(ordeal.by_hand)}")
    print(f"runs: {seen.get('runs')}; open lines: {seen.get('lines')} {seen.get('words')}")
    print(f"webhooks accepted {len(accepted)}, stored {len(heard['keys'])}, "
          f"accepted but not stored {len(unheard)}; runs that do not add up {len(heard['wrong'])}")  # fmt: skip
    return _print_findings(findings) and not unheard and not heard["wrong"]


def _print_findings(findings: dict[str, Findings]) -> bool:
    total = sum(findings.values(), Findings())
    for ledger, found in findings.items():
        if not found.clean:
            print(f"{ledger}: {found}", file=sys.stderr)
    counts = len(total.lost), len(total.doubled), len(total.out_of_order), len(total.invented)
    print("lost {}, doubled {}, out of order {}, invented {}".format(*counts), flush=True)
    return total.clean


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="bench.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--partners", type=int, default=3, help="each with five connections (default 3)")
    parser.add_argument("--records", type=int, default=1000, help="entries in all PSAs together (default 1000)")
    parser.add_argument("--walking", type=float, default=0.2, help="share of records that walk alone (default 0.2)")
    parser.add_argument("--minutes", type=float, default=15, help="for one seed altogether (default 15)")
    parser.add_argument("--kills", type=int, default=20, help="at least so many, if there is time (default 20)")
    parser.add_argument("--gap", type=float, nargs=2, default=(1.5, 4.0), help="seconds between kills (default 1.5 4)")
    parser.add_argument("--seed", type=int, default=1, help="decides who is killed when (default 1)")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, one after the other (default 1)")
    options = parser.parse_args(arguments)
    if options.records < 10 or options.kills < 0 or options.partners < 1 or not 0 <= options.walking < 1:
        parser.error("--records must be at least 10, --partners 1, --kills not negative, --walking from 0 to below 1")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every seed; 1 unless nothing went wrong in any."""
    options = parsed(arguments)
    size = Size(
        partners=options.partners, records=options.records, walking=options.walking, minutes=options.minutes,
        kills=options.kills, gap_seconds=tuple(options.gap),
    )  # fmt: skip
    fine = [one_run(size, seed) for seed in range(options.seed, options.seed + options.seeds)]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
