# gongkai: every command a newcomer needs. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(STAMP)

install: $(STAMP) ## make the environment in .venv, pinned by requirements.lock

demo: $(STAMP) ## crawl the sample site on loopback and leave Parquet under data/parquet
	$(BIN)/gongkai demo

test: $(STAMP) ## run the test suite
	$(BIN)/python -m pytest --numprocesses 2

check: $(STAMP) ## lint, format, types, import rules, YAML
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict .

bench: $(STAMP) ## pages per second of the reading, beside other readers in the same run
	$(BIN)/python -m benchmarks.reading

lock: ## resolve pyproject.toml anew into requirements.lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	build/lock/bin/python -m pip install --quiet --editable '.[dev]'
	build/lock/bin/python -m pip freeze --exclude-editable > requirements.lock

clean: ## remove what runs made: environment, archive, datasets
	rm -rf $(VENV) build data/archive data/parquet data/releases data/state data/demo
