"""What happened to a step of a run, in a few words each (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.domain.approval import Approved, Denied, Expired, Halted, Verdict
from bot.domain.run import (
    Checked,
    Chosen,
    DeedBegun,
    DeedEnded,
    Ended,
    Event,
    GateDecided,
    GateOpened,
    MayHaveRun,
    StepPrepared,
    StepRefused,
    StepSkipped,
    StepsLeft,
    Stopped,
)
from bot.domain.text import prose, safe
from bot.domain.words import figure
from bot.runs.progress import Progress, progress_of
from runbooks.prepared import Deed, Http, Outcome, Promql


def mark(path: str, events: Sequence[Event]) -> str:
    """How it stands with a step, as one sign: ✅ only where nothing of it is left to do."""
    last = _last(path, events)
    over = any(isinstance(event, Ended) for event in events)
    match last:
        case GateDecided(verdict=verdict):
            mark = "▶" if isinstance(verdict, Approved) else "⛔"
        case DeedEnded(outcome=outcome) if not outcome.ok:
            mark = "❔" if outcome.result in ("stopped", "timeout") else "❌"
        case DeedEnded() | StepsLeft():
            mark = "✅" if _all_done(progress_of(events, path)) else "▶"
        case Checked(ok=ok):
            mark = "✅" if ok else "❌"
        case Chosen() if not _lost(path, events):
            mark = "⛔"
        case _:
            mark = _MARKS.get(type(last), "⚪")
    return {"⏳": "⚪", "▶": "❔"}.get(mark, mark) if over else mark


_MARKS: Mapping[type[object], str] = {
    StepSkipped: "⏭",
    StepRefused: "⛔",
    GateOpened: "⏳",
    DeedBegun: "▶",
    MayHaveRun: "❔",
    Chosen: "❔",
}
"""While the run goes on; once it is over, what waited is blank and what ran is unknown."""


def words(path: str, events: Sequence[Event], since: int = 0) -> Iterator[str]:
    """What happened to a step from the event numbered `since` on, in a few words each."""
    mine, at = of_step(path, events[since:]), progress_of(events, path)
    over = any(isinstance(event, (Ended, Stopped)) for event in events)
    if mine:
        yield from _now(mine, _deeds(at), over=over)
    if at.prepared is not None and at.prepared.ruling == "granted" and at.gate is None:
        yield "granted by your team"
    ends = [event for event in mine if isinstance(event, DeedEnded)]
    if ends and len(_deeds(at)) > 1:
        yield f"{at.done} of {len(_deeds(at))} done"
    if ends and (len(_deeds(at)) == 1 or not ends[-1].outcome.ok):
        yield prose(outcome_words(ends[-1].outcome, next(iter(_deeds(at)[ends[-1].index :]), None)), 200)
    if mine and not over and _check_follows(mine[-1], at):
        yield "check follows"
    yield from (
        f"check: {prose(event.said, 200)} {'✓' if event.ok else '✗'}" for event in mine if isinstance(event, Checked)
    )


def _check_follows(last: Event, at: Progress) -> bool:
    """Whether all of a step is done but its check."""
    checks = at.prepared is not None and at.prepared.prepared.check is not None
    return checks and isinstance(last, DeedEnded | StepsLeft) and _all_done(at)


def _all_done(at: Progress) -> bool:
    return at.done >= len(_deeds(at))


def _deeds(at: Progress) -> Sequence[Deed]:
    return at.prepared.prepared.deeds if at.prepared else ()


def outcome_words(outcome: Outcome, deed: Deed | None = None) -> str:
    """«ran 4.2 s · exit 0»; of a request «status 200», of a query its first figure, or «no series»."""
    parts = [_span(outcome)]
    if outcome.exit is not None:
        parts.append(f"{'status' if isinstance(deed, Http) else 'exit'} {outcome.exit}")
    if outcome.value is not None:
        parts.append(figure(outcome.value))
    if found_nothing(outcome, deed):
        parts.append("no series")
    if outcome.note:
        parts.append(outcome.note)
    if outcome.cut:
        parts.append("output cut")
    return " · ".join(part for part in parts if part)


def found_nothing(outcome: Outcome, deed: Deed | None) -> bool:
    """Whether it was a query, and its answer was empty."""
    return isinstance(deed, Promql) and outcome.ok and outcome.value is None


def verdict_words(verdict: Verdict) -> str:
    match verdict:
        case Approved(by):
            return "✅ approved by " + " and ".join(f"<@{user}>" for user in by)
        case Denied(by):
            return f"❌ denied by <@{by}>"
        case Expired():
            return "⌛ no answer in time: not run"
        case Halted(reason):
            return f"⏹ not run: emergency stop ({safe(reason, 120)})"


def clock(at: datetime, *, seconds: bool = False) -> str:
    return at.strftime("%H:%M:%S" if seconds else "%H:%M")


def fenced(text: str) -> str:
    """For a code block: nothing in it can end the block or become markup."""
    kept = "".join(char if char >= " " or char in "\n\t" else "\ufffd" for char in text).replace("`", "ˋ")
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def of_step(path: str, events: Sequence[Event]) -> list[Event]:
    """Everything about one step, the oldest first."""
    gates = {event.gate.id for event in events if isinstance(event, GateOpened) and event.gate.path == path}
    return [event for event in events if _path(event) == path or getattr(event, "gate_id", None) in gates]


def _path(event: Event) -> str:
    match event:
        case StepPrepared():
            return event.prepared.path
        case GateOpened():
            return event.gate.path
        case _:
            return str(getattr(event, "path", ""))


def _now(mine: Sequence[Event], deeds: Sequence[Deed], *, over: bool) -> Iterator[str]:
    """The state that the last of a step's events leaves it in."""
    match mine[-1]:
        case StepSkipped(reason=reason):
            yield f"skipped: {prose(reason, 200)}"
        case StepRefused(reason=reason):
            yield prose(reason, 400)
        case GateOpened(gate=question) if not over:
            yield f"waits for approval until {clock(question.expires_at)} UTC"
        case GateDecided(verdict=verdict) if not isinstance(verdict, Approved):
            yield verdict_words(verdict)
        case DeedBegun() as begun:
            yield "may have run" if over else _running(begun, len(deeds))
        case MayHaveRun():
            yield "*may have run*: the bot was not there at its end"
        case Chosen(choice="stop") if not any(isinstance(event, MayHaveRun) for event in mine):
            yield verdict_words(Expired())
        case Chosen(choice=choice, by=by):
            yield "nobody chose, so it ends here" if by == "bot" else f"<@{by}> chose: {choice}"
        case _:
            pass


def _running(begun: DeedBegun, count: int) -> str:
    which = f"{begun.index + 1} of {count} " if count > 1 else ""
    return f"{which}running since {clock(begun.at, seconds=True)}"


def _span(outcome: Outcome) -> str:
    seconds = figure(round(outcome.seconds, 1))
    match outcome.result:
        case "done" | "failed":
            return f"ran {seconds} s"
        case "timeout":
            return f"ended at its limit after {seconds} s; may have done part of it"
        case "stopped":
            return f"stopped after {seconds} s; may have run"
        case "refused":
            return "not begun"


def _lost(path: str, events: Sequence[Event]) -> bool:
    return any(isinstance(event, MayHaveRun) for event in of_step(path, events))


def _last(path: str, events: Sequence[Event]) -> Event | None:
    return next(reversed(of_step(path, events)), None)
