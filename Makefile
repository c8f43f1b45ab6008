# make run   a server with a sample tenant, on this machine
# make test  everything: format, lint, types, architecture, tests
# make fuzz  hostile bytes at everything that reads what strangers send, for FUZZ_SECONDS (600)
# make docs  the vendors' documents, from their data and notes
# make messages  the catalogues of translations, brought up to date with the source

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: run test lint fuzz docs messages install lock

run: install
	$(BIN)/provisioner serve --demo

test: install lint
	$(BIN)/pytest -n 2 --dist worksteal

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: install
	$(BIN)/python -m tests.fuzz --seconds=$(or $(FUZZ_SECONDS),600)

docs: install
	$(BIN)/python -m provisioner.vendor_docs docs/vendors

messages: install
	$(BIN)/python -m admin.catalogues

install: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# Needs uv. No addresses of registries are written.
lock:
	uv pip compile --quiet --all-extras --generate-hashes --no-header --no-annotate --no-emit-index-url --no-strip-extras \
		--python-version 3.11 pyproject.toml -o requirements.lock
