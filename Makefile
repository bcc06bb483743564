# Everything here needs Python 3.11 or newer with pip, and make; nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
JOBS   ?= auto

.PHONY: demo demo-exchange test check bench bench-exchange quality clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   install into $(VENV), write a labelled intrusion to demo/, hunt it"
	@echo "make demo-exchange  share findings among three operators, a government CERT and"
	@echo "              an outsider, on this machine"
	@echo "make test   install the test dependencies, run all tests"
	@echo "make check  format, lint, types, imports"
	@echo "make bench  measure, and write docs/reference/benchmarks.md"
	@echo "make bench-exchange  measure the exchange beside medallion and OpenTAXII (half an hour), and"
	@echo "              write docs/reference/exchange-benchmarks.md"
	@echo "make quality  score the hunt on labelled evidence, write docs/reference/detection-quality.md;"
	@echo "              measure attribution, write docs/reference/attribution-quality.md"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[fast]"
	@touch $@

$(VENV)/.exchange: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[fast,exchange]"
	@touch $@

# One call of pip, as each resolves and builds anew.
$(VENV)/.test: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --editable ".[fast,exchange,psi]" --group test || \
		{ echo "openmined-psi may have no wheel for this machine: its tests will be skipped" && \
		$(BIN)/python -m pip install --quiet --editable ".[fast,exchange]" --group test; }
	@$(BIN)/python -m pip install --quiet --group hives || \
		echo "dissect.regf cannot be installed: tests of registry hives will be skipped"
	@touch $(VENV)/.exchange $@

$(VENV)/.check: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group check
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/sidelight range demo/evidence --seed 2024 --force
	$(BIN)/sidelight hunt demo/evidence --fail-level never \
		--output demo/findings.jsonl --output demo/report.html --output demo/timeline.csv
	@echo
	@echo "The report is demo/report.html, what was planted is demo/evidence/truth.json."

demo-exchange: $(VENV)/.exchange
	$(BIN)/python bench/demo_exchange.py demo/exchange

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: $(VENV)/.check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.test
	$(BIN)/python bench/run.py

# OpenTAXII needs an older SQLAlchemy than Sidelight.
build/peers/.installed:
	$(PYTHON) -m venv build/peers
	build/peers/bin/pip install --quiet "medallion>=3,<4" "opentaxii>=0.9.3,<1" "sqlalchemy<2" six
	@touch $@

bench-exchange: $(VENV)/.test build/peers/.installed
	$(BIN)/python bench/exchange.py --peers build/peers/bin/python

quality: $(VENV)/.test
	$(BIN)/python bench/attribution_quality.py
	$(BIN)/python bench/quality.py

clean:
	rm -rf $(VENV) demo build
