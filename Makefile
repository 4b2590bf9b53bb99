# Every target works as the first command on a fresh clone: it makes .venv and installs what it
# needs. Nothing is installed twice: a stamp in .venv remembers, until pyproject.toml changes.

PYTHON ?= python3
JOBS   ?= 2
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := $(VENV)/.installed-demo
DEV    := $(VENV)/.installed-dev
DOCS   := $(VENV)/.installed-docs

.DEFAULT_GOAL := help
.PHONY: help venv install demo test format format-check lint types all accuracy bench docs clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(DEMO) ## Diagnose a broken script that comes along (installs what it needs first)
	@# Exit code 1 is the demo's good end: whytorch found something. 2 and 3 are not, and neither is
	@# an installation that cannot start, which Python would end with 1 too.
	@$(BIN)/python -c 'import whytorch.cli'
	@$(BIN)/whytorch examples/digits_broken.py || [ $$? -eq 1 ]

test: $(DEV) ## Run the tests (installs what they need first)
	$(BIN)/python -m pytest -n $(JOBS)

all: format-check lint types test ## Everything that CI checks

format: $(DEV) ## Rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

format-check: $(DEV) ## Is the code in the project's format?
	$(BIN)/ruff format --check .

lint: $(DEV) ## Look for mistakes in the code
	$(BIN)/ruff check .

types: $(DEV) ## Check the types
	$(BIN)/mypy

bench: $(DEV) ## Measure the recorder's overhead and the time to an answer (some minutes)
	@mkdir -p build/bench
	$(BIN)/python benchmarks/overhead.py --output build/bench/overhead.json
	$(BIN)/python benchmarks/answer_time.py --output build/bench/answer_time.json
	$(BIN)/python benchmarks/check_speed.py --output build/bench/check_speed.json

accuracy: $(DEV) ## Ten minutes of the accuracy benchmark: planted mistakes, right scripts
	$(BIN)/python benchmarks/accuracy --workers $(JOBS)

docs: $(DOCS) ## Build the documentation site into build/site
	$(BIN)/python -m mkdocs build --strict --quiet
	@echo "The site is in build/site; to look at it: $(BIN)/python -m http.server -d build/site"

venv: $(BIN)/python ## Make .venv

install: $(DEV) ## Install whytorch and all that developing it takes into .venv

clean: ## Remove .venv, caches and build results
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit( \
	    "whytorch needs Python 3.10 or newer; say which: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(DEMO): pyproject.toml | $(BIN)/python
	@echo "Installing whytorch and what the demo needs into $(VENV) (torch is large: minutes) ..."
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[demo]'
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo "Installing whytorch and its development tools into $(VENV) (torch is large: minutes) ..."
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[dev]'
	@touch $(DEMO) $@

$(DOCS): pyproject.toml | $(BIN)/python
	@echo "Installing whytorch and what its documentation needs into $(VENV) ..."
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[docs]'
	@touch $@
