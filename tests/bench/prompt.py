"""How large a briefing's prompt is, beside the plain way: the same system prompt with 10,000 raw log lines in it.

Tokens are an estimate, four characters each, the same for both: only the ratio means something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

from bot.analyse import analyse
from bot.domain.context import Context, Report
from bot.domain.incident import Incident, Severity
from bot.prompts import prompt
from bot.questions.case import case
from bot.replaying.replay import read_recording
from integrations.contract import Alert, Logs

RECORDINGS = Path(__file__).parents[1] / "recordings"
LINES = 10_000
CHARACTERS = 4
"""To a token, about."""


@dataclass(frozen=True, slots=True)
class Size:
    """Tokens of one scenario's prompt, by the bot and in the plain way."""

    scenario: str
    ours: int
    plain: int


def sizes() -> list[Size]:
    """One for each recording of the project's own that has log lines."""
    return [size for folder in sorted(RECORDINGS.iterdir()) if folder.is_dir() and (size := _size(folder))]


def _size(folder: Path) -> Size | None:
    context = read_recording(folder)
    lines = [f"{line.time.isoformat()} {line.service} {line.level} {line.message}" for line in _logs(context)]
    if not lines:
        return None
    system = prompt("analysis")
    told = case(_incident(context), Report(context.lean(), analyse(context)), context.scope.window.until).words
    raw = "\n".join(islice(cycle(lines), LINES))
    return Size(folder.name, _tokens(system + told), _tokens(system + raw))


def _logs(context: Context):
    return [line for logs in context.of(Logs) for line in logs.lines]


def _incident(context: Context) -> Incident:
    first: Alert = replace(context.scope.alerts[0])
    began = context.scope.alerted_at
    return Incident(
        context.scope.incident_id or "INC-BENCH",
        context.scope.service.name,
        context.scope.env,
        Severity.of(first.severity),
        first.name,
        "open",
        began,
        began,
        alerts=context.scope.alerts,
    )


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS)
