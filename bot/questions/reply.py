"""How an answer stands in Slack: it begins to grow at once, and at its end it says what is recorded, for good."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import structlog

from bot.domain.briefing import Briefing
from bot.domain.incident import Posted
from bot.domain.money import NOTHING
from bot.domain.plain import as_text
from bot.domain.question import Answer
from bot.domain.talk import Talk
from bot.insist import attempt, insist
from bot.ports import ChatError
from bot.questions import compose_answer
from bot.questions.asking import Asking, Known

log = structlog.get_logger(__name__)

NOWHERE = Posted("", "")
"""Of a reply that Slack takes nowhere: the thread, or the whole channel, is gone."""


async def begin(asking: Asking) -> Posted:
    """The reply, growing from now on. Raises JournalDown."""
    asked = asking.question
    begun = partial(
        asking.desk.chat.begin_reply, asked.channel_id, asked.thread, reader=asked.user_id, key=f"answer:{asked.id}"
    )
    try:
        asking.reply = await insist(begun)
    except ChatError as problem:
        log.warning("nowhere to answer", slack=problem.code)
        return NOWHERE
    await asking.questions.keep_reply(asked.id, asking.reply)
    await asking.show()
    return asking.reply


async def end(asking: Asking, known: Known, talk: Talk | None) -> bool:
    """Records the answer, and then says it: whatever kills the bot in between, it says the same. Raises JournalDown."""
    desk, asked = asking.desk, asking.question
    answer = await asking.questions.answer(asked.id)
    if answer is None:
        answer = await _answer(asking, known, talk)
        await asking.questions.keep_answer(asked.id, answer, desk.clock.now())
        desk.measures.answered(answer.ended)
    if asking.reply in (None, NOWHERE):
        return False
    try:
        await insist(partial(desk.chat.end_reply, asking.reply, answer.briefing))
    except ChatError as problem:  # somebody removed the reply, or the whole channel
        log.warning("no reply to end", slack=problem.code)
        return False
    return True


async def _answer(asking: Asking, known: Known, talk: Talk | None) -> Answer:
    """What is said: the model's answer, that of a moment ago, or what the evidence tells."""
    desk, asked = asking.desk, asking.question
    now = desk.clock.now()
    if known.same is not None and known.same_at is not None:
        again = compose_answer.again(known.same, known.same_at, asked.id, now)
        return Answer(again, known.same.plain, known.same.ended, known.same.model)
    if talk is not None:  # what was cut short, and what summing up the thread took, stands in none of its turns
        talk = replace(talk, cost=await asking.consult.spent_on_answer(asking.account))
    incident = await desk.journal.incident(asked.incident_id)
    if talk is not None and talk.text and talk.why != "refusal":
        told = compose_answer.from_model(talk, asked, incident, now)
        if told is not None:
            ended = compose_answer.ended(talk)
            evidence = known.evidence if ended == "complete" else ""
            return Answer(told, as_text(told), ended, talk.model, talk.cost, evidence)
    report = await desk.journal.report(incident.id, incident.opening)
    told = compose_answer.from_evidence(asked, incident, report, talk, now)
    stopped = talk is not None and talk.why == "stopped"
    cost = talk.cost if talk is not None else NOTHING
    return Answer(told, as_text(told), "stopped" if stopped else "evidence", None, cost)


async def give_up(asking: Asking) -> None:
    """Says that there is no answer, where its story failed again and again. Raises JournalDown."""
    asking.reply = await asking.questions.reply(asking.question.id)
    sorry = "I failed five times over this answer; my log tells why. Ask again, or `/incident-action status`."
    failed = Answer(Briefing(plain=sorry, headline=sorry), sorry, "stopped")
    await asking.questions.keep_answer(asking.question.id, failed, asking.desk.clock.now())
    if asking.reply is not None:
        await attempt("sorry", partial(asking.desk.chat.end_reply, asking.reply, failed.briefing))
