"""What is nice to have after the briefing: topic, pin, people, chart. An outage of Slack is waited for, a no is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from bot import compose
from bot.desk import Telling
from bot.domain.context import Report
from bot.domain.incident import Incident, declarer
from bot.insist import OUTAGE_S, attempt
from bot.place import home_of
from bot.priority import Priority, done_as
from integrations.contract import OnCall

Chore = Callable[[Telling], Awaitable[bool]]


async def topic(telling: Telling) -> bool:
    """Severity, alert and likely cause, on top of the channel. A lead's channel has the lead's."""
    incident, report = await _known(telling)
    if incident.channel is None or incident.lead is not None:
        return False
    words = compose.topic(incident, report)
    return await attempt("topic", partial(telling.desk.chat.topic, incident.channel.id, words), OUTAGE_S)


async def pin(telling: Telling) -> bool:
    """The briefing, so that it is found again; that of a lead leads to those that are told with it."""
    incident, _ = await _known(telling)
    if incident.message is None or incident.lead is not None:
        return False
    return await attempt("pin", partial(telling.desk.chat.pin, incident.message), OUTAGE_S)


async def invite(telling: Telling) -> bool:
    """Those who are on call come in, where the incident is told, and whoever declared it; nobody else is called.

    Who declared an earlier opening is not asked in again: what a person declares ends with its opening.
    """
    incident, report = await _known(telling)
    emails = [person.email for person in report.context.of(OnCall) if person.email] if report else []
    declared = tuple(dict.fromkeys(user for alert in incident.firing if (user := declarer(alert))))
    home = await home_of(telling.desk, incident)
    if home is None or not (emails or declared):
        return False
    return await attempt("invite", partial(telling.desk.chat.invite, home.id, emails, declared), OUTAGE_S)


async def picture(telling: Telling) -> bool:
    """Error rate and latency over time, in the thread of the briefing."""
    incident, report = await _known(telling)
    png = await telling.desk.looking.draw(report, incident) if report else None
    if png is None or incident.message is None:
        return False
    words, key = compose.chart_words(incident), f"{incident.id}:{telling.opening}:chart"
    post = partial(telling.desk.chat.picture, incident.message, png, title=words.plain, alt=words.headline, key=key)
    return await attempt("chart", post, OUTAGE_S)


async def _known(telling: Telling) -> tuple[Incident, Report | None]:
    incident = await telling.incident()
    return incident, await telling.desk.journal.report(incident.id, telling.opening)


@done_as(Priority.CHATTER)
async def _unless_fired_again(chore: Chore, telling: Telling) -> bool:
    """An opening that is over and fired again is told by its next story, which has its own chores."""
    return (await telling.incident()).opening == telling.opening and await chore(telling)


CHORES: dict[str, Chore] = {
    name: partial(_unless_fired_again, chore)
    for name, chore in {"topic": topic, "pin": pin, "invite": invite, "chart": picture}.items()
}
