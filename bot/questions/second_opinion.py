"""After the briefing: a model says what it makes of the same findings, and the message is improved in place.

The briefing never waits for it. What comes after the deadline, from no model, or in another form, leaves it as the
evidence made it, and the briefing says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.desk import Telling
from bot.domain.analysis import Fact
from bot.domain.context import Report
from bot.domain.dialogue import Message, Request, Text
from bot.domain.incident import Incident
from bot.domain.money import Account
from bot.domain.opinion import SCHEMA, read
from bot.prompts import prompt
from bot.questions.case import case
from bot.questions.check_opinion import join
from bot.questions.consult import Consult, Consulted, NoModel
from integrations.contract import Gap

log = structlog.get_logger(__name__)

MOST_TOKENS = 1_500
"""Of the answer: its form has room for a few sentences."""
MODEL = "model"
"""How the briefing calls it where it could not be asked."""


async def second_opinion(telling: Telling) -> bool:
    """Asks once and keeps what came of it; whether anything did. Raises JournalDown."""
    desk = telling.desk
    report = await desk.journal.report(telling.incident_id, telling.opening)
    if desk.consult is None or not desk.consult.available or report is None or report.analysis.model:
        return False
    incident = await telling.incident()
    better = await improved(desk.consult, incident, report, desk.clock.now(), desk.opinion_deadline_s)
    await desk.journal.keep_report(telling.incident_id, telling.opening, better)
    desk.changed.set()
    return better.analysis.model is not None


async def improved(consult: Consult, incident: Incident, report: Report, now: datetime, deadline_s: float) -> Report:
    """The report with the opinion joined to its analysis, or with a gap that says why there is none."""
    told = case(incident, report, now)
    asked = Message("user", (Text(told.words),))
    request = Request("analysis", prompt("analysis"), (asked,), (), MOST_TOKENS, SCHEMA)
    account = Account("briefing", incident.id)
    try:
        async with asyncio.timeout(deadline_s):
            found = await consult.ask(request, account, urgent=True)
        return _joined(report, told.facts, found)
    except TimeoutError:
        return _without(report, f"no answer in {deadline_s:g} s")
    except NoModel as none:
        return _without(report, none.reason)
    except ValueError:
        log.warning("an opinion in another form", incident=incident.id)
        return _without(report, "its answer had another form")


def _joined(report: Report, facts: Sequence[Fact], found: Consulted) -> Report:
    """Raises ValueError where the answer has another form, or was cut."""
    services = frozenset(report.context.scope.services)
    analysis = join(report.analysis, read(found.reply.text), facts, services, found.reply.model)
    return replace(report, analysis=replace(analysis, cost=found.cost))


def _without(report: Report, reason: str) -> Report:
    gaps = tuple(gap for gap in report.context.gaps if gap.source != MODEL)
    return replace(report, context=replace(report.context, gaps=(*gaps, Gap(MODEL, reason))))
