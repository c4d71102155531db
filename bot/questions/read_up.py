"""What is known before a question is answered: the case, the thread so far, and whether it was just answered."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.guard import fence
from bot.questions.asking import Asking, Known
from bot.questions.case import case
from bot.questions.sum_up import so_far

ANSWER_S = 60.0
"""How long an answer may take altogether."""
FIRST_LOOK_S = 12.0
"""How long a question waits for the first look at its incident, which takes 10 s at most."""
LOOK_AGAIN_S = 0.25
SAME_FOR = timedelta(minutes=5)
"""How long an answer holds for the same question while nothing changed that the journal knows of: figures move on."""
MOST_EARLIER = 30
"""So many answers of a thread are looked back at."""


async def read_up(asking: Asking) -> Known:
    """Everything the answer begins with. Raises JournalDown."""
    desk, question = asking.desk, asking.question
    incident = await desk.journal.incident(question.incident_id)
    report = await _first_look(asking, incident)
    now = desk.clock.now()
    before = await asking.questions.earlier(question, MOST_EARLIER)
    evidence = _digest(incident, report, await desk.journal.revision(incident.id))
    same = None if before else await asking.questions.same(question, evidence, now - SAME_FOR)
    known = case(incident, report, now)
    words = (known.words, fence.earlier(await so_far(asking, before)), fence.question(question.text))
    return Known(
        words="\n\n".join(part for part in words if part),
        sources=known.sources,
        evidence=evidence if not before else "",
        until=now + timedelta(seconds=ANSWER_S),
        ask_a_model=asking.consult.available,
        same=same[0] if same else None,
        same_at=same[1] if same else None,
    )


async def _first_look(asking: Asking, incident: Incident) -> Report | None:
    """The newest report; of an incident that has just begun, once it is there."""
    journal = asking.desk.journal
    try:
        async with asyncio.timeout(FIRST_LOOK_S):
            while (report := await journal.report(incident.id, incident.opening)) is None:  # noqa: ASYNC110 - another process may keep it
                await asyncio.sleep(LOOK_AGAIN_S)
            return report
    except TimeoutError:
        return None


def _digest(incident: Incident, report: Report | None, revision: int) -> str:
    """Changes with whatever an answer could rest on."""
    facts = "" if report is None else repr((report.analysis, report.context.gaps, report.context.waiting))
    told = repr((incident.id, incident.opening, revision, facts))
    return hashlib.sha256(told.encode(errors="replace")).hexdigest()
