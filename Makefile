# Softstart. `make` alone lists what there is to do. Every recipe is a line or two: the logic lives in Python.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
SETUP := @$(PYTHON) tools/setup.py
COMPOSE := docker compose
export PORT

.DEFAULT_GOAL := help
.PHONY: help install run demo test unit integration contract journeys browser noninterference statemachine faults lint format types imports check snapshots pictures bench \
        lock documents up down logs secrets compose-check migrate psql clean

help: ## this list
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z -]+:.*## / {printf "  make %-37s %s\n", $$1, $$2}' Makefile

##@ Start
install: ## set everything up in .venv; does only what is missing or out of date
	$(SETUP) run
run: install ## start the whole suite on http://127.0.0.1:8000 (PORT, SOFTSTART_HOME)
	@$(BIN)/softstart up
demo: install ## the same, with a fictional practice to look at (kept apart in ./var/demo)
	@$(BIN)/softstart up --demo

##@ Check
test: ## every test; sets up what it needs (PYTEST="-k booking" narrows it)
	$(SETUP) test
	@$(BIN)/python -m pytest $(PYTEST)
unit integration contract journeys: ## one floor of the tests
	$(SETUP) test
	@$(BIN)/python -m pytest tests/$@ $(PYTEST)
browser: ## only the tests that drive a browser
	$(SETUP) test
	@$(BIN)/python -m pytest -m browser $(PYTEST)
noninterference: ## ten thousand random people and their twins: nothing sealed changes a byte (about an hour)
	$(SETUP) test
	@PAIRS=$${PAIRS:-10000} $(BIN)/python -m pytest tests/noninterference $(PYTEST)
statemachine: ## three hundred histories of a practice in two processes: nothing is ever booked twice (about an hour)
	$(SETUP) test
	@EXAMPLES=$${EXAMPLES:-300} $(BIN)/python -m pytest tests/statemachine $(PYTEST)
faults: ## the rows of the fault matrix alone: processes killed, a database that goes, servers that lie
	$(SETUP) test
	@$(BIN)/python -m pytest -m faults $(PYTEST)
check: lint types imports test ## everything that CI runs

##@ Measure
bench: ## speed: each figure beside its aim and a baseline (BENCH="slots" narrows it)
	$(SETUP) test
	@$(BIN)/python -m bench $(BENCH)

##@ Style
lint: ## ruff: mistakes, style, formatting
	$(SETUP) dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
format: ## let ruff put the formatting right
	$(SETUP) dev
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
types: ## mypy --strict
	$(SETUP) dev
	@$(BIN)/mypy
imports: ## who may import whom
	$(SETUP) test
	@$(BIN)/lint-imports
lock: ## compile requirements/*.txt anew from pyproject.toml
	$(SETUP) dev
	@$(BIN)/python tools/lock.py

##@ Documents
documents: install ## write docs/events.md and docs/openapi anew from the code
	@$(BIN)/python tools/documents.py

pictures: ## take docs/pictures anew from the demo, in a browser
	$(SETUP) test
	@$(BIN)/python tools/pictures.py
snapshots: install ## write every message anew into tests/snapshots, to be read in the diff
	@$(BIN)/python -m tests.unit.notifier.snapshots

##@ Compose
secrets: install ## print fresh secrets for .env
	@$(BIN)/softstart secrets
up: ## build and start the separate processes (needs .env: make secrets > .env)
	$(COMPOSE) up --build --detach --wait
down: ## stop them, keeping their data
	$(COMPOSE) down
logs: ## follow what they say
	$(COMPOSE) logs --follow --tail=100
compose-check: ## build, start, walk the journey through the gateway, and remove it all
	$(SETUP) test
	@$(BIN)/python tools/compose_check.py

##@ Database
migrate: install ## bring an external database (DATABASE_URL) up to date
	@$(BIN)/softstart provision && $(BIN)/softstart migrate
psql: install ## open a psql on the running suite's own database
	@$(BIN)/softstart psql

clean: ## remove what the set-up and the tools made; ./var stays
	rm -rf .venv node_modules shared/web/static/vendor .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
