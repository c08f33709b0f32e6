# `make demo` and `make check` are all a newcomer needs; both make .venv and profiles.yml first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .venv-uv/bin/uv
GOOGLESQL := .venv-googlesql
SEGMENT := .venv-segment
NODE_MODULES := checks/sdk/node_modules
BQEMULATOR := .venv-bqemulator
SNOWFLAKE := .venv-snowflake
POSTGRES := .venv-postgres
SCHEDULE := .venv-schedule
METRICFLOW := .venv-metricflow
FUSION_DRIVER := checks/fusion/node_modules
# The wheel of dbt 2 is for Linux on x86-64; elsewhere the check says that it is skipped.
FUSION := $(if $(filter Linux-x86_64,$(shell uname -sm | tr ' ' -)),.venv-fusion/.made)
# What `make check` compares with, to lint the changed files only.
BASE ?= $(shell git rev-parse --verify --quiet origin/main || git rev-parse --verify --quiet main)
# The Python tests to run: folders, files or single tests.
TESTS ?= tests/python
# Those that `make check` runs: no run of the whole project.
QUICK_TESTS := tests/python/rules/test_settings.py tests/python/faults/test_decisions.py \
	tests/python/statistics/test_distributions.py tests/python/statistics/test_known_numbers.py \
	tests/python/report/test_report_sentences.py tests/python/tools/test_ci.py
PYTEST := $(BIN)/pytest --numprocesses 2 --dist worksteal
SMALL_DEMO := target/small-demo
# What the smaller demo is made of: it is built again when one of these changes.
SMALL_DEMO_SOURCES := checks/small_demo.py dbt_project.yml $(shell find analyses demo macros models seeds tests -mindepth 1 -not -path 'tests/python*' -not -name '__pycache__' -not -name '*.pyc')
export DBT_PROFILES_DIR := $(CURDIR)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
# Each process would compile all of dbt again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo report check check-build check-lint check-python test test-more test-dbt test-python test-worlds test-bigquery test-emulator test-snowflake test-postgres test-duckdb test-versions test-fusion test-redshift test-instrumentation test-schedule test-semantic-layer lint lint-sql lint-text cost docs bench clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16

# uv installs in seconds what takes pip minutes. It asks the package index that pip asks.
.venv-uv/.made: requirements-uv.lock
	$(PYTHON) -m venv --clear .venv-uv
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

define install
	@echo "Installing $< into $(@D) ..."
	@$(UV) venv --quiet --clear --python $(PYTHON) $(@D)
	@index=$$(.venv-uv/bin/python -m pip config get global.index-url 2> /dev/null || true); \
		$(UV) pip install --quiet --python $(@D)/bin/python $${index:+--default-index "$$index"} \
		--require-hashes --no-deps --requirement $<
	@touch $@
endef

# Each environment is made anew when its lock changes.
.venv/.made: requirements.lock .venv-uv/.made
	$(install)

.venv-%/.made: requirements-%.lock .venv-uv/.made
	$(install)

$(NODE_MODULES)/.made: checks/sdk/package-lock.json
	@echo "Installing Segment's SDKs for JavaScript into $(NODE_MODULES) ..."
	npm ci --prefix checks/sdk --ignore-scripts --no-audit --no-fund --silent
	@touch $@

profiles.yml:
	cp profiles.example.yml profiles.yml

setup: $(VENV)/.made profiles.yml  ## .venv from the lock, and a local profile

demo: setup  ## build everything on the demo data, show who won, write the report
	$(BIN)/python -m demo.run

report: setup  ## the report of the marts of DBT_TARGET, target/report.html
	$(BIN)/python -m report --out target/report.html

check: setup $(GOOGLESQL)/.made  ## the quick checks: a few minutes
	$(MAKE) --jobs 2 --output-sync=target check-build check-lint check-python

check-build: test-dbt $(GOOGLESQL)/.made  ## the demo with all tests of dbt, and each query typed by Google's analyzer
	$(BIN)/python checks/googlesql/run.py --only-types

check-lint: lint-text  ## what `make lint` does, of SQL only the files that differ from BASE
	@files=$$(test -z "$(BASE)" || git diff --name-only --diff-filter=d $$(git merge-base HEAD $(BASE)) -- 'models/*.sql' 'analyses/*.sql'); \
	if [ -z "$(BASE)" ]; then echo "There is no branch to compare with: make lint looks at all SQL files."; \
	elif [ -n "$$files" ]; then $(SQLFLUFF) $$files $(QUIET_SQLFLUFF); \
	else echo "No SQL file of models/ or analyses/ differs from $(BASE)."; fi

check-python: setup  ## the Python tests that are fast and tell most
	$(BIN)/pytest $(QUICK_TESTS)

# The longest first, so that no core waits at the end; what it waits for is made before.
test: setup $(SMALL_DEMO)/.made $(GOOGLESQL)/.made  ## the whole test suite
	$(MAKE) --jobs 2 test-bigquery lint test-snowflake test-duckdb test-postgres test-fusion test-instrumentation test-semantic-layer test-redshift test-schedule
	$(MAKE) test-python

test-more: setup $(SMALL_DEMO)/.made  ## what no change has to wait for: further versions, an emulator, many more random worlds
	$(MAKE) --jobs 2 test-emulator test-versions
	$(MAKE) test-worlds

test-dbt: setup  ## seeds, models, data tests and unit tests of dbt on the demo data
	mkdir -p target/test-dbt && rm -f target/test-dbt/warehouse.duckdb
	DUCKDB_PATH=target/test-dbt/warehouse.duckdb $(BIN)/dbt --quiet build --vars "$$(cat checks/settings.yml)"

$(SMALL_DEMO)/.made: $(VENV)/.made profiles.yml $(SMALL_DEMO_SOURCES)
	$(BIN)/python checks/small_demo.py $(SMALL_DEMO)
	@touch $@

test-python: setup  ## against scipy, random worlds, rules end to end, settings; TESTS=tests/python/rules for a part
	$(PYTEST) --ignore tests/python/tools/test_instrumentation.py $(TESTS)

test-worlds: setup  ## many more random worlds than `make test`: about an hour
	INCREMENTAL_WORLDS=800 IDENTITY_WORLDS=5000 $(PYTEST) tests/python/worlds

# Without Node or Chromium the tests that need them are skipped; with CI=true they fail.
test-instrumentation: setup $(SEGMENT)/.made $(if $(shell command -v npm),$(NODE_MODULES)/.made)  ## Segment's SDKs, a browser and two servers, to the marts
	$(BIN)/pytest -rs tests/python/tools/test_instrumentation.py

test-bigquery: $(SMALL_DEMO)/.made $(GOOGLESQL)/.made  ## Google's analyzer and reference engine
	$(GOOGLESQL)/bin/python checks/googlesql/selftest.py
	$(BIN)/python checks/googlesql/run.py --execute --project-dir $(SMALL_DEMO)/project --duckdb $(SMALL_DEMO)/warehouse.duckdb
	$(BIN)/python checks/googlesql/size.py

test-emulator: $(SMALL_DEMO)/.made $(BQEMULATOR)/.made  ## dbt-bigquery on an emulator of BigQuery's interface
	$(BIN)/python checks/warehouses/run.py bqemulator --package-dir $(SMALL_DEMO)/project --duckdb $(SMALL_DEMO)/warehouse.duckdb

test-snowflake: $(SMALL_DEMO)/.made $(SNOWFLAKE)/.made  ## dbt-snowflake on an imitation of Snowflake
	$(BIN)/python checks/warehouses/run.py snowflake --package-dir $(SMALL_DEMO)/project --duckdb $(SMALL_DEMO)/warehouse.duckdb

test-postgres: $(SMALL_DEMO)/.made $(POSTGRES)/.made  ## dbt-postgres on PostgreSQL, where it is installed
	$(BIN)/python checks/warehouses/run.py postgres --package-dir $(SMALL_DEMO)/project --duckdb $(SMALL_DEMO)/warehouse.duckdb

test-duckdb: $(SMALL_DEMO)/.made .venv-duckdb-1-4/.made  ## the lowest DuckDB that is allowed
	$(BIN)/python checks/warehouses/run.py duckdb-1-4 --package-dir $(SMALL_DEMO)/project --duckdb $(SMALL_DEMO)/warehouse.duckdb

test-versions: $(SMALL_DEMO)/.made .venv-duckdb-1-5/.made .venv-core-1-12/.made  ## a DuckDB between, and the next dbt Core
	$(BIN)/python checks/warehouses/run.py duckdb-1-5 --package-dir $(SMALL_DEMO)/project --duckdb $(SMALL_DEMO)/warehouse.duckdb
	$(BIN)/python checks/warehouses/run.py core-1-12 --package-dir $(SMALL_DEMO)/project --duckdb $(SMALL_DEMO)/warehouse.duckdb

$(FUSION_DRIVER)/.made: checks/fusion/package-lock.json
	@mkdir -p $(@D)
	@if command -v npm > /dev/null; then npm ci --prefix checks/fusion --ignore-scripts --no-audit --no-fund --silent; fi
	@touch $@

test-fusion: $(SMALL_DEMO)/.made $(FUSION_DRIVER)/.made $(FUSION)  ## dbt 2 on DuckDB against dbt Core, where dbt 2 can be installed
	$(BIN)/python checks/fusion/run.py --project-dir $(SMALL_DEMO)/project --duckdb $(SMALL_DEMO)/warehouse.duckdb

test-redshift: setup $(POSTGRES)/.made  ## the SQL of dbt-redshift, parsed as Redshift's
	$(POSTGRES)/bin/python checks/warehouses/redshift.py
	$(BIN)/sqlfluff lint --disable-progress-bar --disregard-sqlfluffignores --processes 2 \
		--templater raw --dialect redshift --rules LT12 \
		target/warehouses/redshift/compiled/

test-schedule: $(SCHEDULE)/.made  ## the examples of a schedule: shell, Dockerfile, workflow, Airflow
	$(SCHEDULE)/bin/shellcheck .ci/run .ci/packages examples/schedule/run.sh examples/schedule/cloud-run/deploy.sh
	$(SCHEDULE)/bin/hadolint examples/schedule/cloud-run/Dockerfile
	$(SCHEDULE)/bin/check-jsonschema --builtin-schema vendor.github-workflows \
		examples/schedule/github-actions/experiments.yml .github/workflows/*.yml
	$(SCHEDULE)/bin/python checks/schedule.py

test-semantic-layer: test-dbt $(METRICFLOW)/.made  ## the metrics of the semantic layer, against the marts
	$(METRICFLOW)/bin/python checks/semantic_layer.py target/test-dbt/warehouse.duckdb

lint: lint-text lint-sql  ## ruff, yamllint, sqlfluff, and dbt parse for each warehouse without deprecations

lint-text: export DBT_TARGET_PATH := target/lint
lint-text: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict .
	$(BIN)/dbt --quiet --warn-error parse --no-partial-parse --show-all-deprecations --target duckdb
	$(BIN)/dbt --quiet --warn-error parse --no-partial-parse --show-all-deprecations --target bigquery

# In an empty warehouse: what is linted must not depend on what somebody has built. In a folder of its own,
# because dbt builds at the same time in `make test`.
SQLFLUFF = mkdir -p target/lint-sql && rm -f target/lint-sql/warehouse.duckdb && \
	DBT_TARGET_PATH=target/lint-sql DUCKDB_PATH=target/lint-sql/warehouse.duckdb \
	$(BIN)/sqlfluff lint --disable-progress-bar
# At its end DuckDB's library complains in many lines of what it has not let go; that is no finding.
QUIET_SQLFLUFF = 2> target/lint-sql/stderr.log || { cat target/lint-sql/stderr.log; exit 1; }

lint-sql: setup
	$(SQLFLUFF) models analyses $(QUIET_SQLFLUFF)

cost: setup $(GOOGLESQL)/.made  ## whether docs/bigquery-cost.md is what the SQL says, some minutes
	$(BIN)/python checks/googlesql/cost.py --check

docs: setup  ## the documentation as one static page, target/static_index.html
	$(BIN)/dbt docs generate --static
	@echo "Open target/static_index.html"

bench: setup  ## time and memory at 1, 10 and 50 million exposures; SIZES="1 10" for some of them
	$(BIN)/python -m benchmarks $(if $(SIZES),--sizes $(SIZES))
	$(BIN)/python -m benchmarks.calibration
	$(BIN)/python -m benchmarks.decisions

clean:  ## remove what was built, but not the environments
	rm -rf target logs warehouse.duckdb warehouse.duckdb.wal
