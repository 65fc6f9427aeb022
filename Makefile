# Every chore of the project. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check format bench docs lock clean

help: ## List the chores
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/develop.stamp ## Make .venv with everything a developer needs

demo: $(VENV)/run.stamp ## Show a whole HighLevel account arriving in Invoco, with nothing else installed
	@$(BIN)/invoco demo

serve: $(VENV)/run.stamp ## Serve Invoco's API over what has been imported
	@$(BIN)/invoco serve

test: $(VENV)/develop.stamp ## Run all tests with branch coverage
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest $(TESTS) -n 2 --dist worksteal --cov --cov-report=term

check: $(VENV)/develop.stamp ## Check style, types, floors, docstrings, locks and docs
	@$(BIN)/ruff format --check src tests
	@$(BIN)/ruff check src tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/interrogate --quiet src
	@$(BIN)/python -m pytest tests/docs --quiet

format: $(VENV)/develop.stamp ## Put the code into its one form
	@$(BIN)/ruff check --fix src tests
	@$(BIN)/ruff format src tests

bench: $(VENV)/run.stamp ## Measure the import on this machine
	@$(BIN)/invoco bench import

docs: $(VENV)/develop.stamp ## Write the parts of docs/reference that come from the code
	@$(BIN)/python -m invoco docs write docs/reference

lock: $(VENV)/develop.stamp ## Pin every dependency anew, with hashes
	@$(BIN)/uv pip compile pyproject.toml --extra postgres --group build $(LOCK) -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra postgres --group build --group dev -c requirements.lock $(LOCK) -o requirements-dev.lock

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

clean: ## Remove what the chores made
	@rm -rf $(VENV) build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Invoco needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) …"
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/develop.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo "Adding the developer's tools …"
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@
