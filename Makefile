# Two commands set everything up on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test check types warm bench sample clean

run: $(VENV)/.run
	$(BIN)/python -m geo warm
	$(BIN)/python -m streamlit run dashboard/app.py --server.port $(PORT)

test: check
	$(BIN)/python -m pytest -n auto --dist loadgroup

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) --jobs 2 types warm

types: $(VENV)/.dev
	$(BIN)/mypy

warm: $(VENV)/.dev
	$(BIN)/python -m geo warm

bench: warm
	$(BIN)/python -m tests.bench

sample: $(VENV)/.run
	$(BIN)/python -m data.sample

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt constraints.txt | $(BIN)/python
	$(PIP) --requirement requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt constraints.txt | $(BIN)/python
	$(PIP) --requirement requirements-dev.txt
	touch $@ $(VENV)/.run
