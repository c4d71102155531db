"""An answer in the bot's voice, made of lines that the tools told: first the answer, then evidence, then the gap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from playground.claude.choose import topics
from playground.claude.prompt import Prompt, Told, Use

LONGEST = 170
"""Characters of a quoted line."""
MOST_QUOTES = 3
_PLAIN = re.compile(
    r"(about|any\w*|been|call|chang\w*|does|ever|from|have|here|happen\w*|into|just|look\w*|many|much|please|right|seen"
    r"|should|show|since|some|tell|than|that|them|then|there|these|they|thing|this|today|were|what|when|where|which|will"
    r"|with|would|your)"
)
"""Words that tell nothing of what is asked about."""
_WORD = re.compile(r"[a-z][\w-]{3,}")
_NOTHING = re.compile(r"^\W*(no|none|nothing)\b", re.IGNORECASE)
_CUT = re.compile(r"^\(cut: ")
_FIGURES = ("query_metrics", "forecast")
_YES_OR_NO = re.compile(r"^(so |and |but )?(did|do|does|is|are|was|were|has|have|any)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quote:
    """A line that may be quoted, and how well it fits the question."""

    words: str
    id: int
    fits: int
    tool: str = ""

    def __str__(self) -> str:
        return f"{self.words} [{self.id}]"


def answer(prompt: Prompt) -> str:
    """What the script says at the end."""
    told = [one for use in prompt.uses if not use.problem for one in use.told]
    found = _best(told, prompt)
    shown = _shown(prompt)
    if prompt.uses and not found:
        return _unknown(prompt, told, shown)
    quotes = _each_once([*found, *shown])
    if not quotes:
        return _unknown(prompt, told, ())
    lines = [_first(quotes[0], prompt), *(f"{quote}" for quote in quotes[1 : 1 + MOST_QUOTES])]
    if missed := [use for use in prompt.uses if use.problem]:
        lines.append("Could not look: " + "; ".join(_missed(use) for use in missed))
    return "\n".join([*lines, f"Surer with: {topics(prompt.question)[0].surer}."])


def _first(quote: Quote, prompt: Prompt) -> str:
    """The answer in one line; a question for yes or no gets its word."""
    if not _YES_OR_NO.match(prompt.question) or quote.tool in _FIGURES:
        return f"{quote}"
    if _NOTHING.match(quote.words):
        return f"No: {quote}"
    return (
        f"Yes: {quote}"
        if quote.tool in ("deployments", "show_diff", "similar_incidents", "open_alerts")
        else f"{quote}"
    )


def _unknown(prompt: Prompt, told: Sequence[Told], shown: Sequence[Quote]) -> str:
    """It does not know: where it looked, what stood in the way, and the one look that would tell."""
    looked = list(dict.fromkeys(use.tool.replace("_", " ") for use in prompt.uses)) or ["the incident's facts"]
    lines = [f"I don't know. I looked at {' and '.join(looked)}."]
    lines += [f"Could not look: {_missed(use)}" for use in prompt.uses if use.problem]
    lines += [f"{_short(one.lines[0])} [{one.id}]" for one in told if one.lines][:MOST_QUOTES]
    lines += [f"{quote}" for quote in shown[:1]]
    return "\n".join([*lines, f"What would tell: {topics(prompt.question)[0].surer}."])


def _missed(use: Use) -> str:
    return f"{use.tool.replace('_', ' ')} ({_short(use.problem, 90)})"


def _best(told: Sequence[Told], prompt: Prompt) -> list[Quote]:
    """Of each tool's answer the lines that fit best, the best of all first; a diff's with its two sides."""
    quotes = [quote for one in told for quote in _fitting(one, prompt)]
    return sorted(quotes, key=lambda quote: -quote.fits)


def _fitting(told: Told, prompt: Prompt) -> list[Quote]:
    lines = [line for line in told.lines if not _CUT.match(line)]
    if told.tool == "show_diff":
        return _sides(told, lines, prompt)
    quotes = [_quote(line, told, prompt) for line in lines]
    figures = [quote for quote in quotes if re.search(r"\d", quote.words) or _NOTHING.match(quote.words)]
    best = sorted(figures, key=lambda quote: -quote.fits)[:2]
    if told.tool in _FIGURES and len(lines) > 1:
        best = [
            Quote(_short(f"{lines[0]}: {_short(quote.words)}"), quote.id, quote.fits, quote.tool) for quote in best[:1]
        ]
    return best


def _sides(told: Told, lines: Sequence[str], prompt: Prompt) -> list[Quote]:
    """What a diff takes out and puts in, on one line."""
    out = [line.strip() for line in lines if re.match(r"\s*-(?!--)", line)]
    put = [line.strip() for line in lines if re.match(r"\s*\+(?!\+\+)", line)]
    if not (out or put):
        return [_quote(line, told, prompt) for line in lines[:1]]
    both = "; ".join(f"`{' '.join(line.split())}`" for line in (*out[:2], *put[:2]))
    return [Quote(f"The diff: {both}", told.id, 0, told.tool)]


def _quote(line: str, told: Told, prompt: Prompt) -> Quote:
    return Quote(_short(line.partition(" | ")[0]), told.id, _fits(line, prompt), told.tool)


def _shown(prompt: Prompt) -> list[Quote]:
    """Facts and data of the prompt that speak of what is asked; the engine's first cause where it is asked why."""
    facts = [Quote(_short(f"{fact.service}: {fact.text}"), fact.id, _fits(fact.text, prompt)) for fact in prompt.facts]
    data = [_quote(line, told, prompt) for told in prompt.data for line in told.lines if " · " in line]
    fitting = sorted((quote for quote in (*facts, *data) if quote.fits >= 2), key=lambda quote: -quote.fits)
    if prompt.causes and prompt.causes[0].facts and re.search(r"\b(why|cause|wrong)", prompt.question, re.IGNORECASE):
        cause = prompt.causes[0]
        fitting.insert(0, Quote(_short(f"{cause.text}; confidence {cause.confidence}"), cause.facts[0], 9))
    return fitting


def _fits(line: str, prompt: Prompt) -> int:
    """How much a line has to do with the question: its own words count most, then those of its topics."""
    lower = line.lower()
    own = {word for word in _WORD.findall(prompt.question.lower()) if not _PLAIN.fullmatch(word)}
    topical = any(topic.words.search(line) for topic in topics(prompt.question))
    return 3 * sum(word.rstrip("s") in lower for word in own) + 2 * topical + bool(re.search(r"\d", line))


def _each_once(quotes: Sequence[Quote]) -> list[Quote]:
    """One line of each source, but two where there is only one."""
    ids = [quote.id for quote in quotes]
    once = [quote for place, quote in enumerate(quotes) if quote.id not in ids[:place]]
    return once if len(once) > 1 else list(quotes[:2])


def _short(line: str, most: int = LONGEST) -> str:
    """The line on one line and not too long, cut at a word."""
    told = " ".join(line.split())
    if len(told) <= most:
        return told
    return told[:most].rpartition(" ")[0] + " …"


def digest(prompt: Prompt) -> str:
    """A few words where nothing is asked: the prompt's first facts."""
    return "; ".join(_facts(prompt)) or "Nothing is known yet."


def _facts(prompt: Prompt) -> Iterator[str]:
    for fact in prompt.facts[:2]:
        yield f"{fact.service}: {_short(fact.text, 80)} [{fact.id}]"
