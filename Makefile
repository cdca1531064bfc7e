# The commands of this house. A fresh machine needs Python 3.11 to 3.13, make and a package index.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
HOME_DIR ?= data/var/demo
PORT ?= 3000
# One more than there are cores: some tests wait for a server or a clock.
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))

# Many tests start processes, and each would compile the program again.
unexport PYTHONDONTWRITEBYTECODE

# They sync thousands of small files too: in memory, where there is room, that costs nothing.
ROOMY := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 {print "/dev/shm"}')
test cover check proof proof-once: export TMPDIR := $(or $(TMPDIR),$(ROOMY))

# dg looks for the environment that it runs in by this name.
export VIRTUAL_ENV := $(abspath $(VENV))

# A file's tests stay together, because they share the homes that it works on; long files begin.
PYTEST := $(BIN)/python -m pytest -q -n $(WORKERS)
BY_FILE := --dist loadfile --no-loadscope-reorder
# A long file would keep one worker busy alone: who has nothing left to do takes tests from others.
BY_TEST := --dist worksteal

.PHONY: demo test cover check proof proof-once ui lint types setup bench bench-quick rates peers chaos fuzz lock lock-peers clean

# Everything that `make` needs, from pinned and hashed requirements; reinstalled when they change.
setup: $(VENV)/.ready
$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@echo "Setting up $(VENV) (once; a minute or two)"
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed and this is {v[0]}.{v[1]}; try: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	@$(BIN)/cost-pipeline demo --home $(HOME_DIR)

# What a change is likely to break. What takes long is in `proof` (docs/adr/0038).
test: setup
	@$(PYTEST) $(BY_FILE) -m "not proof"

# What the tests run through, line by line; a tenth slower than `test`.
cover: setup
	@$(PYTEST) $(BY_FILE) -m "not proof" --cov --cov-report=term:skip-covered

# Each long test once, with as few generated examples as in `test`.
proof-once: setup
	@$(PYTEST) $(BY_TEST) -m proof

# Everything that takes long, whole: every step killed at, twenty times as many examples of whatever
# is generated, the web UI, faults and hostile bytes. About an hour on two quiet cores.
proof: setup
	@began=$$(date +%s) && \
	HYPOTHESIS_PROFILE=thorough $(PYTEST) $(BY_TEST) -m "proof or hypothesis" && \
	$(BIN)/python cost_pipeline_tests/chaos/suite.py --seconds 600 && \
	$(BIN)/python cost_pipeline_tests/fuzz/suite.py --seconds 60 && \
	echo "make proof took $$((($$(date +%s) - began + 59) / 60)) minutes"

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

check: lint types
	@$(BIN)/dg check defs
	@$(PYTEST) $(BY_FILE) -m "not proof"

# Dagster's web UI over the demo's home, whose vendors answer while it runs; `make ui HOME_DIR=...`
# for another one.
ui: setup
	@COST_PIPELINE_HOME=$(abspath $(HOME_DIR)) DAGSTER_HOME=$(abspath $(HOME_DIR))/dagster \
	  $(BIN)/python -m cost_pipeline.simulator.beside $(abspath $(HOME_DIR)) \
	  $(BIN)/dg dev --use-active-venv --port $(PORT)

bench: setup
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

# The table of what a run costs, in units of plain work.
bench-quick: setup
	@$(BIN)/python benchmarks/quick.py

# The bundled history of rates in the form in which it is stored; after its CSV was replaced.
rates: setup
	@$(BIN)/python -m cost_pipeline.feeds.production.prepared_rates

# What `benchmarks/validate_csv.py` is compared with, in a venv of its own: no dependencies of ours.
peers: $(VENV)/peers/.ready
$(VENV)/peers/.ready: requirements/peers.txt
	@$(PYTHON) -m venv $(VENV)/peers
	@$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.txt
	@touch $@

lock-peers: setup
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile requirements/peers.in --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements/peers.txt

# Ten minutes of faults: kills, signals, full and slow disks, damaged files.
chaos: setup
	@$(BIN)/python cost_pipeline_tests/chaos/suite.py --seconds 600

# Ten minutes of hostile bytes for every parser and for the correction workbook.
fuzz: setup
	@$(BIN)/python cost_pipeline_tests/fuzz/suite.py --seconds 600

# Pins with hashes and no index address, for every supported Python.
lock: setup
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml requirements/build.in --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header -q -o requirements/base.txt
	@$(BIN)/uv pip compile pyproject.toml requirements/build.in --extra dev --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header -q -c requirements/base.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage*
