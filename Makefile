# Everything runs in .venv, which is made on first use. Another Python: make grade PYTHON=python3.12
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Further options for pytest, such as PYTEST_FLAGS="-k notebook".
PYTEST_FLAGS ?=
# A folder for what pytest reports as XML.
REPORTS ?=
# A file of tests stays in one process, for what its tests share; each process has a warm parent.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile
# Files of tests that take no time, and none to be collected: what judges, told by facts alone.
QUICK := $(shell cat tests/quick.txt)

.PHONY: help grade prove test quick soak

help:
	@echo "make grade   grade the sample hand-ins of chapter 00 and print the table"
	@echo "make prove   prove that the assignments, their rubrics and their solutions hold together"
	@echo "make test    lint, types and all tests but the long ones"
	@echo "make quick   lint and the tests that take no time"
	@echo "make soak    the long tests"

grade: $(STAMP)
	$(BIN)/grader grade submissions/00-fundamentals --assignment 00-fundamentals --out grades --again

prove: $(STAMP)
	$(BIN)/grader prove

test: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -m "not soak and not alone" $(SIDE_BY_SIDE) $(PYTEST_FLAGS) $(if $(REPORTS),--junitxml=$(REPORTS)/together.xml)
	$(BIN)/pytest -m "alone and not soak" $(PYTEST_FLAGS) $(if $(REPORTS),--junitxml=$(REPORTS)/alone.xml)

quick: $(STAMP)
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/pytest -q -m "not kernel and not slow and not soak" $(QUICK) $(PYTEST_FLAGS)

soak: $(STAMP)
	$(BIN)/pytest -m soak $(PYTEST_FLAGS)

# The stamp is written last, so that an installation that broke off is done again.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is older than Python 3.11; name another with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "could not make $(VENV); on Debian, install python3-venv"; exit 1; }
	@echo "Installing into $(VENV). The first time this takes some minutes: PyTorch is large."
	@$(BIN)/python -m pip install -q -q --disable-pip-version-check \
	  -c constraints.txt -e '.[course,dev]'
	@touch $@
