PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup build check test soak bench bench-text bench-rank bench-inbox lint demo week golden wheel clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "roundup needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 build")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

setup: $(READY) ## make the environment and install roundup into it

build: $(READY) ## set up, and build our own digest into site/
	$(BIN)/roundup build

check: $(READY) ## tell what is wrong with our own issues
	$(BIN)/roundup check

test: $(READY) ## run all the tests
	$(BIN)/pytest

soak: $(READY) ## the long forms of the tests: all vectors, new random examples
	ROUNDUP_SOAK=1 $(BIN)/pytest

bench: $(READY) ## us, Hugo and Pelican in turn: the table in docs/performance.md; SIZES=S ROUNDS=1 for a quick look
	PYTHONPATH=tests $(BIN)/python -m bench $(SIZES) $(if $(ROUNDS),--rounds $(ROUNDS))

bench-text: $(READY) ## how arXiv's TeX comes out over the shared corpus: the table in docs/design.md
	PYTHONPATH=tests $(BIN)/python tests/bench_text.py

bench-rank: $(READY) ## the ranking beside scikit-learn, SQLite and BM25 over the shared corpus: the table in docs/ranking.md
	OMP_NUM_THREADS=1 PYTHONPATH=tests $(BIN)/python tests/bench_rank.py

bench-inbox: $(READY) ## how long each command takes with 100,000 papers in the inbox: the table in docs/ranking.md
	PYTHONPATH=tests $(BIN)/python tests/bench_inbox.py

lint: $(READY) ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

demo: $(READY) ## fetch into a new digest from a server on this machine that speaks arXiv's protocols
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH=tests $(BIN)/python -m replay -- sh "$(CURDIR)/tests/demo.sh"

week: $(READY) ## fetch, triage, check and build as an editor would, in tmux: the table in docs/triage.md
	PYTHONPATH=tests:. $(BIN)/python tests/week.py

golden: $(READY) ## write the golden sites and text cases anew; read the difference before you commit it
	$(BIN)/pytest tests/test_golden.py tests/test_text.py -k "golden_site or up_to_date" --update-golden -n 0

wheel: $(READY) ## pack roundup into dist/
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove the environment, the site and what tools left
	rm -rf $(VENV) site dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find roundup tests -name __pycache__ -type d -prune -exec rm -rf {} +
