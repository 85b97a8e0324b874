"""The parts of `bench.chaos`: the processes that are killed, the hands of a person, and the journal that judges."""
