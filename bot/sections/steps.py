"""What can be done: runbooks that match, and first steps with commands to paste."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.domain.analysis import Analysis, FirstStep
from bot.domain.briefing import Section
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.text import code, link, prose, safe, visible
from integrations.contract import RunbookMatch

RUN = "/incident-action run "
INCIDENT = "incident"
"""Behind `run`: which incident is meant, of several that are told in one channel, by id or service."""
_RUN_IN_TEXT = re.compile(rf"(`{RUN}(?![^`]*\s{INCIDENT}=)[^`]+)`")
_ADDRESS = re.compile(r"(https?://[^\s`<>]+)")


def runbooks(report: Report) -> Section | None:
    """Runbooks that match, with what made them match."""
    found = sorted(report.context.of(RunbookMatch), key=lambda match: -match.score)[:3]
    parts = [code(match.id, 80) + (f" ({safe(match.why, 100)})" if match.why else "") for match in found]
    return Section((), title="Runbooks", aside=" · ".join(parts)) if parts else None


def first_steps(found: Analysis, incident: str = "") -> Section | None:
    """What a person can do now, numbered; commands can be pasted as they stand.

    `incident`: which one a runbook is for, by id, where the channel tells of several.
    """
    steps = [_for(step, incident) for step in found.first_steps[:5]]
    lines = [line for number, step in enumerate(steps, 1) for line in _step(number, step)]
    return Section(tuple(lines), title="First steps") if lines else None


def only_for(incident: Incident) -> str:
    """What stands behind `run` so that a runbook is for this one; empty where a channel means it anyway."""
    return f" {INCIDENT}={incident.id}" if incident.lead else ""


def aimed(text: str, incident: Incident) -> str:
    """The same words, in which each runbook that is named by its command is begun for this incident."""
    return _RUN_IN_TEXT.sub(rf"\1{only_for(incident)}`", text)


def runbook_of(step: FirstStep) -> str:
    """The id of the runbook that the step begins; empty where it begins none."""
    _, runs, behind = (step.command or "").strip().partition(RUN)
    return behind.split(maxsplit=1)[0] if runs and behind.strip() else ""


def _for(step: FirstStep, incident: str) -> FirstStep:
    """The same step, in which a runbook is begun for this incident; unchanged where none is named."""
    if not incident:
        return step
    command = (step.command or "").strip()
    named = f" {INCIDENT}={incident}"
    text = _RUN_IN_TEXT.sub(lambda found: f"{found[1]}{named}`", step.text)
    return replace(step, text=text, command=f"{command}{named}" if command.startswith(RUN) else step.command)


def _step(number: int, step: FirstStep) -> tuple[str, ...]:
    """One line; a command that no code span can hold stands in a fence of its own."""
    text = f"{number}. {_text(step.text)}"
    command = (step.command or "").strip()
    if not command:
        return (text,)
    if "\n" not in command and "`" not in command:
        return (f"{text.rstrip(':.')}: {code(command, 2_000)}",)
    inner = (visible(line).rstrip().replace("```", "ˋˋˋ") for line in command.splitlines()[:30])
    escaped = (line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in inner)
    return (f"{text.rstrip(':.')}:", "```", *escaped, "```")


def _text(text: str) -> str:
    """The step's words; an address in them can be followed."""
    told = (link(word, safe(word, 80)) if _ADDRESS.fullmatch(word) else prose(word, 300) for word in _words(text))
    return " ".join(part for part in told if part)


def _words(text: str) -> list[str]:
    return [part.strip() for part in _ADDRESS.split(text[:1_000])]
