# Each target does the set-up it needs in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-slow test-studio check bench clean

setup: .venv/.ready

.venv/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

CONFIG ?= configs/minilm.yaml
OVERRIDES ?=
BENCH ?=
NAME = $(basename $(notdir $(CONFIG)))

demo: setup
	$(BIN)/warwire prepare data/starter/export.json --labeling-config data/starter/labeling-config.xml --out data/built/starter
	$(BIN)/warwire train $(CONFIG) $(OVERRIDES)
	$(BIN)/warwire score models/$(NAME)
	$(BIN)/warwire predict models/$(NAME) data/starter/sample.txt --out predictions/sample.html
	@echo "Open predictions/sample.html in a browser: the sample article, marked up."

test: setup
	$(BIN)/pytest -m "not slow and not studio"

test-slow: setup
	$(BIN)/pytest -m "slow and not studio"

# With a real Label Studio server, which needs a gigabyte in an environment of its own.
test-studio: setup .venv-studio/.ready
	WARWIRE_LABEL_STUDIO=$(CURDIR)/.venv-studio/bin/label-studio $(BIN)/pytest tests/studio

.venv-studio/.ready: requirements-studio.lock tests/studio/server.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements-studio.lock
	$(PYTHON) -m venv .venv-studio
	.venv-studio/bin/pip install --quiet --disable-pip-version-check --requirement tests/studio/server.lock
	touch $@

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup
	test -d data/built/starter || $(BIN)/warwire prepare data/starter/export.json --labeling-config data/starter/labeling-config.xml --out data/built/starter
	$(BIN)/python benchmarks/bench.py --record $(BENCH)

clean:
	rm -rf .venv .venv-studio build dist data/built predictions .mypy_cache .ruff_cache .pytest_cache .hypothesis
