# Two commands do everything: `make demo` shows the service, `make test` proves it.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py

.PHONY: install demo run test lint bench fit fuzz soak attack audit clean

install: .venv/ready

demo: .venv/ready
	@$(MANAGE) demo $(FILE)

run: .venv/ready
	@$(MANAGE) run_local --port $(PORT)

# Tests start hundreds of processes, each of which would compile the project anew.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/ready-for-tests lint
	@sh tests/install_services.sh
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/ready-for-tests
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
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

# Rules on points with 2,000 examples each, then 100,000 mutated documents through the sandbox; takes about an hour.
fuzz: .venv/ready-for-tests
	@$(BIN)/pytest --quiet --hypothesis-profile=fuzz tests/rubric/test_points_properties.py
	@SCHEMA_PHASES=examples,coverage,fuzzing $(BIN)/pytest --quiet tests/web/test_openapi.py
	@$(BIN)/python tests/fuzz_readers.py 100000

# Needs the internet's vulnerability database.
audit: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@$(BIN)/pip-audit --strict --requirement requirements.txt

.venv/ready: requirements.txt
	@echo "Installing packages (once, about a minute) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

.venv/ready-for-tests: .venv/ready requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

.venv/ready-for-benchmarks: .venv/ready-for-tests benchmarks/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/requirements.txt
	@touch $@

clean:
	@rm -rf .venv .data staticfiles
