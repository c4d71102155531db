"""Somebody wants a human: asked once whether to call who is on call, and then they are called once.

Where nobody can be called from here, it is said who could be, and what to set.
"""

from __future__ import annotations

import structlog

from bot import sections
from bot.desk import Desk
from bot.domain.briefing import Briefing, Button, Section
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.text import link, safe
from bot.domain.words import clock
from bot.guard.redact import redact
from bot.runs.action_ports import Pager
from integrations.contract import Paged, RoomError, Unreachable

log = structlog.get_logger(__name__)

PAGE = "page.person"
"""What the confirming button does; its value is the incident's id."""


async def offer(desk: Desk, pager: Pager, incident: Incident) -> Briefing:
    """What is said to «get me a human»: a button that calls them, or who could be called by hand.

    Raises JournalDown.
    """
    known = await _who(desk, incident)
    if missing := pager.off(incident.service):
        return _said("I can page nobody here", (f"{safe(missing)}.",), known, ask="Call one of them yourself.")
    if before := await _before(pager, incident):
        return _paged_before(before)
    over = " It is resolved." if incident.status == "resolved" else ""
    button = Section(("One tap calls them, once.",), buttons=(_button(incident),))
    headline = f"*Page the on-call of {safe(incident.service, 80)}?*{over}"
    return Briefing(plain=f"Page the on-call of {incident.service}?", headline=headline, sections=(*known, button))


async def call(desk: Desk, pager: Pager, incident: Incident, user_id: str) -> Briefing:
    """The button was tapped: calls who is on call, once for this opening of the incident, and says whom.

    May be repeated. Raises JournalDown.
    """
    if missing := pager.off(incident.service):  # a setting may have gone since the button was shown
        return _said("Nobody was paged", (f"{safe(missing)}.",), await _who(desk, incident))
    title = f"A person is wanted · {incident.severity.name} {incident.service} · {incident.title}"
    try:
        body = redact(_body(desk, incident, user_id))
        paged = await pager.page(incident.service, redact(title), body, _key(incident))
    except RoomError as problem:
        log.warning("nobody was paged", incident=incident.id, reason=str(problem))
        return await _not_paged(desk, incident, problem)
    log.info("paged", incident=incident.id, by=user_id, before=paged.before)
    return _told(incident, paged, user_id)


async def _not_paged(desk: Desk, incident: Incident, problem: RoomError) -> Briefing:
    """Why not. Where nothing was heard they may have been called, and the same button is safe to tap again."""
    reason = f"{safe(problem.reason)}." + (f" To mend it: {safe(problem.fix)}." if problem.fix else "")
    known = await _who(desk, incident)
    if isinstance(problem, Unreachable):
        again = Section(("Tap again: nobody is called twice.",), buttons=(_button(incident),))
        return _said("The pager did not answer", (reason,), (*known, again))
    return _said("Nobody was paged", (reason,), known, ask="Call one of them yourself.")


def _key(incident: Incident) -> str:
    """One page for each opening of an incident."""
    return f"page:{incident.id}:{incident.opening}"


async def _before(pager: Pager, incident: Incident) -> Paged | None:
    """Who was called already. Where the pager does not tell, the button is shown: nobody is called twice anyway."""
    try:
        return await pager.before(incident.service, _key(incident))
    except RoomError as problem:
        log.warning("cannot tell who was paged", incident=incident.id, reason=str(problem))
        return None


def _told(incident: Incident, paged: Paged, user_id: str) -> Briefing:
    if paged.before:
        return _paged_before(paged)
    who = _names(paged) or f"The on-call of {safe(incident.service, 80)}"
    headline = f"*Paged:* {who}, for {safe(incident.service, 80)}, because <@{user_id}> asked. {_seen(paged)}"
    return Briefing(plain=f"Paged: {', '.join(paged.who) or incident.service}", headline=headline.rstrip())


def _paged_before(paged: Paged) -> Briefing:
    """Who was called, whether they answered, and where the next level is called."""
    answered = ""
    if paged.acknowledged is not None:
        answered = ", and it was answered" if paged.acknowledged else ", not answered yet"
    headline = f"*Paged before:* {_names(paged) or 'the on-call'}, for this incident{answered}. {_seen(paged)}"
    lines = ("Nobody was called again. The next level is called in PagerDuty, by *Escalate* on the page.",)
    return Briefing(plain="Paged before", headline=headline.rstrip(), sections=(Section(lines),))


def _names(paged: Paged) -> str:
    return ", ".join(safe(name, 60) for name in paged.who[:5])


def _seen(paged: Paged) -> str:
    return f"{link(paged.url, 'See the page')}." if paged.url else ""


def _body(desk: Desk, incident: Incident, user_id: str) -> str:
    where = f" #{incident.channel.name}" if incident.channel else ""
    return (
        f"Somebody asked for a person in Slack{where} (user {user_id}).\n"
        f"{incident.severity.name} {incident.service}: {incident.title}, "
        f"since {clock(incident.started_at, desk.clock.now())}. {incident.id}"
    )


async def _who(desk: Desk, incident: Incident) -> tuple[Section, ...]:
    """Who is on call by the last look, and whose service it is; what to set where neither is known."""
    report: Report | None = await desk.journal.report(incident.id, incident.opening)
    found = sections.on_call(report, desk.clock.now()) if report else None
    service = desk.catalog.service(incident.service)
    if found is None and service.owner:
        found = Section((), title="Owner", aside=safe(service.owner, 60))
    if found is None:
        return (Section(("Who answers for it is not known: `oncall` and `owner` in SERVICES_FILE say so.",)),)
    return (found,)


def _button(incident: Incident) -> Button:
    return Button("Page them", PAGE, incident.id, "danger")


def _said(headline: str, lines: tuple[str, ...], more: tuple[Section, ...], ask: str = "") -> Briefing:
    parts = (Section(lines), *more, *((Section((ask,)),) if ask else ()))
    return Briefing(plain=headline, headline=f"*{headline}*", sections=parts)
