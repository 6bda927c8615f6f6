"""`make bench`: this engine and its peers, interleaved, on one server, in one run; medians of the rounds.

    python -m benchmarks.run [--rounds 5] [--only pickup,makespan,…] [--quick]

The group `model` reads the documents of DOCS with the truths of TRUTH (folders in the environment), or the tests' own
samples. Prints a table and writes `benchmarks/out/latest.json`:
`{"figures": {name: {"ours", "peer", "ratio", "goal", "holds"}}}`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests import servers

OUT = Path(__file__).parent / "out"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="comma list of groups")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        server = stack.enter_context(servers.fresh_server())
        # The benchmark's own rows go through Django, to the database of `ours`.
        ours = stack.enter_context(servers.fresh_database(server.url("postgres")))
        os.environ |= {"DATABASE_URL": ours, "DJANGO_SETTINGS_MODULE": "grader.settings"}
        figures = _measure(server.url("postgres"), ours, rounds=arguments.rounds, only=arguments.only)
    OUT.mkdir(exist_ok=True)
    (OUT / "latest.json").write_text(json.dumps({"figures": figures}, indent=1))
    print(_table(figures))
    sys.exit(0 if all(figure["holds"] is not False for figure in figures.values()) else 1)


def _measure(server: str, ours: str, *, rounds: int, only: str) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    logging.disable(logging.INFO)  # a line for each of thousands of submissions
    from benchmarks import (
        claims_at_scale,
        documents,
        event_streams,
        model_answers,
        peers,
        provider_calls,
        purge_beside_claims,
        status_reads,
    )

    groups: dict[str, Callable[[], dict[str, Any]]] = {
        "peers": lambda: peers.figures(server, ours, rounds=rounds),
        "claims": lambda: claims_at_scale.figures(rounds=rounds),
        "calls": lambda: provider_calls.figures(ours, rounds=rounds),
        "documents": lambda: documents.figures(ours, rounds=rounds),
        "model": lambda: model_answers.figures(ours),
        "status": status_reads.figures,
        "streams": event_streams.figures,
        "purge": purge_beside_claims.figures,
    }
    chosen = only.split(",") if only else list(groups)
    figures: dict[str, Any] = {}
    for name in chosen:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        figures |= groups[name]()
    return figures


def _table(figures: dict[str, Any]) -> str:
    lines = [f"{'figure':34} {'ours':>12} {'peer':>12} {'ratio':>8}  goal"]
    for name, figure in figures.items():
        ours, peer, ratio = (_short(figure.get(key)) for key in ("ours", "peer", "ratio"))
        verdict = {True: "holds", False: "DOES NOT HOLD", None: ""}[figure["holds"]]
        lines.append(f"{name:34} {ours:>12} {peer:>12} {ratio:>8}  {figure['goal']}  {verdict}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    return "" if value is None else f"{value:.4g}"


if __name__ == "__main__":
    main()
