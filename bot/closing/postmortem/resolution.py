"""Resolution: what was done, by which run and step, and whether its check said that it helped (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.closing.postmortem.record import Record
from bot.closing.postmortem.roles import who
from bot.domain.approval import Expired
from bot.domain.postmortem import Asked, Chapter, Said
from bot.domain.run import Ended, Event, Run
from bot.domain.words import clock, span
from bot.runs.endings import became, name, sentence
from bot.runs.progress import Progress, progress_of

_ENDS = {
    "done": "came to its end",
    "failed": "failed",
    "denied": "ended with a no of its approvers",
    "expired": "ended because nobody answered its request in time",
    "stopped": "was stopped",
    "refused": "was not run",
}


def resolution(record: Record) -> Chapter:
    """What was done in the order in which it was, and how it ended; what helped is asked where nothing tells."""
    runs = [line for run, events in record.ran for line in _run(record, run, events)]
    return Chapter("resolution", (*runs, *_watched(record), *_end(record), *_open(record)))


def steps(run: Run, events: Sequence[Event]) -> Iterator[Progress]:
    """Each step of the run and what undid it, as far as anything happened to it."""
    for number in range(1, len(run.runbook.steps) + 1):
        for path in (str(number), f"{number}.rollback"):
            at = progress_of(events, path)
            if at.prepared or at.refused or at.skipped:
                yield at


def helped(record: Record) -> bool:
    """Whether a check after a step that changed something said that it helped."""
    return any(at.helped for run, events in record.ran for at in steps(run, events))


def _run(record: Record, run: Run, events: Sequence[Event]) -> Iterator[Said]:
    ended = next((event for event in events if isinstance(event, Ended)), None)
    asked = f"Runbook {run.runbook.id} was begun for {run.target} at {clock(run.asked_at, record.ended)} UTC"
    became_of = f" and {_ENDS[ended.result]}" if ended else " and had not ended when this was written"
    yield Said(f"{asked} by {who(record, run.asked_by)}{became_of}.", (record.run(run),))
    for at in steps(run, events):
        if at.ran or at.refused or at.no:
            yield Said(_step(at), (record.run(run),))


def _step(at: Progress) -> str:
    what = at.prepared.prepared.name if at.prepared else ""
    called = f"{name(at)} («{what}»)" if what else name(at)
    if at.refused:
        return sentence(f"{called} was not run: {at.refused.reason}")
    if at.failure:
        return sentence(f"{called} failed: {became(at)}")
    if at.lost is not None:
        return sentence(f"{called} may have run: nobody saw its end")
    if at.no and not at.ran:
        return sentence(f"{called} was not run: {'nobody answered in time' if isinstance(at.no, Expired) else 'no'}")
    if at.checked is None:
        return sentence(f"{called} ran to its end; no check says whether it helped")
    verdict = "it helped" if at.checked.ok else "it did not help"
    return sentence(f"{called} ran to its end; its check says that {verdict}: {at.checked.said}")


def _watched(record: Record) -> Iterator[Said]:
    """What was seen after a deploy or a rollback."""
    for entry in record.of_kind("watched"):
        what, _, came = entry.text.partition(": ")
        told = f"«{what}» was watched: {came.replace(': ', ', ')}" if came else what
        yield Said(sentence(told), (record.entry(entry),))


def _end(record: Record) -> Iterator[Said]:
    closing = record.closing
    if quiet := record.quiet:
        text = f"The last alert was resolved at {clock(quiet, record.ended)} UTC"
        after = span((quiet - record.opened).total_seconds())
        yield Said(f"{text}, {after} after {record.by_hand or 'the first one fired'}.", (record.own(),))
    if closing.how == "not closed":
        yield Said("It was not closed when this was written.", (record.own(),))
        return
    by = {"by a person": f"by {who(record, closing.by)}", "by itself": "by AUTO_RESOLVE after its quiet time"}
    how = by.get(closing.how, "because it had recovered; nobody reviewed it")
    yield Said(f"It was closed at {clock(closing.at, record.ended)} UTC {how}.", (record.own(),))
    if closing.words:
        yield Said(f"In the words of whoever closed it: {closing.words.rstrip('.')}.", (record.own(),))


def _open(record: Record) -> Iterator[Asked]:
    if not record.closing.words and not helped(record) and not record.closing.false_alarm:
        yield Asked("What made it recover? No check of a step says so, and nobody told.")
    if record.closing.how == "not reviewed":
        yield Asked("Is it really over? Nobody reviewed the recovery.")
