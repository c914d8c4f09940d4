# DevOpsWeb: `make` lists what can be made.
.DEFAULT_GOAL := help
.PHONY: help run test test-fast test-postgres test-e2e check format bench clean password venv venv-dev

PYTHON ?= python3
VENV := $(or $(DEVOPSWEB_VENV),.venv)
BIN := $(VENV)/bin

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | \
	  while IFS='|' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

run: venv ## Install what is missing and start everything (PORT=8000 HOST=127.0.0.1; see docs/settings.md)
	@exec $(BIN)/python -m devopsweb.supervisor

test: venv-dev ## Run all tests: SQLite, PostgreSQL, real git, real browser
	@$(BIN)/python -m tests.run sqlite postgres e2e

test-fast: venv-dev ## Run the tests that need neither PostgreSQL nor a browser
	@$(BIN)/python -m tests.run sqlite

test-postgres: venv-dev ## Run the same tests on a private PostgreSQL
	@$(BIN)/python -m tests.run postgres

test-e2e: venv-dev ## Run the journeys through a whole running installation in a real browser
	@$(BIN)/python -m tests.run e2e

check: venv-dev ## Check style, types, layers, templates and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
	$(BIN)/python manage.py aws_docs --check
	$(BIN)/mypy devopsweb pipelines deployments repos monitoring

format: venv-dev ## Format the code
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: venv-dev ## Measure the promises: push to first log line, engine overhead, log fan-out, git
	@$(BIN)/python -m bench

password: venv ## Set a user's password: make password NAME=admin
	@$(BIN)/python manage.py changepassword $(or $(NAME),admin)

clean: ## Remove .venv and caches (never var/, which holds your data)
	rm -rf .venv build test-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@command -v $(PYTHON) >/dev/null || { echo "devopsweb: DevOpsWeb needs Python 3.11 or newer; no $(PYTHON) was found." >&2; exit 1; }
	@$(PYTHON) devopsweb/supervisor/install.py requirements.lock

venv-dev:
	@command -v $(PYTHON) >/dev/null || { echo "devopsweb: DevOpsWeb needs Python 3.11 or newer; no $(PYTHON) was found." >&2; exit 1; }
	@$(PYTHON) devopsweb/supervisor/install.py requirements-dev.lock
