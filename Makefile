# Everything a person runs here. `make` alone lists it. Needs Python 3.11 or later, git and make.
PYTHON ?= python3
ARGS ?=
SERVICE ?= all
WITH_RUN = $(PYTHON) -m deploy.local.bootstrap run --then
WITH_DEV = $(PYTHON) -m deploy.local.bootstrap dev --then

.DEFAULT_GOAL := help
.PHONY: help demo status logs stop test conformance check format real bench screenshots weights messages schemas lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## set everything up, start it in the background, run the first flows, print addresses and sign-ins
	@$(WITH_RUN) deploy.local.demo

status: ## say what runs, on which ports, and for how long
	@$(WITH_RUN) deploy.local.control status

logs: ## show the logs of all services, or of one: make logs SERVICE=worker
	@$(WITH_RUN) deploy.local.control logs $(SERVICE)

stop: ## stop everything in order; what was stored stays
	@$(WITH_RUN) deploy.local.control stop

test: ## run all tests against throwaway servers; a part of them: make test ARGS="tests/flows -k replay"
	@$(WITH_DEV) deploy.local.testing $(ARGS)

conformance: ## try every connector of the catalogue against its system on stage and print what it passes
	@$(WITH_DEV) deploy.local.conformance $(ARGS)

check: ## formatting, lint, import contracts, templates, migrations, types
	@$(WITH_DEV) deploy.local.check

format: ## format the code and mend what lint can mend by itself
	@$(WITH_DEV) deploy.local.check --mend

real: ## boot a real TimeTagger, Tryton (Redmine, BottleCRM where they can be installed) and prove what moves between them
	@$(WITH_RUN) deploy.local.real $(ARGS)

bench: ## measure throughput against the bare loop, and kill processes to count what is lost
	@$(WITH_DEV) deploy.local.benches $(ARGS)

screenshots: ## write a picture of every page in both brands to screenshots/ (the demo must run)
	@$(WITH_DEV) deploy.local.screenshots $(ARGS)

weights: ## weigh the running demo's pages as production sends them, and time them
	@$(WITH_DEV) deploy.local.page_weights $(ARGS)

messages: ## collect the texts that people read for translation, and say what is not translated yet
	@$(WITH_DEV) deploy.local.message_catalog

schemas: ## write anew what a new partner's schema is founded from, after a migration changed
	@$(WITH_DEV) deploy.local.schema_texts $(ARGS)

lock: ## pin all packages anew, with hashes
	@$(WITH_DEV) deploy.local.lock

clean: ## stop everything and remove what was made: database, environment, copied files
	@$(WITH_RUN) deploy.local.clean
