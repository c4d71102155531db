"""The one switch that stops all: anyone may turn it on, few may turn it off, everybody hears of both."""

from __future__ import annotations

from functools import partial

import structlog

from bot.domain.approval import Stop
from bot.domain.briefing import Briefing
from bot.domain.text import safe
from bot.insist import attempt
from bot.ports import JournalDown
from bot.runs.action_ports import Entry
from bot.runs.job import record
from bot.runs.workshop import Workshop

log = structlog.get_logger(__name__)

ANNOUNCING_S = 10.0
"""How long it is tried to tell the incidents channel: whoever turned the switch waits for the answer."""


async def stop(shop: Workshop, user_id: str, reason: str) -> str:
    """Halts every run on every replica; the answer for the one who asked. Raises JournalDown."""
    if not reason.strip():
        return "Say why in a few words, for those who will ask: `/incident-action emergency-stop wrong cluster`."
    now = shop.desk.clock.now()
    if not await shop.switch.stop(Stop(user_id, reason.strip()[:500], now)):
        on = await shop.switch.state()
        return (
            f"It is on already, since {on.at:%H:%M} UTC by <@{on.by}>." if on else "It was just lifted. Say it again."
        )
    going = await shop.runs.unended()
    for run in going:
        await shop.call(run.id)
    words = f"🛑 *Emergency stop* by <@{user_id}>: {safe(reason, 300)}"
    halted = (
        f"{len(going)} {'run is' if len(going) == 1 else 'runs are'} being halted. Nothing runs until it is lifted."
    )
    told = await _announce(shop, Briefing(plain="Emergency stop", headline=f"{words}\n{halted}"), now.isoformat())
    alone = "" if told else " The incidents channel could not be told: tell people yourself."
    facts = {"reason": reason, "runs": [run.id for run in going]}
    try:
        await record(shop, Entry("stop.on", user_id, facts=facts))
    except JournalDown:  # it is on all the same
        log.exception("an emergency stop is not in the audit", who=user_id)
    return f"Stopped. {halted} `/incident-action resume` lifts it, by those who may.{alone}"


async def resume(shop: Workshop, user_id: str, service: str) -> str:
    """Lifts it, if this person may; the answer for them. `service` is whose on-call counts. Raises JournalDown."""
    on = await shop.switch.state()
    if on is None:
        return "Nothing is stopped."
    may = shop.rules.approvers.emergency
    if not may:
        return "Not lifted: nobody may. EMERGENCY_APPROVERS is the setting, or APPROVERS_CRITICAL."
    person = await shop.people.person(user_id, may, service)
    if not person.full_member or not person.may:
        await record(shop, Entry("stop.lift_refused", user_id, facts={"why_not": person.why_not}))
        return f"Not lifted: {person.why_not or 'you are not among those who may'}. Ask one of {_names(may)}."
    await shop.switch.lift()
    was = {"by": on.by, "reason": on.reason, "at": on.at.isoformat()}
    await record(shop, Entry("stop.lifted", user_id, facts={"was": was}))
    words = f"▶ Emergency stop lifted by <@{user_id}>. Halted runs stay ended; begin them again where they are wanted."
    await _announce(shop, Briefing(plain="Emergency stop lifted", headline=words), shop.desk.clock.now().isoformat())
    return "Lifted."


async def _announce(shop: Workshop, words: Briefing, key: str) -> bool:
    """In the incidents channel, where there is one. Slack being away does not keep the switch from being turned."""
    if shop.desk.incidents_channel is None:
        return True
    post = partial(shop.desk.chat.post, shop.desk.incidents_channel, words, key=f"switch:{key}")
    return await attempt("switch", post, ANNOUNCING_S)


def _names(approvers: tuple[str, ...]) -> str:
    named = (
        "who is on call" if one == "oncall" else f"<!subteam^{one}>" if one.startswith("S") else f"<@{one}>"
        for one in approvers
    )
    return " or ".join(named)
