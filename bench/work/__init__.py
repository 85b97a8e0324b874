"""The parts of `bench.throughput`: the entries, the systems they move between, the bare loop, the product, the meter."""
