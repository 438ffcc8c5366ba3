# One command each for set-up, check and test; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# Stamps remember what was done; they live inside what they speak of, so removing it removes them too.
VENV_READY := $(VENV)/.ready

help: ## list the targets
	@echo 'Targets (ARGS="…" is passed on):'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(VENV_READY) ## build .venv from the locked requirements

$(VENV_READY): pyproject.toml requirements/build.txt requirements/dev.txt tools/make-venv
	@PYTHON='$(PYTHON)' tools/make-venv '$(VENV)'
	@touch $@

lock: $(VENV_READY) ## resolve requirements/*.txt anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@tools/lock-requirements $(BIN)/uv $(ARGS)

reference: $(VENV_READY) ## write conf/qtd.yaml anew from the models in qtd/config
	@$(BIN)/python -c 'from pathlib import Path; from qtd.config.reference import render; Path("conf/qtd.yaml").write_text(render())'

.PHONY: help setup lock reference
