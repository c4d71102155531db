"""A runbook that was drafted: its file in the incident's thread, and once it is accepted how it is put to use."""

from __future__ import annotations

import hashlib

from bot.closing.desk import Wrapping
from bot.closing.write_up import place
from bot.domain.briefing import Briefing
from bot.domain.incident import Posted
from bot.domain.memory import Learnt, memory_id
from bot.domain.text import code
from bot.insist import OUTAGE_S, attempt
from bot.memory.draft_runbook import identity


async def put_drafted(wrapping: Wrapping) -> bool:
    """The draft, where there is one, as a file; False: there is none. May be repeated. Raises JournalDown."""
    archive = wrapping.at.archive
    drafted = await archive.reviews.learnt(_id(wrapping)) if archive else None
    if drafted is None:
        return False

    async def put() -> None:
        message = await place(wrapping)
        if message is not None:
            await _file(wrapping, drafted, message)

    return await attempt("runbook", put, OUTAGE_S)


async def put_accepted(wrapping: Wrapping, one: Learnt) -> None:
    """As somebody accepted it, and how it comes among the runbooks. May be repeated. Raises ChatError, JournalDown."""
    message = await place(wrapping)
    if message is None:
        return
    await _file(wrapping, one, message)
    key = wrapping.key("runbook")
    await wrapping.desk.chat.stand(message.channel_id, accepted(one), key=key, thread=message.ts)


def accepted(one: Learnt) -> Briefing:
    """Nothing is written to where runbooks lie: they are code, which somebody looks at before it counts (pure)."""
    name = identity(one.text)
    by = f"by <@{one.reviewed_by}>" if one.reviewed_by else ""
    lines = (
        f"📘 *Runbook {code(name)}* accepted {by} · its file is in this thread\n"
        f"To use it: save it as {code(f'{name}.yaml')} in RUNBOOKS_DIR, then `first-responder runbooks lint`."
    )
    return Briefing(plain=f"Runbook {name} accepted", headline=lines)


async def _file(wrapping: Wrapping, one: Learnt, message: Posted) -> None:
    """Once for each text."""
    version, name = hashlib.sha256(one.text.encode()).hexdigest()[:8], identity(one.text)
    state = "draft, nobody has tried it" if one.review == "waiting" else "accepted"
    await wrapping.desk.chat.file(
        message, one.text, name=f"{name}.yaml", title=f"Runbook {name}: {state}", key=wrapping.key(f"runbook:{version}")
    )


def _id(wrapping: Wrapping) -> str:
    return f"runbook:{memory_id(wrapping.incident_id, wrapping.opening)}"
