# Each target does the set-up it needs in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-slow check bench clean

setup: .venv/.ready

.venv/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

CONFIG ?= configs/minilm.yaml
OVERRIDES ?=
NAME = $(basename $(notdir $(CONFIG)))

demo: setup
	$(BIN)/warwire prepare data/starter/export.json --labeling-config data/starter/labeling-config.xml --out data/built/starter
	$(BIN)/warwire train $(CONFIG) $(OVERRIDES)
	$(BIN)/warwire score models/$(NAME)
	$(BIN)/warwire predict models/$(NAME) data/starter/sample.txt --out predictions/sample.html
	@echo "Open predictions/sample.html in a browser: the sample article, marked up."

test: setup
	$(BIN)/pytest -m "not slow"

test-slow: setup
	$(BIN)/pytest -m slow

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python benchmarks/import_scale.py

clean:
	rm -rf .venv build dist data/built predictions .mypy_cache .ruff_cache .pytest_cache .hypothesis
