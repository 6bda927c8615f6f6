"""A procrastinate worker process for the same job."""

from __future__ import annotations

import asyncio
import os

import procrastinate

from benchmarks import work

JOB = "benchmarks.work.job_async"


def make_app(connector: procrastinate.BaseConnector) -> procrastinate.App:
    app = procrastinate.App(connector=connector)
    app.task(name=JOB)(work.job_async)
    return app


async def main() -> None:
    app = make_app(procrastinate.PsycopgConnector(conninfo=os.environ["BENCH_URL"]))
    async with app.open_async():
        await app.run_worker_async(
            concurrency=int(os.environ["BENCH_CONCURRENCY"]), install_signal_handlers=True, delete_jobs="never"
        )


if __name__ == "__main__":
    asyncio.run(main())
