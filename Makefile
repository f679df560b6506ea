# gongkai: every command a newcomer needs. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install demo explore test check bench bench-crawl bench-warehouse bench-warc bench-e2e cluster-demo week accuracy attachments lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gongkai needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --requirement requirements.lock
	$(PIP) install --quiet --no-deps --editable .
	@touch $(STAMP)

install: $(STAMP) ## make the environment in .venv, pinned by requirements.lock

demo: $(STAMP) ## crawl the sample site on loopback and leave Parquet under data/parquet
	$(BIN)/gongkai demo

explore: $(STAMP) ## make the explorer's site under data/explorer from the demo's tables
	if [ ! -e data/demo/config.yaml ]; then $(BIN)/gongkai demo; fi
	$(BIN)/gongkai explore --config data/demo/config.yaml
	@echo "Look at it: $(BIN)/gongkai explore --config data/demo/config.yaml --serve"

test: $(STAMP) ## run the test suite
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

check: $(STAMP) ## lint, format, types, import rules, YAML
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/yamllint --strict .

bench: $(STAMP) ## pages per second of the reading beside other readers; the warehouse's growth, 1k, 10k, 100k reports
	$(BIN)/python -m benchmarks.reading
	$(BIN)/python -m benchmarks.warehouse growth --sizes 1000 10000 100000

bench-warehouse: $(STAMP) ## the warehouse in full: 28 million cells, other layouts, kill -9, races; half an hour
	$(BIN)/python -m benchmarks.warehouse
	$(BIN)/python -m benchmarks.warehouse_commands

bench-warc: $(STAMP) ## a web archive of 20,000 records in and out by command: seconds and memory
	$(BIN)/python -m benchmarks.web_archives

bench-crawl: $(STAMP) ## crawl under kill -9, on a quiet night, at private addresses, over 3,000 hosts (15 minutes)
	$(BIN)/python -m benchmarks.crawling quiet
	$(BIN)/python -m benchmarks.crawling private
	$(BIN)/python -m benchmarks.crawling kills
	$(BIN)/python -m benchmarks.crawling hosts

week: $(STAMP) ## a week of nights in minutes, with kills: what each shows
	$(BIN)/python -m benchmarks.week

bench-e2e: $(STAMP) ## from archive to Parquet through the flows: 1,000 to 100,000 pages, an hour or so
	$(BIN)/python -m benchmarks.end_to_end

cluster-demo: $(STAMP) ## every part of a cluster on loopback; its tables against those of one machine
	$(BIN)/python -m deploy.cluster_demo

accuracy: $(STAMP) ## cells right on the benchmark corpus, by layout
	$(BIN)/python -m benchmarks.accuracy

attachments: $(STAMP) ## the same reports as PDF, Word, Excel and scans, judged by format
	$(BIN)/python -m benchmarks.attachments

lock: ## resolve pyproject.toml anew into requirements.lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	build/lock/bin/python -m pip install --quiet --editable '.[dev]'
	build/lock/bin/python -m pip freeze --exclude-editable > requirements.lock

clean: ## remove the environment, caches and what the demo made; crawled pages and datasets stay
	if [ -e data/parquet/_sample_site.txt ]; then rm -rf data/parquet; fi
	rm -rf $(VENV) build data/demo data/explorer *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
