# Fieldcheck. Type `make` to see what can be done.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= $(firstword $(shell command -v python3.11) python3)
PROFILE ?= standard
SEED ?= 0
JOBS ?= 2
BIN := .venv/bin
INSTALLED := .venv/installed
LEDGER := _build/ledger.json
HTML := _build/html
BUILT := $(HTML)/.built
MUTATION := _build/mutation
MUTATOR := $(MUTATION)/venv
MUTATE = FIELDCHECK_PYTHON=$(abspath $(BIN)/python) $(MUTATOR)/bin/python -m
# What a page is made from: folders too, since a file that is gone changes its folder.
PAGES := _config.yml _toc.yml $(shell find book fieldcheck -mindepth 1 -name __pycache__ -prune -o -print)

# A kernel's hash seed and thread count reach the pages through set order and summation order.
export PYTHONHASHSEED := 0
export OMP_NUM_THREADS ?= 1
# The pages must not depend on what lies in the reader's home.
export IPYTHONDIR := $(CURDIR)/.venv/var/ipython
export MPLCONFIGDIR := $(CURDIR)/.venv/var/matplotlib
export JUPYTER_PREFER_ENV_PATH := 1
# Every process would compile the library anew.
unexport PYTHONDONTWRITEBYTECODE
# Sphinx would stamp the pages with this date.
unexport SOURCE_DATE_EPOCH

# Compiled when it is first imported: most of what is installed never is.
PIP = $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile
# Nothing that the locks do not name, and no file whose hash they do not have.
LOCKED = $(PIP) --no-deps --require-hashes
# Which build of torch did the index offer for this machine?
FOR_CUDA = $(BIN)/python -c 'from importlib.metadata import requires; exit("cuda" not in str(requires("torch")))'

STRICT := -W -n --keep-going

.PHONY: FORCE help install lock verify book strict-book test lint types floors pytest pdf browser ci \
	mutation mutation-library mutation-register clean distclean

help: ## this list
	@echo "Fieldcheck: a claim is written once; the evidence and the reader's page are derived from it."
	@echo
	@echo "  Start here:  make book   then open $(HTML)/index.html  (no network needed to read it)"
	@echo "               make test   the linters, the type checker and every test"
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 26
	@echo
	@echo "  make verify PROFILE=deep   a longer search; profiles: quick, standard, deep (now: $(PROFILE))"
	@echo "  make test PYTHON=/path/to/python3.11   choose the interpreter for the first install"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "Fieldcheck needs Python 3.11; %s is %d.%d. Say: make PYTHON=/path/to/python3.11" % (sys.executable, *v[:2]))'
	$(PYTHON) -m venv $(BIN:/bin=)

# torch first: pip looks for the build that suits the machine, and only then is its hash held against
# the lock. Asked with hashes, pip would pass over a folder of wheels, which tells it none.
# The font list is written here once: on first use matplotlib would announce it on a page. The
# kernels speak to the build over local sockets, and need not warn of it at each chapter.
$(INSTALLED): requirements.lock requirements-cuda.lock pyproject.toml | $(BIN)/python
	@echo "== installing the locked dependencies into .venv (some minutes, once)"
	$(BIN)/python -m pip download --quiet --no-deps --only-binary :all: --dest $(BIN)/torch $$(grep '^torch==' requirements.txt)
	sed -n '/^torch==/,/[0-9a-f]$$/p' requirements.lock > $(BIN)/torch/lock.txt
	$(LOCKED) --no-index --find-links $(BIN)/torch -r $(BIN)/torch/lock.txt
	rm -r $(BIN)/torch
	$(LOCKED) -r requirements.lock
	! $(FOR_CUDA) || $(LOCKED) -r requirements-cuda.lock
	$(PIP) --no-deps --no-build-isolation -e .
	mkdir -p $(IPYTHONDIR)/profile_default $(MPLCONFIGDIR)
	echo 'c.IPKernelApp.log_level = "ERROR"' > $(IPYTHONDIR)/profile_default/ipython_kernel_config.py
	$(BIN)/python -c 'import matplotlib.font_manager'
	touch $@

install: $(INSTALLED) ## make .venv with the pinned dependencies

# Of pip's own client, whose settings say where packages come from: see .ci/lock.py.
lock: | $(BIN)/python ## write requirements.lock anew from requirements.txt (after each change of a pin)
	$(PIP) packaging
	$(BIN)/python .ci/lock.py

verify: $(LEDGER) ## gather the evidence, once for book and tests

# Always asked, seldom answered: rows whose sources did not change are reused, and a ledger that would
# be the same is not touched, so that what depends on it stays as it is.
$(LEDGER): $(INSTALLED) FORCE
	@mkdir -p $(dir $@)
	$(BIN)/fieldcheck verify --profile $(PROFILE) --seed $(SEED) --jobs $(JOBS) --replace --json $@

book: $(BUILT) ## verify, then build what has changed of the book
	@echo "book: open $(HTML)/index.html"

$(BUILT): $(LEDGER) $(PAGES)
	$(BIN)/jupyter-book build . $(STRICT) --quiet
	touch $@

# From nothing: no page, picture or cell output of an earlier build can pass for a new one, and no row
# that was edited for one that was gathered.
ANEW ?= 12
strict-book: $(LEDGER) ## verify, look at the ledger again, then build every page anew, every cell executed
	$(BIN)/fieldcheck recheck --anew $(ANEW) --jobs $(JOBS) --ledger $(LEDGER)
	rm -rf $(HTML) _build/.doctrees _build/.jupyter_cache
	$(BIN)/jupyter-book build . $(STRICT) --all --quiet
	touch $(BUILT)
	@echo "book: open $(HTML)/index.html"

FORCE:

test: lint types floors pytest ## ruff, mypy, the import floors, pytest

lint: $(INSTALLED) ## ruff: style and errors
	$(BIN)/ruff check .

types: $(INSTALLED) ## mypy
	$(BIN)/mypy

floors: $(INSTALLED) ## import-linter: imports point down only
	$(BIN)/lint-imports --cache-dir _build/.import_linter

# The register's tests read the rows of the ledger that the book is built from, and would gather what
# it lacks; gathered here first, it is seen how far that is.
pytest: $(LEDGER) ## every test but the browser's
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -q

pdf: $(INSTALLED) ## the built book as one PDF (needs `chromium` on the PATH)
	$(BIN)/python book/paper.py $(HTML) $(HTML)/fieldcheck.pdf

browser: $(INSTALLED) ## read the built book in headless Chromium, offline
	$(BIN)/python -m pytest tests/book -n $(JOBS) -q

.PHONY: corpus
N ?= 2000
corpus: $(INSTALLED) ## judge N statements of known truth (now: 2000); resumable
	$(BIN)/python -m tests.meta.corpus --cases $(N) --seed $(SEED) --jobs $(JOBS)

.PHONY: seeds
seeds: $(INSTALLED) ## judge every false form with seeds 1 to S, in PROFILE (20; quick: 100); resumable
	$(BIN)/python -m tests.repeat.seeds --profile $(PROFILE) $(if $(S),--seeds $(S)) --jobs $(JOBS)

.PHONY: twice
twice: $(LEDGER) ## build the book twice from nothing, and after edits that are taken back: the same bytes?
	$(BIN)/python -m tests.repeat.builds --ledger $(LEDGER)

.PHONY: lowest
LOWEST := _build/lowest
lowest: $(INSTALLED) ## run the command line's tests with the lowest versions that pyproject.toml allows (torch aside)
	rm -rf $(LOWEST)
	$(BIN)/python -c 'import tomllib; print(*(d.split(",")[0].replace(">=", "==") for d in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"] if "torch" not in d))' \
	  | xargs $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --target $(LOWEST)
	PYTHONPATH=$(LOWEST) $(BIN)/python -m pytest -q -o filterwarnings=default tests/cli tests/test_streams.py tests/ledger

.PHONY: highest
HIGHEST := _build/highest
highest: $(INSTALLED) ## the same with the newest versions that pyproject.toml allows (torch aside)
	rm -rf $(HIGHEST)
	$(BIN)/python -c 'import tomllib; print(*(d for d in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"] if "torch" not in d), sep="\n")' > _build/highest.txt
	$(PIP) --upgrade --target $(HIGHEST) -r _build/highest.txt
	PYTHONPATH=$(HIGHEST) $(BIN)/python -m pytest -q -o filterwarnings=default tests/cli tests/test_streams.py tests/ledger

.PHONY: pythons
PYTHONS ?= python3.12 python3.13
pythons: $(INSTALLED) ## the same with other Pythons, of those that are here (PYTHONS=…), in environments of their own
	for python in $(PYTHONS); do \
	  $$python --version || continue; \
	  $(MAKE) --no-print-directory install PYTHON=$$python BIN=_build/$$python/bin INSTALLED=_build/$$python/installed; \
	  _build/$$python/bin/python -m pytest -q -o filterwarnings=default tests/cli tests/test_streams.py tests/ledger; \
	done

.PHONY: audit-deps
AUDITOR := _build/auditor
audit-deps: $(INSTALLED) ## known vulnerabilities of what is locked (asks a database over the network)
	test -x $(AUDITOR)/bin/pip-audit || { $(BIN)/python -m venv $(AUDITOR); $(AUDITOR)/bin/python -m pip install --disable-pip-version-check --quiet pip-audit; }
	$(AUDITOR)/bin/python .ci/audit.py

.PHONY: soak
TIMES ?= 200
soak: $(INSTALLED) ## end TIMES runs of verify, bench, campaign and replicate at random points, by every signal (now: 200); resumable
	$(BIN)/python -m tests.soak --times $(TIMES) --seed $(SEED)

.PHONY: fuzz
fuzz: N := 100000
fuzz: $(INSTALLED) ## N inputs of every kind for every public function and command (now: 100000)
	$(BIN)/python -m tests.fuzz --inputs $(N) --seed $(SEED)

.PHONY: mutation-register
mutation-register: $(INSTALLED) ## mutate every formula of the register: does the evidence notice?
	$(BIN)/python -m tests.mutation.register --seed $(SEED) --jobs $(JOBS)

ci: ## what a continuous integration run does
	bash .ci/run

# The mutator lives apart, on top of the installed packages: .venv stays as requirements.txt has it.
$(MUTATOR)/installed: $(INSTALLED)
	@echo "== installing the group 'mutation' into $(MUTATOR) (once)"
	$(BIN)/python -m venv --clear $(MUTATOR)
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$($(MUTATOR)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/below.pth"
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["mutation"])' \
	  | xargs $(MUTATOR)/bin/python -m pip install --disable-pip-version-check --quiet
	touch $@

mutation: mutation-library mutation-register ## small changes, one by one: does a test notice? (hours, resumable)

mutation-library: $(MUTATOR)/installed ## the half that changes fields, cones, ops, arithmetic, evidence
	$(MUTATE) pytest tests/test_mutation.py -q
	$(MUTATE) tests.mutation.library --workers $(JOBS)

clean: ## remove everything that was built
	rm -rf _build

distclean: clean ## remove the virtual environment as well
	rm -rf .venv
