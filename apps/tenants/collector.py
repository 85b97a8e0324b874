"""How a process of the product treats the garbage collector."""

import gc
from functools import cache


@cache
def spare_the_collector() -> None:
    """Once a process: what was imported stays, so the garbage collector need not walk through it again and again.

    Batches and pages make many objects at once and drop them together; looking at each 700 of them finds nothing (a fifth
    of the CPU of a run; a quarter of a second now and then for a page: docs/benchmarks.md).
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
