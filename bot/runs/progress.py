"""What a run's events say of each of its steps (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.approval import Approved, Denied, Expired, Gate, Halted, Verdict
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
    Run,
    StepPrepared,
    StepRefused,
    StepSkipped,
    StepsLeft,
)
from runbooks.prepared import Deed, Outcome, Prepared, Value
from runbooks.reading import is_read
from runbooks.variables import BUILT_IN


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step is, or what undoes it. Everything but the first five starts anew with each preparation."""

    path: str
    again: bool = False
    """Whether a person chose to run it once more: from there on only a gate lets it run, unless it only reads."""
    ran: bool = False
    """Whether any of its deeds ran, or may have."""
    asked: tuple[str, ...] = ()
    """Ids of its gates."""
    no: Denied | Expired | Halted | None = None
    """The first no at any of its gates. It stays, but for the one that nobody answered, once a person asks again."""
    prepared: StepPrepared | None = None
    kept: int = 0
    """Deeds, from the first, that ran under an earlier preparation and are the same in this one: not repeated."""
    done: int = 0
    """Deeds, from the first, that ended well; `kept` are among them."""
    touched: bool = False
    """Whether a deed was begun under this preparation."""
    gate: Gate | None = None
    """The last one, opened after the preparation."""
    approved: bool = False
    """By the verdict at `gate`."""
    failure: Outcome | None = None
    lost: int | None = None
    """The deed that may have run."""
    chosen: Chosen | None = None
    """After it was lost."""
    checked: Checked | None = None
    left: bool = False
    """Whether its output was read."""
    skipped: StepSkipped | None = None
    refused: StepRefused | None = None

    @property
    def changed_something(self) -> bool:
        """Whether it ran, or may have, and did more than look."""
        return self.ran and self.prepared is not None and not self.prepared.prepared.reads

    @property
    def helped(self) -> bool:
        """Whether it changed something, and its check says that this helped."""
        return self.changed_something and self.checked is not None and self.checked.ok


def progress_of(events: Iterable[Event], path: str) -> Progress:
    """The step at this path by all that was recorded. Events that cannot be, such as an end without a beginning that
    somebody prepared, change nothing that would let it run.
    """
    at = Progress(path)
    for event in events:
        if isinstance(event, GateDecided):
            at = _decided(at, event)
        elif _path(event) == path:
            at = _looked(_acted(_begun(at, event), event), event)
    return at


def _path(event: Event) -> str:
    match event:
        case StepPrepared():
            return event.prepared.path
        case GateOpened():
            return event.gate.path
        case _:
            return getattr(event, "path", "")


def _begun(at: Progress, event: Event) -> Progress:
    match event:
        case StepPrepared() if _open(at):
            return _prepared(at, event)
        case StepSkipped() if _open(at):
            return replace(at, skipped=event)
        case StepRefused():
            return replace(at, refused=event)
        case GateOpened() if at.prepared:
            return replace(at, gate=event.gate, approved=False, asked=(*at.asked, event.gate.id))
        case _:
            return at


def _acted(at: Progress, event: Event) -> Progress:
    match event:
        case DeedBegun():
            return replace(at, touched=True)
        case DeedEnded():
            return _ended(at, event)
        case MayHaveRun():
            return replace(at, lost=event.index, ran=True, chosen=None, checked=None)
        case Chosen():
            return _chosen(at, event)
        case _:
            return at


def _chosen(at: Progress, event: Chosen) -> Progress:
    """Where nobody answered in time, what stands prepared is asked again, by another gate, or the run ends."""
    if isinstance(at.no, Expired):
        asks = event.choice == "again"
        return replace(at, no=None, gate=None, approved=False) if asks else replace(at, chosen=event)
    if at.lost is not None:
        return replace(at, chosen=event, checked=None, again=at.again or event.choice == "again")
    return at


def _looked(at: Progress, event: Event) -> Progress:
    match event:
        case Checked():
            return replace(at, checked=event)
        case StepsLeft():
            return replace(at, left=True)
        case _:
            return at


def _open(at: Progress) -> bool:
    """Whether it can still be prepared: nothing of it was begun, or a person chose to run it again."""
    return not at.touched or (at.chosen is not None and at.chosen.choice == "again")


def _prepared(at: Progress, event: StepPrepared) -> Progress:
    kept = _kept(at, event.prepared)
    return Progress(at.path, at.again, at.ran, at.asked, at.no, event, kept=kept, done=kept)


def _kept(at: Progress, now: Prepared) -> int:
    """How many deeds from the first are done already: the same deeds, in the same places, before and now."""
    before = at.prepared.prepared.deeds[: at.done] if at.prepared else ()
    same = [old == new for old, new in zip(before, now.deeds, strict=False)]
    return same.index(False) if False in same else len(same)


def _ended(at: Progress, event: DeedEnded) -> Progress:
    at = replace(at, touched=True, ran=at.ran or event.outcome.result != "refused")
    if at.chosen is None and at.lost == event.index:  # its end came to light after all
        at = replace(at, lost=None)
    if not event.outcome.ok:
        return replace(at, failure=event.outcome)
    return replace(at, done=at.done + 1) if event.index == at.done else at


def _decided(at: Progress, event: GateDecided) -> Progress:
    verdict: Verdict = event.verdict
    if event.gate_id not in at.asked:
        return at
    if isinstance(verdict, Approved):
        return replace(at, approved=at.approved or (at.gate is not None and at.gate.id == event.gate_id))
    return replace(at, no=at.no or verdict)


def prepared_at(events: Sequence[Event], path: str) -> StepPrepared:
    """What stands prepared at this place, the last one. Raises LookupError where nothing does."""
    found = progress_of(events, path).prepared
    if found is None:
        raise LookupError(f"step {path} is not prepared")
    return found


def changed(events: Iterable[Event]) -> bool:
    """Whether the run did more than look: a deed that is no read ended well, or a check says that one has helped whose
    end nobody saw.
    """
    events = tuple(events)
    if any(isinstance(event, DeedEnded) and event.outcome.ok and not is_read(deed) for event, deed in _deeds(events)):
        return True
    paths = {event.prepared.path for event in events if isinstance(event, StepPrepared)}
    return any(progress_of(events, path).helped for path in paths)


def put_right(events: Iterable[Event]) -> bool:
    """Whether the run came to its end, and changed something on the way there."""
    events = tuple(events)
    return changed(events) and any(isinstance(event, Ended) and event.result == "done" for event in events)


def begun(events: Iterable[Event]) -> tuple[Deed, ...]:
    """Every deed that was begun, in order, as often as it was."""
    return tuple(deed for event, deed in _deeds(events) if isinstance(event, DeedBegun))


def seconds_run(events: Iterable[Event]) -> float:
    """How long programs, requests and queries of the run took; pauses, messages and people are not counted."""
    return sum(
        event.outcome.seconds
        for event, deed in _deeds(events)
        if isinstance(event, DeedEnded) and deed.kind not in ("wait", "message")
    )


def _deeds(events: Iterable[Event]) -> Iterable[tuple[DeedBegun | DeedEnded, Deed]]:
    """Each beginning and each end with what it was of."""
    prepared: dict[str, Prepared] = {}
    for event in events:
        if isinstance(event, StepPrepared):
            prepared[event.prepared.path] = event.prepared
        elif isinstance(event, DeedBegun | DeedEnded) and event.path in prepared:
            deeds = prepared[event.path].deeds
            if event.index < len(deeds):
                yield event, deeds[event.index]


def known(run: Run, events: Sequence[Event]) -> Mapping[str, Value]:
    """Variables for the next step: what was given, and over it what steps left since.

    A declared parameter, and what every run has, such as the service, change only at the source that they came from:
    no program's output replaces them.
    """
    declared = {*BUILT_IN, *(one.name for one in run.runbook.parameters)} & run.given.keys()
    values = dict(run.given)
    for event in events:
        if isinstance(event, StepsLeft):
            values |= {n: v for n, v in event.values.items() if n not in declared or v.source == run.given[n].source}
    return values


def rows_left(events: Sequence[Event]) -> tuple[tuple[Mapping[str, str], ...], str]:
    """Rows and name of the last table that a step left; `((), "")` where none did."""
    tables = [event for event in events if isinstance(event, StepsLeft) and event.table]
    return (tables[-1].rows, tables[-1].table) if tables else ((), "")
