# `make run DATA=folder` is the main job, `make test` everything a change must pass; each sets up
# what it needs in .venv first. `make` alone lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
READY := $(VENV)/.ready
SIZE ?= small
ARGS ?=
DATA ?=
FETCH ?= market-data
TERMINAL := src/barograph/service/static/index.html
SCIENCE := tests/laws tests/oracles tests/properties tests/golden tests/unit/calibration tests/unit/evaluation \
	tests/unit/features tests/unit/lake tests/unit/report tests/unit/test_scores.py tests/unit/test_compare.py
LIVING := tests/browser tests/live
PYTEST = $(BIN)/pytest -m "not long" -n 2 --dist loadfile
FLOOR := src/barograph/features/*,src/barograph/lake/*,src/barograph/metrics/*,src/barograph/evaluation/*,src/barograph/calibration/*

.PHONY: help setup run web serve test test-long data bench bench-terminal soak bench-peers study-cone docs requirements clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## make .venv with everything pinned; quick when nothing changed

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "barograph needs Python 3.11 or newer, this is $$($(PYTHON) --version); run make PYTHON=python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(READY)

run: setup ## ingest, walk forward, forecast, report: make run [DATA=folder] [SIZE=medium] [ARGS="--symbol ETHUSDT"]
	$(BIN)/barograph run --size $(SIZE) $(if $(DATA),--data "$(DATA)") $(ARGS)

web: $(TERMINAL) ## build the terminal into the package; quick when nothing changed

$(TERMINAL): $(shell find web -name node_modules -prune -o -type f -print) scripts/web.sh | setup
	scripts/web.sh build

serve: setup web ## terminal, API and live forecasts: make serve [DATA=folder] [ARGS="--port 8300"]; without DATA and network the market is SIMULATED
	$(BIN)/barograph serve $(if $(DATA),--data "$(DATA)") $(ARGS)

test: setup web ## lint, format, types, layers, every test, the terminal in a browser; SCIENCE runs 95 % of the lines of FLOOR
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) $(SCIENCE) --cov --cov-report= $(ARGS)
	@floor=$$($(BIN)/coverage report --fail-under=95 --include='$(FLOOR)') || { echo "$$floor"; exit 1; }
	$(PYTEST) $(addprefix --ignore ,$(SCIENCE) $(LIVING)) $(ARGS)
	$(PYTEST) $(LIVING) $(ARGS)

test-long: setup ## the studies of minutes that `make test` leaves out
	$(BIN)/pytest -m long $(ARGS)

data: setup ## fetch the real history from the public archives: make data [FETCH=folder]
	$(BIN)/barograph data --fetch "$(FETCH)" $(ARGS)
	@echo 'now: export BAROGRAPH_DATA="$(FETCH)"'

bench: setup ## print every ratio of benchmarks/; BAROGRAPH_DATA names the real data
	@set -e; for file in $(filter-out benchmarks/bench_terminal.py,$(wildcard benchmarks/bench_*.py)); do echo "== $$file"; \
		$(BIN)/python -m "benchmarks.$$(basename "$$file" .py)"; done

bench-terminal: setup web ## the numbers of the terminal, wanted and measured: make bench-terminal [DATA=folder] [ARGS="page closes"]
	$(if $(DATA),BAROGRAPH_DATA="$(DATA)") $(BIN)/python -m benchmarks.bench_terminal $(ARGS)

soak: setup ## eight hours of recorded market at 60x, compared row by row: make soak DATA=folder [ARGS=minutes]
	$(if $(DATA),BAROGRAPH_DATA="$(DATA)") $(BIN)/python -m benchmarks.soak_live $(ARGS)

study-cone: setup ## measure the cone at every hour ahead, regimes and confidence; BAROGRAPH_DATA names the real data
	@set -e; for study in cone_coverage regimes confidence; do $(BIN)/python -m "benchmarks.study_$$study"; done

bench-peers: setup $(PEERS)/.ready ## make .venv-peers and print the agreement with peers and the ratios to them
	$(BIN)/python -m benchmarks.bench_peer_skforecast
	$(BIN)/python -m benchmarks.bench_peer_trading

$(PEERS)/.ready: benchmarks/peers/requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

docs: setup ## write docs/reference/ anew from the declarations
	@set -e; for page in src/barograph/*/page.py; do name=$$(basename $$(dirname "$$page")); \
		$(BIN)/python -m "barograph.$$name.page" > "docs/reference/$$name.md.new"; \
		mv "docs/reference/$$name.md.new" "docs/reference/$$name.md"; echo "docs/reference/$$name.md"; done
	@$(BIN)/python -m barograph.service.document > docs/reference/openapi.json.new
	@mv docs/reference/openapi.json.new docs/reference/openapi.json; echo docs/reference/openapi.json

requirements: setup ## pin anew what pyproject.toml asks for; UPGRADE=1 looks for newer versions
	scripts/requirements.sh

clean: ## remove what was made, the lake and out/ excepted
	rm -rf $(VENV) $(PEERS) .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
