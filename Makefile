# Every target is complete by itself: on a fresh machine it first makes the environment in .venv. What takes long to build
# (Pulumi, Kubernetes) goes to the user's cache, once, by version.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

help: ## Say what there is.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "aifactory needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	@echo "Making the Python environment in .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

venv: $(READY) ## Make the Python environment (.venv).

up: $(READY) ## Bring the local region up (KUBE_CONTEXT=name: on a cluster that is already there).
	@$(BIN)/aifactory local up $(if $(KUBE_CONTEXT),--kube-context '$(KUBE_CONTEXT)') $(ARGS)

down: $(READY) ## Stop the local region; its state is kept.
	@$(BIN)/aifactory local down $(ARGS)

schemas: $(READY) ## Make the reduced schemas of custom resources anew (AIFACTORY_REFERENCE: those of no registry as well).
	@$(BIN)/python -m aifactory.local.crds.schemas $(ARGS)

check: $(READY) ## Lint, types, layers.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/basedpyright

test: check ## Everything that must hold before a change lands.
	@$(BIN)/pytest -n 2 tests/unit $(ARGS)
	@$(BIN)/pytest -n 2 --dist loadfile -m 'not slow' tests/engine $(ARGS)

slow: $(READY) ## Long proofs: random kills, many rounds.
	@$(BIN)/pytest -m slow --timeout 7200 $(ARGS)

bench: $(READY) ## Ratios, each measured in one run.
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: help venv up down schemas check test slow bench
