"""A run as a message: every step with its state and times, and what it waits for (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.approval import Halted
from bot.domain.briefing import Briefing, Button, Section
from bot.domain.move import Choose
from bot.domain.run import (
    Ended,
    Event,
    Run,
    StepPrepared,
    Stopped,
)
from bot.domain.text import bare, code, prose, safe
from bot.runs import still_open
from bot.runs.endings import EMERGENCY, everything_stopped, sentence
from bot.runs.next_move import asks_again, choices, next_move
from bot.runs.progress import progress_of
from bot.runs.step_words import clock, fenced, mark, words
from runbooks.commands import shown
from runbooks.model import Step
from runbooks.prepared import Prepared

_RESULTS = {
    "done": "✅ done",
    "failed": "❌ failed",
    "denied": "⛔ denied",
    "expired": "⌛ nobody answered in time",
    "stopped": "⏹ stopped",
    "refused": "⛔ not run",
}


_GRANT = "Your team can let it run unasked: AUTONOMY_FILE."


def run(asked: Run, events: Sequence[Event], earned: Sequence[str] = ()) -> Briefing:
    """The run's own message: every step with its state and times, and how to end it."""
    title = safe(asked.runbook.title, 120)
    ended = next((event for event in events if isinstance(event, Ended)), None)
    state = _RESULTS[ended.result] if ended else still_open.state(asked, events)
    halted = everything_stopped(events)
    stopped = next((event.by for event in events if isinstance(event, Stopped) and event.by != "bot"), "")
    stopped = stopped or (halted.by if halted else "")
    by = f" by <@{stopped}>" if ended and ended.result == "stopped" and stopped else ""
    lines = [_step_line(number, step, events) for number, step in enumerate(asked.runbook.steps, 1)]
    lines += [_rollback_line(event, events) for event in _rollbacks(events)]
    sections = [Section(tuple(lines))]
    move = next_move(asked, events)
    if isinstance(move, Choose):
        sections.append(_choice(asked, events, move.path))
    if ended:
        sections += [Section((why,)) for why in _why(ended, halted)]
    sections += [Section((f"{code(name)} was approved and found good ten times running. {_GRANT}",)) for name in earned]
    how = f"`{asked.id}`" + ("" if ended else f" · `/incident-action stop {asked.id}` ends it")
    return Briefing(
        plain=f"{bare(asked.runbook.title, 120)}: {state}",
        headline=f"*Runbook · {title}* {code(asked.runbook.id)} · {state}{by}\nasked by <@{asked.asked_by}> "
        f"{clock(asked.asked_at)} UTC · works on {code(asked.target)} · profile {asked.profile}",
        sections=tuple(sections),
        footer=how,
    )


def _why(ended: Ended, halted: Halted | None) -> Iterator[str]:
    """Why it ended as it did; what a person said is told as theirs."""
    if halted is not None:
        yield _halted(halted)
    if ended.reason and not (halted and ended.reason.startswith(EMERGENCY)):
        yield prose(sentence(ended.reason), 600)


def _halted(halted: Halted) -> str:
    by = f"<@{halted.by}> stopped everything" if halted.by else "Everything was stopped"
    return f"{by}: «{prose(halted.reason, 300)}»"


def stopped_with_all(asked: Run, halted: Halted) -> Briefing:
    """That the emergency stop ended a run, for those who read along where it went on."""
    ended = f"{code(asked.id)} ({safe(asked.runbook.title, 80)}) is ended, and nothing runs until it is lifted."
    how = "`/incident-action resume` lifts it, by those who may."
    return Briefing(plain="Emergency stop", headline=f"🛑 {_halted(halted)}\n{ended} {how}")


def output(prepared: Prepared, index: int, text: str, most: int) -> Briefing:
    """What was run and what it wrote; its end, where it is long: that is where programs say what went wrong."""
    end = text[-most:]
    shortened = text if len(text) <= most else "… the whole is in the file\n" + (end.partition("\n")[2] or end)
    return Briefing(
        plain=f"Step {prepared.path} wrote {len(text):,} characters",
        headline=f"*Step {prepared.path} · {safe(prepared.name, 100)}*\n{code(shown(prepared.deeds[index]), 300)}",
        sections=(Section((f"```{fenced(shortened)}```",)),),
    )


def audited(head: str) -> Briefing:
    """Where the audit log stood when the run ended; `head` is number and seal."""
    number = head.partition(":")[0]
    return Briefing(
        plain=f"Recorded up to entry {number}",
        headline=f"Recorded up to entry {number} of the audit log.",
        footer=f"`first-responder audit verify --head {head}` shows later that nothing of it was changed or cut.",
    )


def line(text: str) -> Briefing:
    """A sentence that a runbook says."""
    return Briefing(plain=safe(text, 200), headline=prose(text, 1_500))


def _step_line(number: int, step: Step, events: Sequence[Event]) -> str:
    path = str(number)
    return f"{mark(path, events)} {number}. {safe(step.name or step.action, 100)}{_about(path, events)}"


def _about(path: str, events: Sequence[Event]) -> str:
    told = " · ".join(words(path, events))
    return f" · {told}" if told else ""


def _rollback_line(event: StepPrepared, events: Sequence[Event]) -> str:
    path = event.prepared.path
    return f"{mark(path, events)} undo {path.partition('.')[0]}{_about(path, events)}"


def _rollbacks(events: Sequence[Event]) -> list[StepPrepared]:
    found = {
        e.prepared.path: e for e in events if isinstance(e, StepPrepared) and e.prepared.path.endswith(".rollback")
    }
    return list(found.values())


def _choice(asked: Run, events: Sequence[Event], path: str) -> Section:
    """What a person can choose, and what happens until somebody does: nothing."""
    lost = progress_of(events, path).lost is not None
    told = (
        f"Step {path} began and I was not there at its end: it *may have run*. Nothing goes on until you choose."
        if lost
        else f"Nobody answered for step {path} in time, so it was not run. It can be asked again."
    )
    again = "Run again (asks first)" if asks_again(events, path) else "Run again"
    value = f"{asked.id} {path}"
    buttons = {
        "check": Button("Check", "choose.check", value),
        "again": Button(again if lost else "Ask again", "choose.again", value),
        "stop": Button("Stop here", "choose.stop", value, "danger"),
    }
    return Section((told,), buttons=tuple(buttons[one] for one in choices(events, path)))
