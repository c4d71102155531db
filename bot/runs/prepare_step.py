"""The moves that decide what a step will do, and whether it may: frozen, shown as it is, ruled by the profile."""

from __future__ import annotations

from bot.domain.move import OfferRollback, Prepare, Refuse
from bot.domain.run import StepPrepared, StepRefused, StepSkipped
from bot.guard.autonomy import Ruling, rule
from bot.guard.redact import redact
from bot.runs.gate_message import commands
from bot.runs.job import Job
from bot.runs.progress import known, rows_left
from bot.runs.workshop import Workshop
from bot.sections import only_for
from runbooks import prepare as preparing
from runbooks.commands import shown
from runbooks.model import Runbook
from runbooks.prepared import Prepared

MOST_SHOWN = 2_600
"""Characters of a gate's commands, as Slack gets them: they have to fit whole into one block of the message."""


async def prepare(job: Job, move: Prepare) -> None:
    """Appends the step with everything decided, or why it is left out or cannot run."""
    match resolve(job, move.path):
        case Prepared() as prepared:
            await _ruled(job, prepared)
        case preparing.Skip(reason):
            await job.append(StepSkipped(job.now(), move.path, redact(reason)))
        case preparing.Missing(parameters):
            names = ", ".join(f"`{one.name}`" for one in parameters)
            again = " ".join(f"{one.name}=…" for one in parameters)
            begin = f"/incident-action run {job.run.runbook.id} {again}{await _only_for(job)}"
            await _refused(job, move.path, f"{names} is not known; `{begin}` gives it")
        case preparing.Refuse(reason):
            await _refused(job, move.path, redact(reason))


async def prepare_rollback(job: Job, move: OfferRollback) -> None:
    """Appends what undoes the step; it always asks."""
    await prepare(job, Prepare(move.path))


async def refuse(job: Job, move: Refuse) -> None:
    """Appends that a limit of the run was reached."""
    await _refused(job, move.path, move.reason)


def resolve(job: Job, path: str) -> Prepared | preparing.Skip | preparing.Missing | preparing.Refuse:
    """The step with all that is known now; nothing is appended."""
    rows, table = rows_left(job.events)
    seen = preparing.Known(known(job.run, job.events), rows, table)
    return preparing.prepare(job.run.runbook, path, seen, job.shop.house)


def ruling_of(job: Job, prepared: Prepared) -> Ruling:
    """What the profile of the run says of it."""
    return ruling(job.shop, job.run.profile, job.run.runbook, prepared)


def ruling(shop: Workshop, profile: str, book: Runbook, prepared: Prepared) -> Ruling:
    """The same for a step of a runbook that is not being run."""
    rules, step = shop.rules, preparing.step_at(book, prepared.path)
    granted = rules.grants.granted(book.id, step, profile, prepared) is not None
    return rule(prepared, profile, rules.approvers, granted=granted)


def hidden(prepared: Prepared) -> str:
    """Why people could not see exactly what runs; empty: they can."""
    looks = [prepared.check.deed] if prepared.check else []
    texts = [shown(deed) for deed in (*prepared.deeds, *prepared.rollback, *looks)]
    asked = commands(prepared)
    if any(redact(text) != text for text in (*texts, asked)):
        return "its command holds what looks like a secret; name it as `{{env.NAME}}` or pass it by RUNBOOK_ENV"
    if any("`" in text for text in texts):
        return "its command holds a backtick, which Slack cannot show as it is"
    if len(asked) > MOST_SHOWN:
        return "its commands do not fit into one message; make it several steps"
    return ""


async def _only_for(job: Job) -> str:
    return only_for(await job.shop.desk.journal.incident(job.run.incident_id))


async def _ruled(job: Job, prepared: Prepared) -> None:
    if why := hidden(prepared):
        await _refused(job, prepared.path, why)
        return
    found = ruling_of(job, prepared)
    if found.verdict == "refuse":
        await _refused(job, prepared.path, found.why)
        return
    facts = {
        "path": prepared.path,
        "step": prepared.name,
        "shown": [shown(deed) for deed in prepared.deeds],
        "values": {name: {"text": value.text, "source": value.source} for name, value in prepared.values.items()},
        "ruling": found.verdict,
        "why": found.why,
    }
    await job.audit("grant.used" if found.verdict == "granted" else "step.prepared", facts)
    await job.append(StepPrepared(job.now(), prepared, found.verdict, found.why))


async def _refused(job: Job, path: str, reason: str) -> None:
    await job.audit("step.refused", {"path": path, "reason": reason})
    await job.append(StepRefused(job.now(), path, reason))
