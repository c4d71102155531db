"""Which lines of what was told are worth quoting for a question, by the kind of tool that told them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from playground.claude.arguments import service_of
from playground.claude.choose import topics
from playground.claude.prompt import Prompt, Told

LONGEST = 240
"""Characters of a quoted line."""
FITS = 3
"""From here on a line has to do with what is asked: it shares a word with the question."""
_PLAIN = re.compile(
    r"(about|any\w*|been|call|chang\w*|does|ever|from|have|here|happen\w*|into|just|look\w*|many|much|please|right|seen"
    r"|should|show|since|some|tell|than|that|them|then|there|these|they|thing|this|today|were|what|when|where|which|will"
    r"|with|would|your)"
)
"""Words that tell nothing of what is asked about."""
_WORD = re.compile(r"[a-z][\w-]{3,}")
_NOTHING = re.compile(r"^\W*(no|none|nobody|nothing)\b|: 0 (patterns|[a-z]+$)", re.IGNORECASE)
_ASIDE = re.compile(r"^(\(cut: |(from|at) \d\d:\d\d)")
_EXACT = re.compile(r"\d\d:\d\d|\d+\.\d+|\bINC-\d")
_CALM = re.compile(r"as usual|within their normal|never|steady")
_TURNS = re.compile(r"deployment|release|merge|it began|left its normal")
_LONG_FIGURE = re.compile(r"\d+\.\d{3,}")


@dataclass(frozen=True, slots=True)
class Quote:
    """A line that may be quoted, and how well it fits the question."""

    words: str
    id: int
    fits: int
    tool: str = ""
    nothing: bool = False
    """Whether it says that there is nothing."""

    def __str__(self) -> str:
        return f"{self.words} [{self.id}]"


def quotes(told: Told, prompt: Prompt) -> list[Quote]:
    """The lines of a tool's answer to quote, the best first; of one that found nothing the line that says so.

    The first line of an answer is its title; where the lines below say nothing without it, it is quoted with them.
    """
    lines = _lines(told)
    if not lines or _NOTHING.search(lines[-1]):
        title = f"{lines[0]}: " if len(lines) > 1 else ""
        return [Quote(short(title + (lines[-1] if lines else "nothing")), told.id, 0, told.tool, nothing=True)]
    chosen = _chosen(told.tool, lines, prompt)
    return [Quote(short(line), told.id, fits(line, prompt), told.tool) for line in chosen]


def fits(line: str, prompt: Prompt) -> int:
    """How much a line has to do with the question: its own words count most, then those of its topics."""
    lower = line.lower()
    own = {word for word in _WORD.findall(prompt.question.lower()) if not _PLAIN.fullmatch(word)}
    topical = any(topic.words.search(line) for topic in topics(prompt.question))
    return 3 * sum(word.rstrip("s") in lower for word in own) + 2 * topical


def shown(prompt: Prompt) -> list[Quote]:
    """What the prompt itself shows of it: facts, and its data only where no tool was used."""
    found = [(fact.id, f"{fact.service}: {fact.text}", fact.text) for fact in prompt.facts]
    if not prompt.uses:
        found += [(told.id, line, line) for told in prompt.data for line in told.lines if " · " in line]
    asked = [
        Quote(short(line), id_, fits(text, prompt))
        for id_, line, text in found
        if not _CALM.search(text.partition("`")[0])
    ]
    return sorted((quote for quote in asked if quote.fits >= FITS), key=lambda quote: -quote.fits)


def short(line: str, most: int = LONGEST) -> str:
    """The line on one line and not too long, cut at a word."""
    told = " ".join(line.split())
    if len(told) <= most:
        return told
    return told[:most].rpartition(" ")[0] + " …"


def _lines(told: Told) -> list[str]:
    """Without what says that it was cut, and without the span of a table of figures."""
    return [line for line in told.lines if not _ASIDE.match(line)]


def _chosen(tool: str, lines: Sequence[str], prompt: Prompt) -> list[str]:
    return _WAYS.get(tool, _ranked)(lines, prompt)


def _figures(lines: Sequence[str], _: Prompt) -> list[str]:
    """The first row, which is the highest or the soonest, without its points and to three digits."""
    row = re.sub(r"^(service=\S+|all): ", "", lines[1:][0].partition(" | ")[0] if len(lines) > 1 else "")
    told = _LONG_FIGURE.sub(lambda figure: f"{float(figure[0]):.3g}", row)
    return [f"{lines[0]}: {told}" if told else lines[0]]


def _facts(lines: Sequence[str], _: Prompt) -> list[str]:
    return ["; ".join(lines)]


def _title_too(lines: Sequence[str], _: Prompt) -> list[str]:
    return list(lines[:2])


def _turns(lines: Sequence[str], prompt: Prompt) -> list[str]:
    """Of a timeline: what was changed, when it began, what left its normal."""
    service = service_of(prompt)
    turns = [line for line in lines[1:] if _TURNS.search(line) and (service in line or "it began" in line)]
    return turns[:3] or list(lines[1:3])


def _alike(lines: Sequence[str], _: Prompt) -> list[str]:
    """The past incident that is most alike, with its cause and how it was mended."""
    first = next((place for place, line in enumerate(lines) if "INC-" in line), 0)
    title = lines[first].partition(" (")[0]
    return ["; ".join((title, *(line.strip() for line in lines[first + 1 : first + 3])))]


def _newest(lines: Sequence[str], prompt: Prompt) -> list[str]:
    return _ranked((lines[0], *lines[:0:-1]), prompt)


def _ranked(lines: Sequence[str], prompt: Prompt) -> list[str]:
    """Two lines below the title: those with a time, a version or a figure first, then by how well they fit."""
    best = sorted(lines[1:] or lines, key=lambda line: (not _EXACT.search(line), -fits(line, prompt)))
    return [line.replace(" | ", " · ") for line in best[:2]]


def _sides(lines: Sequence[str], _: Prompt) -> list[str]:
    """What a diff takes out and puts in, on one line."""
    out = [line for line in lines if re.match(r"-(?!--)", line)]
    put = [line for line in lines if re.match(r"\+(?!\+\+)", line)]
    if not (out or put):
        return [lines[0]]
    return ["The diff: " + "; ".join(f"`{' '.join(line.split())}`" for line in (*out[:2], *put[:2]))]


_WAYS: Mapping[str, Callable[[Sequence[str], Prompt], list[str]]] = {
    "query_metrics": _figures,
    "forecast": _figures,
    "service_facts": _facts,
    "read_runbook": _title_too,
    "open_alerts": _title_too,
    "timeline": _turns,
    "similar_incidents": _alike,
    "search_logs": _newest,
    "show_diff": _sides,
}
"""Which of a tool's lines are quoted; of all others those that fit best."""
