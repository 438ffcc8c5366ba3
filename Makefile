# One command each for set-up, check and test; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
ARGS ?=
SCENARIO ?=
VENV := .venv
BIN := $(VENV)/bin
# Remembers that the environment is complete; lies inside it, so removing the one removes the other.
VENV_READY := $(VENV)/.ready
ANSIBLE_VENV := .venv-ansible
ANSIBLE_READY := $(ANSIBLE_VENV)/.ready
# Debian keeps servers where a user's PATH does not look.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

help: ## list the targets
	@echo 'Targets (ARGS="…" is passed on):'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV_READY) ## run everything in one process group, with synthetic visitors (ARGS="--seconds 20")
	@$(BIN)/qtd demo $(ARGS)

test: $(VENV_READY) servers ## run all tests that need nothing but this machine
	$(BIN)/pytest -m 'not acceptance and not systemd' $(ARGS)

unit: $(VENV_READY) ## run the tests of single parts
	$(BIN)/pytest tests/unit $(ARGS)

contract: $(VENV_READY) servers ## run the suite that every queue backend has to pass
	$(BIN)/pytest tests/contract $(ARGS)

integration: $(VENV_READY) servers ## run the tests that start real servers
	$(BIN)/pytest tests/integration $(ARGS)

test-systemd: $(VENV_READY) guests ## run the tests that boot guests with a real systemd (as root)
	$(BIN)/pytest tests/systemd --timeout 600 $(ARGS)

acceptance: $(VENV_READY) servers ## run the tests with real clients (QTD_MATOMO_JS=…/matomo.js, else without the browser's)
	@tools/install-clients '$(VENV)'
	$(BIN)/pytest tests/acceptance $(ARGS)

faults: $(VENV_READY) servers ## kill, cut off, freeze and fill up servers, and compare rows (SEED=1 ROUNDS=50 KIND=kill-redis)
	@$(BIN)/python -m tests.faults $(if $(SEED),--seed '$(SEED)') $(if $(ROUNDS),--rounds '$(ROUNDS)') \
	    $(if $(ROUND),--round '$(ROUND)') $(if $(KIND),--kind '$(KIND)') $(ARGS)

molecule: $(VENV_READY) $(ANSIBLE_READY) guests ## provision guests with the Ansible collection (as root; SCENARIO=default, else all)
	@tools/molecule test $(if $(SCENARIO),--scenario-name '$(SCENARIO)',--all) $(ARGS)

wheelhouse: $(VENV_READY) ## fill var/wheelhouse/own with qtd and all it needs (ARGS=3.11.2: for that Python; else this machine's)
	@tools/make-wheelhouse var/wheelhouse/own $(or $(ARGS),$$($(PYTHON) -c 'import platform; print(platform.python_version())'))

parity: $(VENV_READY) servers ## compare with recordings of Matomo
	$(BIN)/pytest tests/parity $(ARGS)

lint: $(VENV_READY) var/ansible-linted ## check style, types, the layers, and the Ansible collection
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Half a minute, and seldom touched: only where something of it has changed.
var/ansible-linted: $(ANSIBLE_READY) .ansible-lint $(shell find ansible molecule -type f -not -name '*.py*')
	@tools/lint-ansible
	@touch $@

format: $(VENV_READY) ## put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

setup: $(VENV_READY) ## build .venv from the locked requirements

$(VENV_READY): pyproject.toml requirements/build.txt requirements/dev.txt tools/make-venv
	@PYTHON='$(PYTHON)' tools/make-venv '$(VENV)'
	@touch $@

$(ANSIBLE_READY): requirements/ansible.txt tools/make-venv
	@PYTHON='$(PYTHON)' tools/make-venv '$(ANSIBLE_VENV)' requirements/ansible.txt
	@touch $@

servers: ## install the Debian packages whose servers the tests start, where they are missing
	@tools/install-servers

guests: ## install the Debian packages that boot guests, where they are missing
	@tools/install-guests

lock: $(VENV_READY) ## resolve requirements/*.txt anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@tools/lock-requirements $(BIN)/uv $(ARGS)

reference: $(VENV_READY) ## write conf/qtd.yaml anew from the models in qtd/config
	@$(BIN)/python -c 'from pathlib import Path; from qtd.config.reference import render; \
	    Path("conf/qtd.yaml").write_text(render())'

clean: ## remove what the other targets made
	rm -rf $(VENV) $(ANSIBLE_VENV) build dist var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find qtd tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help demo test acceptance faults unit contract integration test-systemd guests molecule wheelhouse parity lint format setup servers lock reference clean
