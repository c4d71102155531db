"""What `/incident-action` shows: runbooks that match, one runbook's steps, what a run would do, what runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

from bot.approve import named
from bot.command_words import first_word
from bot.domain.approval import Stop
from bot.domain.briefing import Briefing, Button, Section, line
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.run import Ended, Event, GateDecided, GateOpened, Run
from bot.domain.text import code, prose, safe
from bot.guard.autonomy import Ruling
from bot.guard.redact import redact
from bot.runs import known_values, still_open
from bot.runs.gate_message import commands
from bot.runs.prepare_step import hidden, ruling
from bot.runs.step_words import fenced
from bot.runs.workshop import Workshop
from integrations.contract import RunbookMatch
from runbooks import prepare as preparing
from runbooks.model import Library, Risk, Runbook, Step
from runbooks.prepared import Prepared, Value

SHOWN_RUNS = 8
NEAR = 0.7
"""How much alike a word and what was typed have to be for it to be meant (difflib's ratio)."""


def said(headline: str, lines: tuple[str, ...], footer: str | None = None) -> Briefing:
    return Briefing(plain=headline, headline=f"*{headline}*", sections=(Section(lines),), footer=footer)


def elsewhere(overview: Briefing) -> Briefing:
    """That this is not an incident's channel, and where those are."""
    line = "This is not an incident's channel, so there is nothing to run here."
    return Briefing(line, line, (Section((overview.headline,)), *overview.sections), overview.footer)


def matching(library: Library, incident_id: str, report: Report | None, stopped: Stop | None) -> Briefing:
    """The runbooks that fit what was found, each with a button while something may run.

    A button names its incident: the channel may tell of several.
    """
    matches = report.context.of(RunbookMatch) if report else ()
    if not matches:
        ids = ", ".join(code(book.id) for book in library.runbooks)
        return said("No runbook matches this incident", (f"All of them: {ids}",), _HOW)
    sections = tuple(
        Section(
            (f"*{safe(match.title, 100)}* {code(match.id)} · {safe(match.why, 150)}",),
            buttons=() if stopped else (Button("Run (asks before each change)", "run", f"{match.id} {incident_id}"),),
        )
        for match in matches
    )
    if stopped:
        sections = (Section((_halt(stopped),)), *sections)
    return Briefing("Runbooks that match", "*Runbooks that match*", sections, _HOW)


def _halt(stopped: Stop) -> str:
    return f"🛑 Emergency stop since {stopped.at:%H:%M} UTC by <@{stopped.by}>: {safe(stopped.reason, 200)}"


def misspelt(library: Library, text: str, words: Collection[str]) -> Briefing | None:
    """Which of the words was meant; None where that is none of them, or rather a runbook."""
    typed, behind = first_word(text)
    ids = [book.id for book in library.runbooks]
    near = get_close_matches(typed.lower(), [*words, *ids], 1, NEAR)
    if not near or near[0] not in words or text in ids:
        return None
    meant = f"/incident-action {near[0]} {behind}".strip()
    return line(f"There is no {code(f'/incident-action {typed}', 80)}. Did you mean {code(meant, 200)}?")


def runbook(library: Library, runbook_id: str) -> Briefing:
    """One runbook as it stands in its file, or which there are."""
    book = library.get(runbook_id)
    if book is None:
        known = ", ".join(code(one.id) for one in library.runbooks)
        near = get_close_matches(runbook_id, [one.id for one in library.runbooks], 1)
        meant = (f"Did you mean {code(near[0])}?",) if near else ()
        lines = (*meant, f"There are: {known}", "`/incident-action help` lists what else I know.")
        return said(f"No runbook is called {code(runbook_id, 80)}", lines)
    lines = tuple(line for number, step in enumerate(book.steps, 1) for line in _step(str(number), step))
    sections = (Section(lines, buttons=(Button("Run (asks before each change)", "run", book.id),)),)
    title = f"{safe(book.title, 150)} · risk {book.risk}"
    return Briefing(
        title, f"*{title}*", sections, f"`/incident-action dry-run {safe(book.id, 80)}` shows what it would do"
    )


async def dry_run(shop: Workshop, incident: Incident, book: Runbook, given: Mapping[str, str]) -> Briefing:
    """Each step exactly as it would run with what is known now. Nothing is run. Raises JournalDown."""
    known = dict(await known_values.of_incident(shop, incident))
    known |= {
        one.name: Value(one.default, "default") for one in book.parameters if one.default and one.name not in known
    }
    known |= {name: Value(text, "given") for name, text in given.items()}
    lines: list[str] = []
    for number, step in enumerate(book.steps, 1):
        lines.append(f"*{number}. {safe(step.name or step.action, 100)}*")
        lines += _would(shop, book, preparing.prepare(book, str(number), preparing.Known(known), shop.house))
    return said(f"Dry run of {safe(book.title, 120)}", tuple(lines), "Nothing was run.")


async def status(shop: Workshop, incidents: Sequence[Incident]) -> Briefing:
    """What ran and runs for the incidents of a channel, what waits for an answer, and whether everything is stopped."""
    lines: list[str] = []
    if on := await shop.switch.state():
        lines.append(_halt(on))
    runs = [run for incident in incidents for run in await shop.runs.of_incident(incident.id)]
    for run in sorted(runs, key=lambda run: run.asked_at, reverse=True)[:SHOWN_RUNS]:
        lines.append(_run_line(run, await shop.runs.events(run.id)))
    if not lines:
        lines.append("Nothing was run for this incident.")
    return said("Runs of this incident", tuple(lines), f"profile {shop.rules.profile}")


_HOW = "`/incident-action &lt;runbook&gt;` shows its steps · `run &lt;runbook&gt; [name=value …]` begins one · `help`"


def _would(
    shop: Workshop, book: Runbook, found: Prepared | preparing.Skip | preparing.Missing | preparing.Refuse
) -> Iterator[str]:
    match found:
        case Prepared():
            if why := hidden(found):
                yield f"would be refused: {why}"
                return
            yield commands(found)
            ruled = ruling(shop, shop.rules.profile, book, found)
            yield _ruled(ruled, found.risk)
        case preparing.Skip(reason) | preparing.Refuse(reason):
            yield prose(redact(reason), 400)
        case preparing.Missing(parameters):
            yield "not known yet: " + ", ".join(code(one.name) for one in parameters)


def _ruled(ruled: Ruling, risk: Risk) -> str:
    """Whether it would run at once, who would be asked, or why not."""
    match ruled.verdict:
        case "run":
            return "only reads: runs at once"
        case "granted":
            return f"runs at once: {prose(ruled.why, 200)} · risk {risk}"
        case "ask":
            who = f"{'one' if ruled.people == 1 else ruled.people} of {named(ruled.approvers)}"
            return f"asks {who} · risk {risk}: {prose(ruled.why, 200)}"
        case "refuse":
            return f"would not run: {prose(ruled.why, 200)}"


def _run_line(run: Run, events: Sequence[Event]) -> str:
    ended = next((e for e in events if isinstance(e, Ended)), None)
    decided = {e.gate_id for e in events if isinstance(e, GateDecided)}
    waiting = [e.gate for e in events if isinstance(e, GateOpened) and e.gate.id not in decided]
    waits = (
        f"waits for an answer to {code(waiting[-1].id)}, step {waiting[-1].path}"
        if waiting
        else still_open.state(run, events)
    )
    state = ended.result if ended else waits
    return f"{code(run.id)} {safe(run.runbook.title, 80)} · <@{run.asked_by}> {run.asked_at:%H:%M} UTC · {state}"


def still_running(runs: Sequence[Run]) -> Iterator[str]:
    """Which runs go on, and how each is ended; nothing where none does."""
    if runs:
        names = ", ".join(f"{code(run.id)} ({safe(run.runbook.title, 80)})" for run in runs)
        which = runs[-1].id if len(runs) == 1 else "&lt;run&gt;"
        yield f"Still running here: {names}. `/incident-action stop {which}` ends {'it' if len(runs) == 1 else 'one'}."


def _step(number: str, step: Step) -> tuple[str, ...]:
    """One step as it stands in the file, and those that follow from it."""
    condition = f" · if {code(step.condition)}" if step.condition else ""
    asks = " · asks first" if step.approval else ""
    lines = [f"{number}. {safe(step.name or step.action, 100)}{condition}{asks}"]
    if step.command:
        lines.append(f"```{fenced(step.command)}```")
    if step.action == "copy":
        lines.append(f"{code(str(step.details.get('from', '')))} → {code(str(step.details.get('to', '')))}")
    lines += [line for n, inner in enumerate(step.then, 1) for line in _step(f"{number}.{n}", inner)]
    return tuple(lines)
