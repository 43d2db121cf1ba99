# Two commands are all that a fresh machine with Python 3.11 needs: `make demo` and `make test`.

SHELL := /bin/bash
PYTHON ?= python3.11
PY := .venv/bin/python

.PHONY: demo test quick check bench docs words clean setup

demo: setup  ## open a demonstration clinic in the browser; Ctrl-C stops everything
	@exec .venv/bin/openketamine demo

test: setup .venv/.chromium  ## every test, with the real parts: PostgreSQL, sockets, a browser
	$(PY) -m pytest --effort whole
	node --test tests/console/

# Without the two plugins that these rooms do not need, and with what was compiled kept for next time.
quick: setup  ## what one runs after each change: core and knowledge, a fifth of the generated cases
	env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -q -n auto -p no:django -p no:logging tests/core tests/knowledge

check: setup  ## layers, style, types: Python and JavaScript; under a minute
	.venv/bin/ruff check . && .venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	npx --no-install tsc --project jsconfig.json

bench: setup  ## ratios against peers, measured in the same run
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(PY) $$file || exit 1; done

docs: setup  ## write docs/reference again from the code and the knowledge files
	$(PY) docs/write_reference.py

words: setup  ## bring the catalogues of other languages up to date, and compile them
	$(PY) docs/catalogues.py

setup: .venv/.installed node_modules/.installed

.venv/.installed: requirements.lock pyproject.toml
	test -x $(PY) || $(PYTHON) -m venv .venv || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

node_modules/.installed: package-lock.json
	command -v npm >/dev/null || (apt-get update -qq && apt-get install -y -qq nodejs npm >/dev/null)
	npm ci --silent --no-audit --no-fund
	touch $@

.venv/.chromium:  # the browser tests drive Debian's Chromium
	command -v chromium >/dev/null || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null)
	touch $@

clean:  ## remove what was installed here; a clinic's data is never touched
	rm -rf .venv node_modules
