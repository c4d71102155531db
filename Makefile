# `make` alone prints this list.
.DEFAULT_GOAL := help
.PHONY: help install demo test chaos check bench bench-storm eval lock clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS := 2

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.demo ## install the bot and its playground into .venv

demo: $(VENV)/.demo ## start bot and playground on this machine [ONCE=1] [SCENARIO=name] [PORT=number]
	@exec $(BIN)/python -m playground $(if $(ONCE),--once) $(if $(SCENARIO),--scenario "$(SCENARIO)") $(if $(PORT),--port "$(PORT)")

test: $(VENV)/.dev ## install what tests need, run them all [ARGS="-k name"] [WORKERS=0: one after another]
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

chaos: $(VENV)/.dev ## kill the bot, or cut its database, 100 times each [ARGS="--kills 20 --only runs --postgres"]
	$(BIN)/python -m tests.chaos $(ARGS)

check: $(VENV)/.dev ## format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure: webhook to headline, webhook to briefing [ARGS=…]
	$(BIN)/python -m tests.bench $(ARGS)

bench-storm: $(VENV)/.dev ## 1,000 and 10,000 alerts in a minute, over 1, 30 and 300 services [ARGS="--alerts 1000 --services 300 --postgres"]
	$(BIN)/python -m tests.bench.storm $(ARGS)

eval: $(VENV)/.dev ## how often the cause is right, beside simple rules: RECORDINGS=path [ARGS=…]
	@test -n "$(RECORDINGS)" || { echo 'Say which recordings: make eval RECORDINGS=path'; exit 2; }
	$(BIN)/python -m tests.eval "$(RECORDINGS)" --speed $(ARGS)
	@test ! -f "$(RECORDINGS)/score.py" || $(BIN)/python "$(RECORDINGS)/score.py" var/answers.jsonl

lock: $(VENV)/.dev ## resolve the dependencies anew into requirements*.lock
	$(PIP) install --quiet 'uv>=0.9,<1'
	$(call compile,--extra playground --extra test --extra check,requirements-dev.lock)
	$(call compile,--extra playground -c requirements-dev.lock,requirements-playground.lock)
	$(call compile,-c requirements-dev.lock,requirements.lock)

# Hashes for every platform and Python; nothing of the machine that ran it gets into the file.
compile = $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(1) pyproject.toml -o $(2)

clean: ## remove .venv, caches and what runs have left behind
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps make a second call quick: pip runs again only when a lock or the project's own file has changed.
$(VENV)/.demo: requirements-playground.lock pyproject.toml | $(BIN)/python
	$(call into_venv,requirements-playground.lock)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(call into_venv,requirements-dev.lock)
	@touch $(VENV)/.demo $@

define into_venv
	@echo 'Installing $(1) into $(VENV) (the first time takes a minute or two) …'
	@$(PIP) install --quiet --require-hashes -r $(1)
	@$(PIP) install --quiet --no-deps -e .
endef

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || continue; \
		"$$python" -m venv $(VENV) && exit 0; \
		rm -rf $(VENV); \
		echo "$$python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv"; exit 1; \
	done; \
	echo 'First Responder needs Python 3.11, 3.12 or 3.13, and none was found. Name one: make PYTHON=/path/to/python3.12'; exit 1
