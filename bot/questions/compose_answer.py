"""An answer as a message: the model's words held against what exists and made safe, its sources, its cost (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.briefing import Briefing, Button, Section
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.money import NOTHING
from bot.domain.question import Answer, Ended, Question, Source
from bot.domain.talk import Talk, Why
from bot.domain.text import links, safe
from bot.domain.words import ago, count, span
from bot.guard.plain_reply import plain_reply
from bot.questions import answer_from_evidence
from bot.questions.check_answer import Checked, check_answer
from bot.sections import aimed

_CITED = re.compile(r"\[(\d{1,4})\]")
LONGEST_SOURCE = 90
"""Characters of one source's label."""
_SOURCE_LINKS = 2_400
"""Characters that the links of the sources may take."""
_SHORT: dict[Why, str] = {
    "turns": "I stopped after as many looks as one answer may take: ask on from here.",
    "tools": "I stopped after as many looks as one answer may take: ask on from here.",
    "repeats": "I stopped: I was only asking the same things again.",
    "time": "I stopped after a minute: ask a narrower question for more.",
    "tokens": "Cut short: it was more than fits into one answer. Ask a narrower question for more.",
    "stopped": "Stopped.",
    "model": "Cut short: {words}.",
}

_IN_THE_MIDDLE: frozenset[Why] = frozenset({"time", "stopped", "model"})
"""What ends a talk before the model had its say: «Let me look.» is no answer then."""


def ended(talk: Talk) -> Ended:
    """How a talk that has an answer ended."""
    if not talk.why:
        return "complete"
    return "stopped" if talk.why == "stopped" else "limit"


def from_model(talk: Talk, question: Question, incident: Incident, now: datetime) -> Briefing | None:
    """What the model said, as far as it rests on what exists. None: nothing of it is left, or it had only begun."""
    checked = check_answer(talk.text, {source.id for source in talk.sources})
    if talk.why in _IN_THE_MIDDLE and not checked.cited:
        return None
    numbers = {id_: number for number, id_ in enumerate(checked.cited, 1)}
    first, *rest = plain_reply(aimed(renumbered(checked.text, numbers), incident)) or ("",)
    if not first:
        return None
    sections = [Section(tuple(rest))] if rest else []
    if notes := _notes(talk, checked, numbers):
        sections.append(Section(notes))
    if cited := [replace(one, id=numbers[one.id]) for one in talk.sources if one.id in numbers]:
        sections.append(Section(_sources(cited), title="Sources"))
    sections.append(_votes(question.id))
    took = span((now - question.asked_at).total_seconds())
    looks = f" · {count(talk.calls, 'look')}" if talk.calls else ""
    footer = f"{safe(talk.model or 'a model', 60)} · {talk.cost} · {took}{looks}"
    return Briefing(plain=first, headline=first, sections=tuple(sections), footer=footer)


def from_evidence(
    question: Question, incident: Incident, report: Report | None, talk: Talk | None, now: datetime
) -> Briefing:
    """What the last look tells about the question; why no model did, where one was to be asked."""
    cost = talk.cost if talk is not None else NOTHING
    if talk is not None and talk.why == "stopped":
        return Briefing(plain="Stopped.", headline="Stopped.", footer=answer_from_evidence.paid(cost))
    told = answer_from_evidence.answer(question.text, incident, report, now, cost)
    if talk is not None and (why := _why_no_model(talk)):
        note = Section((f"⚠️ {why} This is what the evidence tells.",))
        told = replace(told, sections=(*told.sections, note))
    return replace(told, sections=(*told.sections, _votes(question.id)))


def again(answer: Answer, at: datetime, question_id: str, now: datetime) -> Briefing:
    """The answer that the same question got a moment ago, with buttons of its own."""
    kept = tuple(section for section in answer.briefing.sections if not section.buttons)
    footer = f"answered {ago(at, now)} already, and nothing has changed since · $0.00"
    return replace(answer.briefing, sections=(*kept, _votes(question_id)), footer=footer)


def _why_no_model(talk: Talk) -> str:
    """A sentence for people; empty where the model had its say and nothing of it was left."""
    match talk.why:
        case "model":
            return f"No model: {safe(talk.words, 200)}."
        case "time":
            return "The model took more than a minute."
        case "refusal":
            return "The model did not want to answer this."
        case _:
            return "The model's answer rested on nothing that exists, so it is left out."


def renumbered(text: str, numbers: Mapping[int, int]) -> str:
    """The sources are counted from 1 in each answer: nobody has to look for those that it does not cite."""
    return _CITED.sub(lambda found: f"[{numbers[int(found[1])]}]" if int(found[1]) in numbers else found[0], text)


def _notes(talk: Talk, checked: Checked, numbers: Mapping[int, int]) -> tuple[str, ...]:
    notes: list[str] = []
    if checked.dropped:
        what = count(checked.dropped, "sentence")
        notes.append(f"⚠️ {what} left out: cited a source that does not exist.")
    if not checked.cited:
        notes.append("⚠️ It cites no source: take it as a guess.")
    if talk.flagged:
        where = " ".join(f"[{numbers[id_]}]" for id_ in talk.flagged if id_ in numbers) or "what was looked at"
        notes.append(f"⚠️ A line in {where} addresses the assistant. It was taken as data.")
    if talk.why:
        notes.append("⚠️ " + _SHORT.get(talk.why, "Cut short.").format(words=safe(talk.words, 200)))
    return tuple(notes)


def _sources(cited: Sequence[Source]) -> tuple[str, ...]:
    """«[3] prometheus: error rate …», each number a link where there is one."""
    numbers = links(((source.url, f"[{source.id}]") for source in cited[:20]), _SOURCE_LINKS)
    return tuple(
        f"{number} {safe(source.label.replace('`', ''), LONGEST_SOURCE)}"
        for number, source in zip(numbers, cited, strict=False)
    )


def _votes(question_id: str) -> Section:
    return Section((), buttons=(Button("👍", "thumb.up", question_id), Button("👎", "thumb.down", question_id)))
