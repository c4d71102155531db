"""The third story: a runbook that a person chose, step by step, each gate decided by a person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.domain.move import Act, Ask, Await, Check, Choose, Finish, Glean, LoseSight, OfferRollback, Prepare, Refuse
from bot.priority import Priority, done_as
from bot.runs import do_step, gates, prepare_step
from bot.runs.job import Job
from bot.runs.show_run import finish, show
from bot.runs.workshop import Workshop

log = structlog.get_logger(__name__)

Doing = Callable[[Job, Any], Awaitable[None]]

DOING: dict[type[Any], Doing] = {
    Prepare: prepare_step.prepare,
    OfferRollback: prepare_step.prepare_rollback,
    Refuse: prepare_step.refuse,
    Ask: gates.ask,
    Await: gates.await_decision,
    Act: do_step.act,
    Glean: do_step.glean,
    Check: do_step.check,
    LoseSight: do_step.lose_sight,
    Choose: gates.await_choice,
}


@done_as(Priority.APPROVAL)
async def remediate(shop: Workshop, run_id: str) -> bool:
    """Told once for each run; after a crash it goes on from the run's events.

    Its whole state is those events. Each move appends what it did; a deed is run by whoever appends that it begins,
    so that it never runs twice unasked. Raises JournalDown; told again, it goes on.
    """
    async with shop.told_here(run_id):  # whatever begins it twice in this process, one after the other
        job = await Job.take_up(shop, run_id)
        await show(job)
        while not isinstance(move := job.move(), Finish):
            await job.audit_people()
            if not isinstance(move, LoseSight) and await job.halted():
                continue
            await DOING[type(move)](job, move)
            await show(job)
        await finish(job, move)
        shop.ended(job.run)
    return True


async def take_up_runs(shop: Workshop, take_up: Callable[[str], Awaitable[bool]]) -> None:
    """Goes on with every run that has not ended; one that fails keeps none of the others. Raises JournalDown.

    A run whose story failed too often (`take_up` says no) is ended, so that its target is free again.
    """
    for run in await shop.runs.unended():
        (outcome,) = await asyncio.gather(_take_up(shop, run.id, take_up), return_exceptions=True)
        if isinstance(outcome, Exception):
            log.error("a run cannot be gone on with", run=run.id, problem=repr(outcome))


async def _take_up(shop: Workshop, run_id: str, take_up: Callable[[str], Awaitable[bool]]) -> None:
    if not await take_up(run_id):
        job = await Job.take_up(shop, run_id)
        why = "I failed five times over it; my log tells more. Look before you run it again."
        await finish(job, Finish("failed", why))
