# Two commands do everything: `make demo` shows the service, `make test` proves it.
PYTHON ?= python3
PORT ?= 8000
TEST_PROCESSES ?= 4
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
# Nothing is installed that the lock files do not name, or that differs from what they name.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-strip-extras --python-version 3.11 \
	--custom-compile-command "make lock" $(UPGRADE)

.PHONY: install demo demo-data run test lint types rules bench fit fuzz soak attack audit lock stop clean

install: .venv/ready

demo: .venv/ready
	@$(MANAGE) demo $(FILE)

# A made-up day of jobs in the local database, to look at the operators' pages: make demo-data run
demo-data: .venv/ready
	@$(MANAGE) migrate --verbosity=0
	@$(MANAGE) demo_data

run: .venv/ready
	@$(MANAGE) run_local --port $(PORT)

# Tests start more than a hundred processes, each of which would compile the project anew. They spend much of their time
# waiting for those, so four test processes keep two cores busy.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/ready-for-tests lint
	@sh tests/install_services.sh
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

lint: .venv/ready-for-tests
	@$(MAKE) --no-print-directory --jobs=2 types rules

# Takes as long as all the others: 40 s where it has no cache yet.
types: .venv/ready-for-tests
	@$(BIN)/mypy

rules: .venv/ready-for-tests
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/lint-imports
	@$(BIN)/bandit --quiet --recursive --configfile pyproject.toml grader rubric_jobs migrations
	@$(MANAGE) makemigrations --check --dry-run

# Weights of the reader from documents with truth: make fit DOCS=folder TRUTH=folder
fit: .venv/ready-for-benchmarks
	@$(BIN)/python -m benchmarks.fit_reader $(DOCS) $(TRUTH)

bench: .venv/ready-for-benchmarks
	@$(BIN)/python -m benchmarks.run

# Every fault of docs/engine.md in its long form; about a quarter of an hour.
soak: .venv/ready-for-tests
	@SLOW_CALL_SECONDS=28 $(BIN)/pytest -q tests/acceptance/test_slow_provider.py
	@$(BIN)/python -m tests.worker.soak

# Four attacks on a service of its own, over loopback; about four minutes.
attack: .venv/ready-for-tests
	@$(BIN)/python -m tests.attack

# Every rule on any rubric with 400 to 2,000 examples, then 100,000 mutated documents through the sandbox; takes about an hour.
fuzz: .venv/ready-for-tests
	@$(BIN)/pytest --quiet --hypothesis-profile=fuzz -m hypothesis tests/rubric tests/reading tests/pipelines tests/llm
	@SCHEMA_PHASES=examples,coverage,fuzzing $(BIN)/pytest --quiet tests/web/test_openapi.py
	@$(BIN)/python tests/fuzz_readers.py 100000
	@$(BIN)/python tests/fuzz_pictures.py 100000 500

# Needs the internet's vulnerability database.
audit: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

# Writes every package that requirements*.txt lead to into the lock files, with its hashes: make lock UPGRADE=--upgrade
lock: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(LOCK) requirements.txt --constraint benchmarks/requirements.txt --output-file requirements.lock
	@$(LOCK) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock \
		$$(sed -n 's/[^a-z0-9.-].*/ /; s/^[a-z]/--no-emit-package &/p' requirements.lock)
	@$(LOCK) requirements-ocr.txt --constraint requirements.lock --constraint requirements-dev.lock \
		--constraint benchmarks/requirements.txt --output-file requirements-ocr.lock
	@$(LOCK) benchmarks/requirements.txt --constraint requirements.lock --constraint requirements-dev.lock \
		--output-file benchmarks/requirements.lock \
		$$(cat requirements.lock requirements-dev.lock | sed -n 's/[^a-z0-9.-].*/ /; s/^[a-z]/--no-emit-package &/p')

.venv/ready: requirements.lock
	@echo "Installing packages (once, about a minute) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(INSTALL) --requirement requirements.lock
	@touch $@

.venv/ready-for-tests: .venv/ready requirements-dev.lock requirements-ocr.lock
	@$(INSTALL) --requirement requirements.lock --requirement requirements-dev.lock --requirement requirements-ocr.lock
	@touch $@

.venv/ready-for-benchmarks: .venv/ready-for-tests benchmarks/requirements.lock
	@$(INSTALL) --requirement requirements.lock --requirement requirements-dev.lock --requirement benchmarks/requirements.lock
	@touch $@

# The embedded PostgreSQL. It also ends by itself ten minutes after its last client.
stop:
	@test ! -x $(BIN)/python || $(BIN)/python -m grader.embedded_idle stop

clean: stop
	@rm -rf .venv .data staticfiles
