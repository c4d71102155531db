"""The one switch that stops all: anyone may turn it on, few may turn it off, everybody hears of both."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import stamina
import structlog

from bot.approve import named
from bot.domain.approval import Stop
from bot.domain.briefing import Briefing
from bot.domain.text import safe
from bot.guard.redact import redact
from bot.insist import attempt
from bot.ports import JournalDown
from bot.runs.action_ports import Entry
from bot.runs.job import record
from bot.runs.workshop import Workshop

log = structlog.get_logger(__name__)

ANNOUNCING_S = 10.0
"""How long it is tried to tell the incidents channel: whoever turned the switch waits for the answer."""
AUDIT_TRIES = 3
"""As often it is tried to record that it is on, beside that."""
UNTOLD = " The incidents channel could not be told: tell people yourself."
UNAUDITED = " It is not in the audit log yet: say it again in a minute."


async def stop(shop: Workshop, user_id: str, reason: str) -> str:
    """Halts every run on every replica; the answer for the one who asked. Raises JournalDown where it may not be on.

    What fails once it is on is said, and made up for by whoever says it again.
    """
    reason = redact(reason.strip())[:500]
    if not reason:
        return "Say why in a few words, for those who will ask: `/incident-action emergency-stop wrong cluster`."
    turned = Stop(user_id, reason, shop.desk.clock.now())
    first = await shop.switch.stop(turned)
    on = turned if first else await shop.switch.state()
    if on is None:
        return "It was just lifted. Say it again."
    going = await _halt(shop)
    facts = {"reason": reason} | ({} if going is None else {"runs": going}) | ({} if first else {"was": _facts(on)})
    told, audited = await asyncio.gather(
        _announce(shop, _words(on, going), f"switch:{on.at.isoformat()}", again=not first),
        _audited(shop, Entry("stop.on", user_id, facts=facts)),
    )
    said = _stopped(going) if first else f"It is on already, since {on.at:%H:%M} UTC by <@{on.by}>."
    return said + ("" if told else UNTOLD) + ("" if audited else UNAUDITED)


async def _halt(shop: Workshop) -> list[str] | None:
    """Has every run look at the switch now: where it cannot be called, it does so by itself, and before each deed.

    Which those are; None where that cannot be read.
    """
    try:
        going = await shop.runs.unended()
    except JournalDown:
        return None
    for run in going:
        with suppress(JournalDown):
            await shop.call(run.id)
    return [run.id for run in going]


def _halted(going: list[str] | None) -> str:
    runs = "What runs is" if going is None else "1 run is" if len(going) == 1 else f"{len(going)} runs are"
    return f"{runs} being halted. Nothing runs until it is lifted."


def _stopped(going: list[str] | None) -> str:
    return f"Stopped. {_halted(going)} `/incident-action resume` lifts it, by those who may."


def _words(on: Stop, going: list[str] | None) -> Briefing:
    words = f"🛑 *Emergency stop* by <@{on.by}>: {safe(on.reason, 300)}"
    return Briefing(plain="Emergency stop", headline=f"{words}\n{_halted(going)}")


def _facts(on: Stop) -> dict[str, str]:
    return {"by": on.by, "reason": on.reason, "at": on.at.isoformat()}


async def _audited(shop: Workshop, entry: Entry) -> bool:
    """It is on all the same: each run that it ends tells the audit by whom and why, and so does lifting it."""
    try:
        async for tried in stamina.retry_context(JournalDown, attempts=AUDIT_TRIES, wait_max=1.0):
            with tried:
                await record(shop, entry)
    except JournalDown:
        log.exception("an emergency stop is not in the audit", who=entry.who)
        return False
    return True


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
        return f"Not lifted: {person.why_not or 'you are not among those who may'}. Ask one of {named(may)}."
    await record(shop, Entry("stop.lifted", user_id, facts={"was": _facts(on)}))  # first: else it stays on
    await shop.switch.lift()
    words = f"▶ Emergency stop lifted by <@{user_id}>. Halted runs stay ended; begin them again where they are wanted."
    key = f"switch:{shop.desk.clock.now().isoformat()}"
    await _announce(shop, Briefing(plain="Emergency stop lifted", headline=words), key)
    return "Lifted."


async def _announce(shop: Workshop, words: Briefing, key: str, *, again: bool = False) -> bool:
    """In the incidents channel, where there is one. Slack being away does not keep the switch from being turned.

    `again`: it may stand there already.
    """
    chat, channel = shop.desk.chat, shop.desk.incidents_channel
    if channel is None:
        return True

    async def stand() -> None:
        if not again or await chat.find(channel, key) is None:
            await chat.post(channel, words, key=key)

    return await attempt("switch", stand, ANNOUNCING_S)
