"""The long form of the trials: `make soak`, about a quarter of an hour on a server of its own.

    python -m tests.worker.soak [--jobs 10000] [--kills 120] [--stops 25]

Each fault ends with a line of figures; the first broken promise ends the run with its sentence and a non-zero exit.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000, help="in all, over the faults")
    parser.add_argument("--kills", type=int, default=120, help="processes killed, one every half second")
    parser.add_argument("--stops", type=int, default=25, help="stops of each kind")
    wanted = parser.parse_args()
    os.environ["TRIAL_FIGURES"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
    django.setup()
    logging.getLogger("rubric_jobs").setLevel(logging.WARNING)
    _run(wanted)


def _run(wanted: argparse.Namespace) -> None:
    """Imports wait for Django to be set up."""
    from tests import fake_llm, servers
    from tests.worker import faults
    from tests.worker.proxy import proxy_to
    from tests.worker.trials import Trial, trial_at

    began = time.monotonic()
    with ExitStack() as undo:
        server = undo.enter_context(servers.fresh_server())
        llm = undo.enter_context(fake_llm.running())
        logs = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))

        @contextmanager
        def trial(name: str) -> Iterator[Trial]:
            with servers.fresh_database(server.url("postgres")) as url, ExitStack() as ending:
                (logs / name).mkdir()
                ending.callback(llm.reset)
                yield ending.enter_context(trial_at(url, logs / name, migrate=True, GEMINI_BASE_URL=llm.url))

        share = wanted.jobs // 5
        with trial("kills") as here:
            faults.kill_processes(here, jobs=share, kills=wanted.kills)
        with trial("kills-beside-another") as here:
            faults.kill_processes(here, jobs=share, kills=wanted.kills, beside=True)
        with trial("restarts") as here:
            faults.crash_database(here, server, jobs=share * 2, crashes=10)
        with trial("half-open") as here, proxy_to(f"{server.socket_folder}/.s.PGSQL.5432") as proxy:
            here.reach_database_through(proxy.port)
            faults.freeze_connections(here, proxy, jobs=share // 2)
        with trial("clocks") as here:
            faults.shift_clocks(here, hours=[-1, 0, 1], jobs=share // 2)
        with trial("frozen") as here:
            faults.freeze_a_pump(here, llm, jobs=80)
        with trial("crashes") as here:
            faults.crash_three_times(here, llm, innocents=90)
        with trial("calls") as here:
            in_flight, twice = faults.kill_with_calls_in_flight(here, llm, calls=30)
            assert twice <= in_flight, f"{twice} calls paid twice, {in_flight} were in flight"
        for way in faults.STOPS:
            with trial(way.replace(" ", "-")) as here:
                faults.stop_again_and_again(here, llm, ways=[way] * wanted.stops, jobs=100)
    print(f"\nAll promises held, in {time.monotonic() - began:.0f} s.")  # noqa: T201


if __name__ == "__main__":
    main()
