# Two commands are all one needs: `make run` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV := .venv/bin/python
SCREEN := $(VENV) packaging/with_display.py $(VENV)
# Each process of a run has a virtual display of its own; on a person's display, tests take turns.
TESTS ?= -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help setup setup-display run test check format tour bench pin clean

help:
	@echo "make run     open the studio on the sample slide, the demo beside it"
	@echo "make test    run every test"
	@echo "make check   the fast gates: ruff, mypy, import-linter"
	@echo "make tour    drive the real program and take the screenshots, the README's too"
	@echo "make bench   measure the viewer, the start, the studio, the engine and embedding"
	@echo "make clean   remove what can be made again (not .venv)"

setup:
	@$(PYTHON) packaging/bootstrap.py

setup-display:
	@$(PYTHON) packaging/bootstrap.py --display

run: setup-display
	@$(VENV) packaging/run.py

test: setup-display
	$(SCREEN) -m pytest $(TESTS) -m "not gui"
	$(SCREEN) -m pytest tests/gui $(TESTS) -m gui

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

tour: setup-display
	$(SCREEN) -m tests.gui.tour --out out/tour --readme
	rm -rf out/demo && $(VENV) -m ssldiff_gui.cli demo --out out/demo
	cp out/demo/comparison.synthetic.png resources/screenshots/demo.png

bench: setup-display
	$(SCREEN) -m tests.benchmarks.viewer
	$(SCREEN) -m tests.benchmarks.startup
	$(SCREEN) -m tests.benchmarks.studio
	$(VENV) -m tests.benchmarks.render
	$(VENV) -m tests.benchmarks.embed

pin: setup
	$(VENV) packaging/pin.py

clean:
	rm -rf build dist out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find ssldiff_gui tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +
