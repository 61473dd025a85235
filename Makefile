# One environment, made from hashed locks; every target makes it when it is missing.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
LOCK := requirements/dev.txt

# The run starts a hundred processes, and each would compile all modules anew where Python is told to keep nothing.
# Three at once on two cores: a fifth of their time, tests wait for a broker or for a time to come.
TESTS := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help run test test-pages test-all pictures prove store-smoke check lint types architecture bench bench-peers bench-month bench-sink chaos fuzz soak docs lock clean
.DEFAULT_GOAL := help

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

# Less than half of what tests and benches need: the first run fetches and compiles no more than that.
$(VENV)/.runs: requirements/run.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tidings needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --compile-bytecode --require-hashes -r requirements/run.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready: $(VENV)/.runs $(LOCK)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --compile-bytecode --require-hashes -r $(LOCK)
	@touch $@

run: $(VENV)/.runs ## Start everything with a simulator and a live page; ONCE=1 runs a fixed number and reconciles
	@$(BIN)/tidings demo $(if $(ONCE),--once)

test: $(VENV)/.ready ## Run the tests, on a real broker that the run starts itself
	@$(TESTS) -m "not long"

test-pages: $(VENV)/.ready ## The same for what takes two minutes more: each page at every size in a browser, every command in docs/
	@$(TESTS) -m long tests/browser tests/e2e/test_pages.py

pictures: $(VENV)/.ready ## Take the pictures in docs/pictures anew: pages in the browser of this machine, terminals of an installation that runs
	@$(BIN)/python -m tests.browser.pictures

# One at a time: their processes need both cores, and time limits are for their outages, not for each other.
test-all: test $(VENV)/.docs-ready ## The same, and whatever takes long: crashes and outages in a row
	@$(TESTS) -n 0 -m long

prove: $(VENV)/.ready ## Try laws with 1000 random examples each where a test names no number; SEED= repeats a run
	@$(TESTS) -m "not broker" --hypothesis-profile=long $(if $(SEED),--hypothesis-seed=$(SEED))

# The other DuckDB lies before the environment's own, which stays as it is.
LTS := $(VENV)/duckdb-lts
store-smoke: $(VENV)/.ready ## Run the first tests of the store on DuckDB 1.5, which it installs beside the environment
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(LTS) --no-deps --require-hashes -r requirements/duckdb-lts.txt
	@PYTHONPATH=$(LTS) $(BIN)/python -c 'import duckdb; print("DuckDB", duckdb.__version__)'
	@PYTHONPATH=$(LTS) $(TESTS) $(foreach part,words metrics writer books revisions folding settling database pseudonyms,tests/unit/analytics/test_$(part).py)

check: lint types architecture test ## Lint, types, architecture, tests

lint: $(VENV)/.ready ## Style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.ready ## mypy, strict
	@$(BIN)/mypy

architecture: $(VENV)/.ready ## Who may import whom
	@$(BIN)/lint-imports

bench: $(VENV)/.ready ## Measure speed and memory; ONLY=ingest,sink picks groups
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

bench-peers: $(VENV)/.ready ## Measure beside Go, Kafka Streams, ClickHouse and others; ONLY=edge,chain ROUNDS=3 SECONDS=4
	@$(BIN)/python -m bench.peers $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS))

bench-month: $(VENV)/.ready ## Ask and export a store with a month of REPORTS=50000000 in it; it is made once, and kept
	@$(BIN)/python -m bench.questions $(or $(REPORTS),50000000)
	@$(BIN)/python -m bench.exports $(or $(REPORTS),50000000)

bench-sink: $(VENV)/.ready ## Store ROWS=20000000 updates: is the last million as quick as the first?
	@$(BIN)/python -m bench.long_sink $(or $(ROWS),20000000)

chaos: $(VENV)/.ready ## Break everything for CHAOS_MINUTES=10 as CHAOS_SEED has it, and compare with the truth
	@$(BIN)/python -m tests.chaos

fuzz: $(VENV)/.ready ## Spoil the providers' samples in CASES=200000 ways; SEED= repeats a run
	@$(BIN)/python -m tests.fuzz $(if $(CASES),--cases $(CASES)) $(if $(SEED),--seed $(SEED))

soak: $(VENV)/.ready ## Half an hour of steady callbacks: does memory, do logs, does the spool grow?
	@$(BIN)/python -m bench.soak

$(VENV)/.docs-ready: $(VENV)/.ready requirements/docs.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/docs.txt
	@touch $@

docs: $(VENV)/.docs-ready ## Build all pages below .tidings/site, every link checked; SERVE=1 serves them, with search
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs $(if $(SERVE),serve --dev-addr 127.0.0.1:8001,build --quiet) --strict

lock: $(VENV)/.ready ## Resolve the locked requirements anew
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header requirements/uv.in -o requirements/uv.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header requirements/duckdb-lts.in -o requirements/duckdb-lts.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header pyproject.toml --extra broker --extra otel -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header pyproject.toml --extra broker --extra otel --group dev -c requirements/run.txt -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header --group docs -c requirements/dev.txt -o requirements/docs.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header requirements/peers.in -o requirements/peers.txt

clean: ## Remove the environment and all local data
	rm -rf $(VENV) .venv-peers bench/peers/kafka_streams/target .tidings
