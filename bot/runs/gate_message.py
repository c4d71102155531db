"""A gate as a message: exactly what would run, why, what undoes it, who may answer; then what came of it (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.approve import named
from bot.domain.approval import Gate, Verdict
from bot.domain.briefing import Briefing, Section
from bot.domain.run import (
    Ended,
    Event,
    GateDecided,
    GateOpened,
    Run,
    StepPrepared,
    Stopped,
)
from bot.domain.text import bare, code, prose, safe
from bot.domain.words import figure
from bot.runs.next_move import done_before
from bot.runs.progress import known
from bot.runs.step_words import clock, fenced, verdict_words, words
from runbooks.commands import shown
from runbooks.prepared import Deed, Http, Prepared, Value, digest
from runbooks.variables import VARIABLE, names_in


def gate(asked: Run, events: Sequence[Event], question: Gate) -> Briefing:
    """One gate: exactly what would run, why, what undoes it, who may answer and until when; then what came of it."""
    prepared = prepared_of(asked, events, question)
    name = safe(prepared.name or prepared.deeds[0].kind, 120)
    what = f"Step {question.path} of {len(asked.runbook.steps)}"
    if question.path.endswith(".rollback"):
        what = f"Undo step {question.path.partition('.')[0]}"
    return Briefing(
        plain=f"{what}: {bare(prepared.name, 120)}, risk {question.risk}. Approve?",
        headline=f"*{what} · {name}* · risk {question.risk} · asked by <@{question.asked_by}>",
        sections=(
            Section((commands(prepared),)),
            Section((*_warned(question, events), *_reasons(asked, events, prepared))),
            Section((_state(question, events),)),
        ),
        footer=f"`{question.id}` · {_how(question)}" if _verdict(question, events) is None else f"`{question.id}`",
    )


def commands(prepared: Prepared) -> str:
    """Exactly what would run, as it stands in the message, a command a line; the body of a request is set in."""
    return "```" + "\n".join(_lines(deed) for deed in prepared.deeds) + "```"


def _lines(deed: Deed) -> str:
    text = fenced(shown(deed))
    return text.replace("\n", "\n    ") if isinstance(deed, Http) else text


def prepared_of(asked: Run, events: Sequence[Event], question: Gate) -> Prepared:
    """What this gate asked about, whatever was prepared since."""
    return next(
        event.prepared
        for event in events
        if isinstance(event, StepPrepared) and digest(asked.id, event.prepared) == question.digest
    )


def turned_down(why: str) -> Briefing:
    """Why somebody's answer does not count, for them alone."""
    return Briefing(plain="Your answer does not count here", headline=why)


def source(value: Value) -> str:
    """Where a value came from; a person who gave it is named as people are."""
    giver = re.fullmatch(r"given by <@([UW][A-Z0-9]+)>", value.source)
    return f"given by <@{giver[1]}>" if giver else safe(value.source, 80)


def _condition(asked: Run, events: Sequence[Event], prepared: Prepared) -> Iterator[str]:
    """What had to hold for the step to be asked for, with the values by which it did."""
    number = prepared.path.partition(".")[0]
    step = asked.runbook.steps[int(number) - 1]
    if not step.condition or prepared.path != number:
        return
    now = known(asked, events)
    used = [(name, now[name]) for name in names_in(step.condition) if name in now]
    told = [(name, code(_rounded(value.text, step.condition), 60), source(value)) for name, value in used]
    values = [f"{'it' if len(used) == 1 else _spoken(name)} is {shown} ({origin})" for name, shown, origin in told]
    holds = code(VARIABLE.sub(lambda found: _spoken(found[1]), step.condition))
    yield f"Because {holds}" + (f": {', '.join(values)}" if values else "")


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _rounded(text: str, condition: str) -> str:
    """A fraction as people read it, unless it could not be told from what it is compared with then."""
    if not re.fullmatch(r"-?\d+\.\d+", text):
        return text
    shown = figure(float(text))
    return text if shown in re.findall(r"-?[\d.]+", condition) else shown


def _warned(question: Gate, events: Sequence[Event]) -> Iterator[str]:
    """What was to be known before it was answered; afterwards it is what was known then."""
    if question.warned:
        yield f"⚠️ {question.warned}" if _verdict(question, events) is None else f"Told then: {question.warned}"


def _reasons(asked: Run, events: Sequence[Event], prepared: Prepared) -> Iterator[str]:
    why = next(
        (e.why for e in reversed(events) if isinstance(e, StepPrepared) and e.prepared == prepared and e.why), ""
    )
    if asked.why:
        yield f"Likely cause: {prose(asked.why, 400)}"
    yield from _condition(asked, events, prepared)
    if why:
        yield f"Asks because {prose(why, 300)}"
    if ran := done_before(events, prepared.path):
        yield f"The first {ran} ran already and {'is' if ran == 1 else 'are'} not repeated."
    if prepared.unsafe:
        yield f"Unsafe: {prose(prepared.unsafe, 300)}"
    if prepared.values:
        yield "With " + " · ".join(
            f"{code(name)} = {code(value.text, 120)} ({source(value)})"
            for name, value in sorted(prepared.values.items())
        )
    if not prepared.reads:
        undo = " · ".join(code(shown(deed), 400) for deed in prepared.rollback)
        yield f"Undo: {undo or prose(prepared.undo or 'nothing undoes it', 400)}"
    if prepared.check is not None:
        after = f" {figure(prepared.check.wait_s)} s later" if prepared.check.wait_s else ""
        yield f"Check{after}: {code(shown(prepared.check.deed), 300)}"


def _state(question: Gate, events: Sequence[Event]) -> str:
    """The line that says who may answer, and later how it went."""
    verdict = _verdict(question, events)
    if verdict is None:
        if any(isinstance(event, (Stopped, Ended)) for event in events):
            return "Not decided: the run ended before."
        return f"✅ run · ❌ stop · {_who(question)} · until {clock(question.expires_at)} UTC"
    decided = next(e for e in events if isinstance(e, GateDecided) and e.gate_id == question.id)
    told = [verdict_words(verdict), clock(decided.at, seconds=True)]
    since = list(events).index(decided)
    until = next((i for i, e in enumerate(events) if i > since and isinstance(e, GateOpened)), len(events))
    told += list(words(question.path, events[:until], since))
    return " · ".join(told)


def _verdict(question: Gate, events: Sequence[Event]) -> Verdict | None:
    return next((e.verdict for e in events if isinstance(e, GateDecided) and e.gate_id == question.id), None)


def _who(question: Gate) -> str:
    names = named(question.approvers)
    if question.people > 1:
        return f"{question.people} different people of {names}"
    return f"one of {names}" + ("" if question.asker_may else ", not the one who asked")


def _how(question: Gate) -> str:
    return f"or `/incident-action approve {question.id}` · nothing happens without an answer"
