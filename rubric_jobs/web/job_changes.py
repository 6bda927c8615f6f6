"""Waiting for a job's changes: one hub in each event loop, so one listening connection in each web process."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from django.http import Http404

from rubric_jobs import conf
from rubric_jobs.jobs.lifecycle import CHANGED_CHANNEL
from rubric_jobs.jobs.notifications import listen
from rubric_jobs.web import job_reads
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.hub import Hub
from rubric_jobs.web.job_reads import Snapshot
from rubric_jobs.web.threads import in_thread

LOOK_AGAIN_S = 5.0
"""Notifications may be lost, and a job's place in the queue changes without one."""
POLL_S = 1.0
"""Without notifications (RUBRIC_LISTEN off)."""

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Hub[Snapshot]]] = WeakKeyDictionary()


async def hub() -> Hub[Snapshot]:
    """This event loop's hub, created at first use."""
    loop = asyncio.get_running_loop()
    opening = _hubs.get(loop)
    if opening is None or (opening.done() and opening.exception()):
        opening = _hubs[loop] = loop.create_task(_open())
    return await asyncio.shield(opening)


async def _open() -> Hub[Snapshot]:
    if not conf.is_listening():
        return Hub(_read, notifications=None, poll_s=POLL_S)
    conninfo = await in_thread(conf.database_conninfo)
    return Hub(_read, notifications=listen(conninfo, CHANGED_CHANNEL), poll_s=LOOK_AGAIN_S)


async def _read(job_ids: Sequence[str]) -> dict[str, Snapshot]:
    found = await job_reads.aread_all([uuid.UUID(job_id) for job_id in job_ids])
    return {str(job.job_id): job for job in found}


async def until_final(identity: Identity, job_id: uuid.UUID, *, wait_s: float) -> Snapshot:
    """The caller's job once it has ended, or its state after `wait_s`. Raises Http404 if there is none."""
    deadline = asyncio.get_running_loop().time() + wait_s
    with (await hub()).subscribe(str(job_id)) as changes:
        job = await job_reads.aread(**identity.scope, job_id=job_id)
        while job is not None and not job.is_final:
            left_s = deadline - asyncio.get_running_loop().time()
            try:
                news = await changes.next(after=job.version, timeout_s=left_s)
            except LookupError:
                raise Http404 from None
            if news is None:
                break
            job = news
    if job is None:
        raise Http404
    return job
