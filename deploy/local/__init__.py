"""The whole product on one machine: `make demo`, `make test` and their relatives."""
