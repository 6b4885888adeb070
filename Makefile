# Each of these works as the first command on a fresh clone: set-up is done by whoever needs it and skipped where it is
# done. As root on Debian it installs what the machine lacks; otherwise it says what is missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PORT ?= 8000
DATA ?= .demo
# How many tests run side by side, and what is passed on to pytest: make test TESTS=tests/audit ARGS=-x
JOBS ?= 2
TESTS ?= tests
ARGS ?=

# .venv/bin first: its `node` is the one that set-up chose.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Tests work in memory where it has room (setup/tmp.sh); what is measured (bench) stays on the disk.
PYTEST = TMPDIR=$$(setup/tmp.sh) pytest -n $(JOBS) $(ARGS)
PACKAGES := consent audit conference

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ready-run ## One partnership's story on http://localhost:8000, with a demo identity provider (PORT=, DATA=)
	@exec conference demo --port $(PORT) --data $(DATA)

.PHONY: serve
serve: ready-run ## The product itself, set up by its environment variables
	@exec conference serve

.PHONY: test
test: ready-test ## Every test (under 15 minutes)
	$(PYTEST) -m "not soak" $(TESTS)

.PHONY: check
check: ready-check format-check lint types imports locks fast ## Format, lint, types, imports, locks and fast tests (under 2 minutes)

.PHONY: fast
fast: ready-check ## Tests that need neither browser nor PostgreSQL nor patience
	$(PYTEST) -m "not slow and not browser and not postgres and not soak" $(TESTS)

.PHONY: format
format: ready-check ## Put the code into its form
	ruff format
	ruff check --fix-only --select I

.PHONY: format-check
format-check: ready-check
	ruff format --check

.PHONY: lint
lint: ready-check
	ruff check

.PHONY: types
types: ready-check
	mypy $(PACKAGES)

.PHONY: imports
imports: ready-check
	lint-imports

.PHONY: locks
locks: ready-check
	setup/check-locks.sh

.PHONY: soak
soak: ready-test ## Long counts; stop it at any time, it goes on where it was
	SOAK=1 TMPDIR=$$(setup/tmp.sh) pytest -m "soak or generated" $(ARGS) $(TESTS)

.PHONY: mutants
mutants: ready-test ## Change the engine in thousands of small ways: a test must notice each (hours; goes on where it was)
	python -m tests.mutants $(ARGS)

.PHONY: bench
bench: ready-test ## Measure speed and memory
	python -m bench $(ARGS)

.PHONY: bench-audit
bench-audit: ready-test ## The log: durable appends beside raw databases and a chain, on a slow disk too, and proofs
	python -m bench.audit

.PHONY: bench-consent
bench-consent: ready-bench ## Decisions beside other engines, in one run: ratios, and whether the goals are met
	.venv-bench/bin/python -m bench.consent

.PHONY: bench-vault
bench-vault: ready-bench ready-test ## Sealing beside others, and finding people without reading: ratios, and whether the goals are met
	.venv-bench/bin/python -m bench.vault
	python -m bench.vault_search

.PHONY: screenshots
screenshots: ready-test ## Pictures of every screen, in screenshots/
	python -m tests.screenshots $(ARGS)

.PHONY: setup
setup: ready-test ## Only the set-up, all of it

.PHONY: lock
lock: ready-check ## Write the locks anew from requirements*.in and package.json
	setup/lock.sh $(ARGS)

.PHONY: clean
clean: ## Remove what set-up and runs have made (and the demo's data in .demo)
	rm -rf .venv .venv-bench .venv-xray node_modules .setup conference/static/vendor .demo .soak .bench .mutants screenshots build *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: ready-run ready-check ready-test ready-bench
ready-run ready-check ready-test ready-bench:
	@setup/ready.sh $(@:ready-%=%)
