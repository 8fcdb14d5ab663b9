# The two commands are `make run` (everything, then the demo) and `make test` (everything that must hold).
# Nothing is installed outside this folder, but by `make test` as root: Mosquitto, Chromium, PostgreSQL, Redis and Nginx, where they are missing;
# `make nightly` adds debootstrap and slirp4netns, for a container engine of the tests' own.

# The system's own Python first: one built by hand took a third to three quarters longer for the same work (docs/speed.md).
PYTHON ?= $(shell for one in /usr/bin/python3 python3; do $$one -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && { echo $$one; exit; }; done; echo python3)
# The system's own is there and new enough, and lacks only what makes environments.
UNREADY := /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && ! /usr/bin/python3 -c 'import venv, ensurepip' 2>/dev/null
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# http-ece has no wheel: it is built here, by the setuptools that is pinned.
LOCKED := --quiet --require-hashes --only-binary :all: --no-binary http-ece --no-build-isolation --use-pep517
# A Node in the environment stands first: it is only there where the machine's own is missing or too old.
NODE_PATH_FIRST := PATH="$(CURDIR)/$(BIN):$$PATH"
NODE_OK := node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit((a == 20 && b >= 19) || (a == 22 && b >= 12) || a > 22 ? 0 : 1)' >/dev/null 2>&1 && npm --version >/dev/null 2>&1
PWA_SOURCES := $(shell find pwa -type f -not -path 'pwa/node_modules/*' -not -path 'pwa/dist/*' -not -name '*.tsbuildinfo' 2>/dev/null)
# Networks fail now and then: what fetches is tried twice.
TWICE = sh -c '"$$0" "$$@" || { echo "Once more, in five seconds." >&2; sleep 5; "$$0" "$$@"; }'

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run build test test-quick nightly bench lint pwa-test system engine requirements clean

help:
	@echo "make run         sets everything up and starts the demo"
	@echo "make test        everything that must hold (as root it also installs Mosquitto, Chromium, PostgreSQL, Redis and Nginx)"
	@echo "make test-quick  without servers, browser and app: under a minute"
	@echo "make nightly     the simulation with many more seeds (VARDE_SIM_SEEDS), five minutes of storm (VARDE_STORM_S), docker-compose.yml, all that is slow"
	@echo "make bench       the numbers that we claim, measured here"
	@echo "make clean       takes away what was made, but never var/"

run: build
	@exec $(BIN)/varde demo $(ARGS)

build: $(STAMPS)/run pwa/dist/index.html

# ---------------------------------------------------------------- Python

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Varde needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo missing)." >&2; \
	  echo "On Debian 12 and Ubuntu 24.04 or newer: apt install python3 python3-venv. Another one: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "This Python cannot make environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

$(STAMPS)/run: requirements-build.txt requirements.txt pyproject.toml | $(BIN)/python
	@mkdir -p $(STAMPS)
	@echo "Python packages …"
	@$(TWICE) $(PIP) install --quiet --require-hashes --only-binary :all: -r requirements-build.txt
	@$(TWICE) $(PIP) install $(LOCKED) -r requirements.txt
	@$(PIP) install --quiet --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/test: requirements-test.txt $(STAMPS)/run
	@echo "Python packages for the tests …"
	@$(TWICE) $(PIP) install $(LOCKED) -r requirements-test.txt
	@touch $@

# ---------------------------------------------------------------- the app

$(STAMPS)/node: requirements-node.txt | $(STAMPS)/run
	@if $(NODE_PATH_FIRST) && $(NODE_OK); then echo "Node: $$($(NODE_PATH_FIRST) && node --version)"; else \
	  echo "This machine has no Node 20.19 or newer with npm; one is put into $(VENV) (200 MB)."; \
	  $(TWICE) $(PIP) install --quiet --require-hashes --only-binary :all: -r requirements-node.txt; fi
	@touch $@

pwa/node_modules/.installed: pwa/package-lock.json pwa/package.json $(STAMPS)/node
	@echo "The app's packages …"
	@cd pwa && $(NODE_PATH_FIRST) && $(TWICE) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

pwa/dist/index.html: $(PWA_SOURCES) pwa/node_modules/.installed
	@echo "The app …"
	@cd pwa && $(NODE_PATH_FIRST) && npm run --silent build
	@touch $@

pwa-test: pwa/node_modules/.installed
	@cd pwa && $(NODE_PATH_FIRST) && npm test
	@$(MAKE) --no-print-directory pwa/dist/index.html
	@cd pwa && $(NODE_PATH_FIRST) && npm run --silent check

# ---------------------------------------------------------------- tests

# Most tests wait for something; a file stays whole, since its tests share one site. In the order of their folders: by the number of tests, as is usual,
# the longest of all (few tests, with browsers) would come last, and one of them alone.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# Databases and sites by the hundred are made and thrown away: on a memory disk, where there is one with room.
ROOMY := $(shell test "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 {print $$4}')" -gt 6000000 2>/dev/null && echo TMPDIR=/dev/shm)
PYTEST := $(ROOMY) $(BIN)/python -m pytest $(SIDE_BY_SIDE)

lint: $(STAMPS)/test
	$(BIN)/ruff check .

# Each test has a limit of its own (pyproject.toml); the limit here is for what hangs outside of a test.
test: system lint pwa-test
	timeout --kill-after 30 2400 env $(PYTEST)
	@echo
	@echo "Varde: everything that must hold, holds."

test-quick: lint
	$(PYTEST) -m "not slow and not e2e" --ignore=tests/e2e

nightly: system engine lint pwa-test
	export VARDE_NIGHTLY=1 VARDE_SIM_SEEDS=$${VARDE_SIM_SEEDS:-20000} VARDE_STORM_S=$${VARDE_STORM_S:-300}; $(PYTEST) --timeout 3600

# FOLDER=/dev/shm puts what the runs write on a memory disk.
bench: ON := $(if $(FOLDER),--folder $(FOLDER))
bench: system $(STAMPS)/test
	$(BIN)/python -m bench.press $(ON)
	$(BIN)/python -m bench.press --presses 500 --rates --fsync-ms 5 $(ON)
	$(BIN)/python -m bench.press --presses 1000 --rates --postgres $(ON)
	$(BIN)/python -m bench.press --presses 1000 --rates --servers 2 $(ON)
	$(BIN)/python -m bench.burst --rounds 1 $(ON)
	$(BIN)/python -m bench.burst --rounds 1 --postgres $(ON)
	$(BIN)/python -m bench.burst --rounds 1 --servers 2 $(ON)
	$(BIN)/python -m bench.senders $(ON)
	$(BIN)/python -m bench.national $(ON)
	$(BIN)/python -m bench.country $(ON)
	$(BIN)/python -m bench.timers $(ON)
	$(BIN)/python -m bench.timers --presses 2 --on sqlite $(ON)

# What no Python or npm package can bring: the broker that sites run, a browser, and what larger sites have. The tests start PostgreSQL,
# Redis and Nginx of their own, on free ports and without root's rights; whatever Debian starts by itself is left alone.
system:
	@lacking=""; \
	command -v mosquitto >/dev/null 2>&1 || test -x /usr/sbin/mosquitto || lacking="$$lacking mosquitto"; \
	command -v mosquitto_pub >/dev/null 2>&1 || lacking="$$lacking mosquitto-clients"; \
	command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || lacking="$$lacking chromium"; \
	command -v nginx >/dev/null 2>&1 || test -x /usr/sbin/nginx || lacking="$$lacking nginx"; \
	command -v redis-server >/dev/null 2>&1 || lacking="$$lacking redis-server"; \
	command -v openssl >/dev/null 2>&1 || lacking="$$lacking openssl"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || lacking="$$lacking postgresql"; \
	if ! test -x $(BIN)/python && { ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { test "$$(id -u)" = 0 && $(UNREADY); }; }; then \
	  lacking="$$lacking python3-venv"; fi; \
	test -z "$$lacking" && exit 0; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing$$lacking"; export DEBIAN_FRONTEND=noninteractive; \
	  for try in 1 2; do apt-get update -qq && apt-get install -qq -y --no-install-recommends $$lacking </dev/null && exit 0; sleep 5; done; \
	  echo "Could not install$$lacking: see above." >&2; exit 1; \
	else \
	  echo "The tests need$$lacking. As root, on Debian: apt install$$lacking (or run make test as root, which does it)." >&2; exit 1; \
	fi

# What the nightly test of docker-compose.yml makes its own container engine with; where these cannot be had it is left out, and says so.
engine:
	@lacking=""; for name in debootstrap slirp4netns; do command -v $$name >/dev/null 2>&1 || test -x /usr/sbin/$$name || lacking="$$lacking $$name"; done; \
	test -z "$$lacking" && exit 0; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing$$lacking"; export DEBIAN_FRONTEND=noninteractive; \
	  for try in 1 2; do apt-get update -qq && apt-get install -qq -y --no-install-recommends $$lacking </dev/null && exit 0; sleep 5; done; \
	fi; \
	echo "Without$$lacking the test of docker-compose.yml is left out."

# ---------------------------------------------------------------- upkeep

requirements: $(STAMPS)/run
	$(PIP) install --quiet uv
	for name in requirements-build requirements requirements-test requirements-node; do \
	  $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    $(UPGRADE) $$name.in -o $$name.txt --quiet || exit 1; done

clean:
	rm -rf $(VENV) pwa/dist pwa/node_modules *.egg-info
