"""What was measured around the model, as text: prompts beside the plain way, answers beside the model's own time."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.answers import Timed
from tests.bench.prompt import CHARACTERS, LINES, Size
from tests.bench.table import both, markdown, median


def prompts(sizes: Sequence[Size]) -> str:
    """Tokens of a briefing's prompt."""
    rows = [(size.scenario, f"{size.ours:,}", f"{size.plain:,}", f"{size.plain / size.ours:,.0f}") for size in sizes]
    ratio = median([size.plain / size.ours for size in sizes])
    return "\n".join(
        [
            f"## A briefing's prompt (tokens, {CHARACTERS} characters each)",
            "",
            markdown(("scenario", "bot", f"{LINES:,} raw log lines in the prompt", "ratio"), rows),
            "",
            f"Median ratio: {ratio:,.0f}.",
        ]
    )


def answers(timed: Sequence[Timed]) -> str:
    """How much later an answer stands than the model was done with it."""
    rows = [
        (
            f"bot, {len(timed)} questions",
            both([one.first_sign for one in timed], 95),
            both([one.whole for one in timed], 95),
            both([one.model for one in timed], 95),
            both([one.over for one in timed], 95),
        )
    ]
    return "\n".join(
        [
            "## From a question to its answer (ms, p50 / p95)",
            "",
            markdown(("", "first sign in the thread", "whole answer", "the model's own time", "over it"), rows),
            "",
            "The model is a script whose calls take half a second each before their first byte; the baseline is its",
            "own time, all calls of an answer added up. Tools, Slack's calls and the records are what is over it.",
        ]
    )
