# `make demo` and `make test` are all a newcomer needs; both make .venv and profiles.yml first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GOOGLESQL := .venv-googlesql
SEGMENT := .venv-segment
NODE_MODULES := checks/sdk/node_modules
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --requirement
export DBT_PROFILES_DIR := $(CURDIR)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-dbt test-python test-bigquery test-instrumentation lint docs bench clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16

# Each environment is made anew when its lock changes.
$(VENV)/.made: requirements.lock
	@echo "Installing the dependencies of requirements.lock into $(VENV) (about two minutes) ..."
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python $(PIP_INSTALL) requirements.lock
	@touch $@

$(GOOGLESQL)/.made: requirements-googlesql.lock
	@echo "Installing Google's SQL analyzer into $(GOOGLESQL) ..."
	$(PYTHON) -m venv --clear $(GOOGLESQL)
	$(GOOGLESQL)/bin/python $(PIP_INSTALL) requirements-googlesql.lock
	@touch $@

$(SEGMENT)/.made: requirements-segment.lock
	@echo "Installing Segment's SDK for Python into $(SEGMENT) ..."
	$(PYTHON) -m venv --clear $(SEGMENT)
	$(SEGMENT)/bin/python $(PIP_INSTALL) requirements-segment.lock
	@touch $@

$(NODE_MODULES)/.made: checks/sdk/package-lock.json
	@echo "Installing Segment's SDKs for JavaScript into $(NODE_MODULES) ..."
	npm ci --prefix checks/sdk --ignore-scripts --no-audit --no-fund --silent
	@touch $@

profiles.yml:
	cp profiles.example.yml profiles.yml

setup: $(VENV)/.made profiles.yml  ## .venv from the lock, and a local profile

demo: setup  ## build everything on the demo data and show who won
	$(BIN)/python -m demo.run

test: lint test-dbt test-bigquery test-instrumentation test-python  ## the whole test suite

test-dbt: setup  ## seeds, models, data tests and unit tests of dbt on the demo data
	mkdir -p target/test-dbt && rm -f target/test-dbt/warehouse.duckdb
	DUCKDB_PATH=target/test-dbt/warehouse.duckdb $(BIN)/dbt --quiet build

test-python: setup  ## against scipy, random worlds, rules end to end, settings
	$(BIN)/pytest --numprocesses 2 --dist loadfile --ignore tests/python/test_instrumentation.py

# Without Node or Chromium the tests that need them are skipped; with CI=true they fail.
test-instrumentation: setup $(SEGMENT)/.made $(if $(shell command -v npm),$(NODE_MODULES)/.made)  ## Segment's SDKs, a browser and two servers, to the marts
	$(BIN)/pytest -rs tests/python/test_instrumentation.py

test-bigquery: test-dbt $(GOOGLESQL)/.made  ## Google's analyzer and reference engine
	$(GOOGLESQL)/bin/python checks/googlesql/selftest.py
	$(BIN)/python checks/googlesql/run.py --execute --duckdb target/test-dbt/warehouse.duckdb

lint: setup  ## ruff, yamllint, sqlfluff, and dbt parse for each warehouse without deprecations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict .
	$(BIN)/sqlfluff lint --disable-progress-bar models analyses
	$(BIN)/dbt --quiet --warn-error parse --no-partial-parse --show-all-deprecations --target duckdb
	$(BIN)/dbt --quiet --warn-error parse --no-partial-parse --show-all-deprecations --target bigquery

docs: setup  ## the documentation as one static page, target/static_index.html
	$(BIN)/dbt docs generate --static
	@echo "Open target/static_index.html"

bench: setup  ## time and memory at 1, 10 and 50 million exposures; SIZES="1 10" for some of them
	$(BIN)/python -m benchmarks $(if $(SIZES),--sizes $(SIZES))
	$(BIN)/python -m benchmarks.calibration

clean:  ## remove what was built, but not the environments
	rm -rf target logs warehouse.duckdb warehouse.duckdb.wal
