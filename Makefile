# `make demo` trains and shows the agreement example, `make test` runs every check and test,
# `make quick` the checks and the fast tests.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PYTEST := $(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 8 --dist worksteal

.PHONY: demo test quick check format clean

demo: $(VENV)/installed
	@if [ -e runs/demo/last.npz ]; then $(BIN)/charlstm train --resume runs/demo; \
	else $(BIN)/charlstm train --config agreement --out runs/demo; fi
	@for prime in "The cat which" "The cats which"; do \
		echo; echo "--- sample from '$$prime'"; \
		$(BIN)/charlstm sample --run runs/demo --prime "$$prime" --stop "\n" --temperature 0.5 --seed 1; \
		echo; \
	done
	@for subject in cat cats; do \
		echo; $(BIN)/charlstm cloze --run runs/demo --prime "The $$subject which already ate the fish near the old barn" " was" " were"; \
	done

test: $(VENV)/installed-dev check
	$(PYTEST)

quick: $(VENV)/installed-dev check
	$(PYTEST) -m "not slow and not faults"

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# pip older than 25.1 cannot read dependency groups, so it is brought up to date first.
$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

clean:
	rm -rf $(VENV) dist build
