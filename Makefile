# Two commands: `make demo` and `make test`. Each installs what it needs into .venv, pinned by requirements/dev.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install demo test nightly lint format lock bench scenarios clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: requirements/dev.txt pyproject.toml tools/proxy/package-lock.json tools/issuer/package-lock.json jupyter-config/jupyter_server_config.d/hubdrives.json
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hubdrives needs Python 3.11 or newer; set PYTHON=/path/to/it")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	npm ci --silent --prefix tools/proxy
	npm ci --silent --prefix tools/issuer
	touch $@

install: $(VENV)/.installed ## install everything into .venv

demo: install ## a real JupyterHub, the gateway, emulated Google Drive and Canvas, one click (CHECK=1: unattended)
	$(if $(CHECK),$(BIN)/python tools/chromium.py,@true)
	$(BIN)/hubdrives demo $(if $(CHECK),--check)

test: install ## all tests, in a real hub and a real browser too
	$(BIN)/python tools/chromium.py
	$(BIN)/python tools/kubectl.py
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(PYTEST)

nightly: install ## the state machines of pulls and merges, with many more examples
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest tests/sync tests/pull -k machine --timeout 0 $(PYTEST)

lint: install ## ruff, mypy --strict, the import layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## pin the dependencies anew
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --all-extras --group dev --custom-compile-command 'make lock' --output-file requirements/dev.txt pyproject.toml
	npm install --package-lock-only --omit-lockfile-registry-resolved --prefix tools/proxy
	npm install --package-lock-only --omit-lockfile-registry-resolved --prefix tools/issuer
	npm install --package-lock-only --omit-lockfile-registry-resolved --prefix tools/kubectl

bench: install ## times beside rclone, the SDKs of Box and Globus, curl, nbgitpuller, nbdime and git (BENCH="noop merge": only these parts)
	PYTHONPATH=tools $(BIN)/python -m bench $(BENCH)

scenarios: install ## what merges do to a class's notebooks, beside nbgitpuller and nbdime: the table in the docs
	PYTHONPATH=tools $(BIN)/python -m scenarios --write docs/merging-measured.md $(SCENARIOS)

clean: ## remove what was installed and made
	rm -rf $(VENV) tools/proxy/node_modules tools/issuer/node_modules tools/kubectl/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
