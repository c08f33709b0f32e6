# `make demo` and `make test` are all a newcomer needs; both make .venv and profiles.yml first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GOOGLESQL := .venv-googlesql
SEGMENT := .venv-segment
NODE_MODULES := checks/sdk/node_modules
BQEMULATOR := .venv-bqemulator
SNOWFLAKE := .venv-snowflake
POSTGRES := .venv-postgres
SCHEDULE := .venv-schedule
METRICFLOW := .venv-metricflow
# The locks are complete; pip itself stumbles over a package that is wanted with and without an extra.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement
export DBT_PROFILES_DIR := $(CURDIR)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help setup demo report test test-dbt test-python test-bigquery test-emulator test-snowflake test-postgres test-redshift test-instrumentation test-schedule test-semantic-layer lint cost docs bench clean

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

$(BQEMULATOR)/.made: requirements-bqemulator.lock
	@echo "Installing an emulator of BigQuery's interface into $(BQEMULATOR) ..."
	$(PYTHON) -m venv --clear $(BQEMULATOR)
	$(BQEMULATOR)/bin/python $(PIP_INSTALL) requirements-bqemulator.lock
	@touch $@

$(SNOWFLAKE)/.made: requirements-snowflake.lock
	@echo "Installing dbt-snowflake and an imitation of Snowflake into $(SNOWFLAKE) ..."
	$(PYTHON) -m venv --clear $(SNOWFLAKE)
	$(SNOWFLAKE)/bin/python $(PIP_INSTALL) requirements-snowflake.lock
	@touch $@

$(POSTGRES)/.made: requirements-postgres.lock
	@echo "Installing dbt-postgres and dbt-redshift into $(POSTGRES) ..."
	$(PYTHON) -m venv --clear $(POSTGRES)
	$(POSTGRES)/bin/python $(PIP_INSTALL) requirements-postgres.lock
	@touch $@

$(SCHEDULE)/.made: requirements-schedule.lock
	@echo "Installing Airflow and linters into $(SCHEDULE) ..."
	$(PYTHON) -m venv --clear $(SCHEDULE)
	$(SCHEDULE)/bin/python $(PIP_INSTALL) requirements-schedule.lock
	@touch $@

$(METRICFLOW)/.made: requirements-metricflow.lock
	@echo "Installing MetricFlow into $(METRICFLOW) ..."
	$(PYTHON) -m venv --clear $(METRICFLOW)
	$(METRICFLOW)/bin/python $(PIP_INSTALL) requirements-metricflow.lock
	@touch $@

profiles.yml:
	cp profiles.example.yml profiles.yml

setup: $(VENV)/.made profiles.yml  ## .venv from the lock, and a local profile

demo: setup  ## build everything on the demo data, show who won, write the report
	$(BIN)/python -m demo.run

report: setup  ## the report of the marts of DBT_TARGET, target/report.html
	$(BIN)/python -m report --out target/report.html

# The longest first, so that no core waits at the end.
test: setup  ## the whole test suite
	$(MAKE) --jobs 2 test-bigquery lint test-emulator test-snowflake test-postgres test-redshift test-schedule test-semantic-layer
	$(MAKE) test-instrumentation test-python

test-dbt: setup  ## seeds, models, data tests and unit tests of dbt on the demo data
	mkdir -p target/test-dbt && rm -f target/test-dbt/warehouse.duckdb
	DUCKDB_PATH=target/test-dbt/warehouse.duckdb $(BIN)/dbt --quiet build --vars "$$(cat checks/settings.yml)"

test-python: setup  ## against scipy, random worlds, rules end to end, settings
	$(BIN)/pytest --numprocesses 2 --dist loadfile --ignore tests/python/tools/test_instrumentation.py

# Without Node or Chromium the tests that need them are skipped; with CI=true they fail.
test-instrumentation: setup $(SEGMENT)/.made $(if $(shell command -v npm),$(NODE_MODULES)/.made)  ## Segment's SDKs, a browser and two servers, to the marts
	$(BIN)/pytest -rs tests/python/tools/test_instrumentation.py

test-bigquery: test-dbt $(GOOGLESQL)/.made  ## Google's analyzer and reference engine
	$(GOOGLESQL)/bin/python checks/googlesql/selftest.py
	$(BIN)/python checks/googlesql/run.py --execute --duckdb target/test-dbt/warehouse.duckdb
	$(BIN)/python checks/googlesql/size.py

test-emulator: test-dbt $(BQEMULATOR)/.made  ## dbt-bigquery on an emulator of BigQuery's interface
	$(BIN)/python checks/warehouses/run.py bqemulator --duckdb target/test-dbt/warehouse.duckdb

test-snowflake: test-dbt $(SNOWFLAKE)/.made  ## dbt-snowflake on an imitation of Snowflake
	$(BIN)/python checks/warehouses/run.py snowflake --duckdb target/test-dbt/warehouse.duckdb

test-postgres: test-dbt $(POSTGRES)/.made  ## dbt-postgres on PostgreSQL, where it is installed
	$(BIN)/python checks/warehouses/run.py postgres --duckdb target/test-dbt/warehouse.duckdb

test-redshift: setup $(POSTGRES)/.made  ## the SQL of dbt-redshift, parsed as Redshift's
	$(POSTGRES)/bin/python checks/warehouses/redshift.py
	$(BIN)/sqlfluff lint --disable-progress-bar --disregard-sqlfluffignores --processes 2 \
		--templater raw --dialect redshift --rules LT12 \
		target/warehouses/redshift/compiled/

test-schedule: $(SCHEDULE)/.made  ## the examples of a schedule: shell, Dockerfile, workflow, Airflow
	$(SCHEDULE)/bin/shellcheck .ci/run examples/schedule/run.sh examples/schedule/cloud-run/deploy.sh
	$(SCHEDULE)/bin/hadolint examples/schedule/cloud-run/Dockerfile
	$(SCHEDULE)/bin/check-jsonschema --builtin-schema vendor.github-workflows \
		examples/schedule/github-actions/experiments.yml .github/workflows/test.yml
	$(SCHEDULE)/bin/python checks/schedule.py

test-semantic-layer: test-dbt $(METRICFLOW)/.made  ## the metrics of the semantic layer, against the marts
	$(METRICFLOW)/bin/python checks/semantic_layer.py target/test-dbt/warehouse.duckdb

# In an empty warehouse: what is linted must not depend on what somebody has built. In a folder of its own,
# because dbt builds at the same time in `make test`.
lint: export DBT_TARGET_PATH := target/lint
lint: setup  ## ruff, yamllint, sqlfluff, and dbt parse for each warehouse without deprecations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict .
	mkdir -p target/lint && rm -f target/lint/warehouse.duckdb
	DUCKDB_PATH=target/lint/warehouse.duckdb $(BIN)/sqlfluff lint --disable-progress-bar models analyses
	$(BIN)/dbt --quiet --warn-error parse --no-partial-parse --show-all-deprecations --target duckdb
	$(BIN)/dbt --quiet --warn-error parse --no-partial-parse --show-all-deprecations --target bigquery

cost: setup $(GOOGLESQL)/.made  ## whether docs/bigquery-cost.md is what the SQL says, some minutes
	$(BIN)/python checks/googlesql/cost.py --check

docs: setup  ## the documentation as one static page, target/static_index.html
	$(BIN)/dbt docs generate --static
	@echo "Open target/static_index.html"

bench: setup  ## time and memory at 1, 10 and 50 million exposures; SIZES="1 10" for some of them
	$(BIN)/python -m benchmarks $(if $(SIZES),--sizes $(SIZES))
	$(BIN)/python -m benchmarks.calibration

clean:  ## remove what was built, but not the environments
	rm -rf target logs warehouse.duckdb warehouse.duckdb.wal
