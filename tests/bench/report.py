"""What was measured, as text: each figure beside its aim and its baseline, and how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.incidents import Timing
from tests.bench.intake import RATE, Answered
from tests.bench.starts import Starts
from tests.bench.table import both, markdown, median, ms, percentile

HEADLINE_AIM_S = 0.3
BRIEFING_AIM_S, BRIEFING_AIM_PART = 0.15, 0.15
START_AIM_S, MEMORY_AIM_MB = 3.0, 200.0
ANSWER_AIM_S = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """The incidents of one row. `delay` is what each answer of a source takes, in seconds."""

    who: str
    delay: float
    timings: Sequence[Timing]
    warm_mb: float
    after_mb: float
    parts: int = 1
    """How many programs shared them; the megabytes are of one."""


def incidents(rows: Sequence[Measured], slack_s: float) -> str:
    """Headline, briefing, and memory."""
    return "\n".join(
        [
            f"## From the webhook to Slack (ms, p50 / p95; each call of Slack's takes {ms(slack_s)} ms)",
            "",
            markdown(
                ("who, sources answer in", "n", "headline", "Slack's calls", "over Slack", "aim p95", ""),
                [_headline(row, slack_s) for row in rows],
            ),
            "",
            markdown(
                (
                    "who, sources answer in",
                    "briefing",
                    "slowest source's end",
                    "after it",
                    "after it and the headline",
                    "aim p95",
                    "",
                ),
                [_briefing(row, slack_s) for row in rows],
            ),
            "",
            "«Over Slack» is the headline less the calls that it needed, each at its latency; «after it» is the whole",
            "briefing less the last answer of the slowest source, as its server saw it, and less the one call of Slack",
            "that shows it. Where the sources are done first, the briefing waits for its headline.",
            "",
            markdown(
                ("source, as its server saw it (bot)", "answers an incident", "its end p50"),
                [line for row in rows if row.who == "bot" for line in _sources(row)],
            ),
            "",
            markdown(
                ("memory (MB, processes together)", "after 1 incident", "after all", "aim", ""),
                [
                    (
                        _name(row),
                        f"{row.warm_mb:.0f}",
                        f"{row.after_mb:.0f} ({len(row.timings) // row.parts + 1})",
                        *_aim(row, row.after_mb, MEMORY_AIM_MB, f"{MEMORY_AIM_MB:.0f}"),
                    )
                    for row in rows
                ],
            ),
        ]
    )


def starts(found: Starts) -> str:
    """Time to ready and memory when idle."""
    fresh, again = median(s.ready_s for s in found.fresh), median(found.again)
    idle, bare = median(s.idle_mb for s in found.fresh), median(s.idle_mb for s in found.bare)
    cells = [
        ("bot, new database", f"{fresh:.2f}", _met(fresh, START_AIM_S), f"{idle:.0f}", _met(idle, MEMORY_AIM_MB)),
        ("bot, again", f"{again:.2f}", _met(again, START_AIM_S), "", ""),
        ("bare: imports and /readyz", f"{median(s.ready_s for s in found.bare):.2f}", "", f"{bare:.0f}", ""),
    ]
    headline, briefing = zip(*found.first, strict=True)
    return "\n".join(
        [
            f"## Starting (median of {len(found.fresh)})",
            "",
            markdown(
                ("", "ready (s)", f"aim {START_AIM_S:g} s", "idle (MB)", f"aim {MEMORY_AIM_MB:.0f} MB"),
                cells,
            ),
            "",
            "An incident that comes the moment the bot is ready, sources 5 ms: "
            f"headline after {ms(median(headline))} ms, whole briefing after {ms(median(briefing))} ms.",
        ]
    )


def webhooks(rows: Sequence[Answered], seconds: float) -> str:
    """Time to an answer at a steady rate."""
    cells = [
        (
            row.what,
            ms(median(row.took)),
            ms(percentile(row.took, 99)),
            ms(max(row.took)),
            _refused(row),
            ms(percentile(row.lag, 99)),
            "" if "bare" in row.what else _met(percentile(row.took, 99), ANSWER_AIM_S),
        )
        for row in rows
    ]
    return "\n".join(
        [
            f"## Webhooks answered: {RATE} a second for {seconds:g} s, one alert each (ms)",
            "",
            markdown(
                ("", "p50", "p99", "longest", "not 202", "sent late p99", f"aim p99 {ms(ANSWER_AIM_S)}"),
                cells,
            ),
            "",
            "Counted from the moment an alert was due. «Sent late» is the measuring's own noise.",
        ]
    )


def _name(row: Measured) -> str:
    return f"{row.who}, {ms(row.delay)} ms"


def _headline(row: Measured, slack_s: float) -> tuple[str, ...]:
    over = [t.over_slack(slack_s) for t in row.timings]
    calls = median(t.calls for t in row.timings)
    return (
        _name(row),
        str(len(row.timings)),
        both([t.headline for t in row.timings], 95),
        f"{calls:.0f} × {ms(slack_s)}",
        both(over, 95),
        *_aim(row, percentile(over, 95), HEADLINE_AIM_S, ms(HEADLINE_AIM_S)),
    )


def _briefing(row: Measured, slack_s: float) -> tuple[str, ...]:
    after = [t.after_sources(slack_s) for t in row.timings]
    ends = [t.sources_end for t in row.timings]
    aim = max(BRIEFING_AIM_S, BRIEFING_AIM_PART * median(ends))
    # The plain design posts its briefing as its first message: there is no headline to wait for.
    waited = "" if row.who == "plain" else both([t.after_both(slack_s) for t in row.timings], 95)
    return (
        _name(row),
        both([t.briefing for t in row.timings], 95),
        both(ends, 95),
        both(after, 95),
        waited,
        *_aim(row, percentile(after, 95), aim, ms(aim)),
    )


def _sources(row: Measured) -> list[tuple[str, ...]]:
    names = sorted({name for t in row.timings for name in t.sources})
    return [
        (
            f"{name}, {ms(row.delay)} ms",
            f"{median(t.sources[name][0] for t in row.timings if name in t.sources):.0f}",
            ms(median(t.sources[name][1] for t in row.timings if name in t.sources)),
        )
        for name in names
    ]


def _aim(row: Measured, value: float, aim: float, shown: str) -> tuple[str, str]:
    return ("", "baseline") if row.who == "plain" else (shown, _met(value, aim))


def _met(value: float, aim: float) -> str:
    return "met" if value <= aim else "MISSED"


def _refused(row: Answered) -> str:
    return ", ".join(f"{count} × {status}" for status, count in row.refused.items()) or "0"
