"""An answer in the bot's voice, made of lines that the tools told: first the answer, then evidence, then the gap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from playground.claude.choose import topics
from playground.claude.prompt import Prompt, Told

LONGEST = 170
"""Characters of a quoted line."""
MOST_QUOTES = 3
FITS = 2
"""From here on a line has to do with what is asked."""
_PLAIN = re.compile(
    r"(about|any\w*|been|call|chang\w*|does|ever|from|have|here|happen\w*|into|just|look\w*|many|much|please|right|seen"
    r"|should|show|since|some|tell|than|that|them|then|there|these|they|thing|this|today|were|what|when|where|which|will"
    r"|with|would|your)"
)
"""Words that tell nothing of what is asked about."""
_WORD = re.compile(r"[a-z][\w-]{3,}")
_NOTHING = re.compile(r"^\W*(no|none|nothing)\b", re.IGNORECASE)
_ASIDE = re.compile(r"^(\(cut: |(from|at) \d\d:\d\d)")
_EXACT = re.compile(r"\d\d:\d\d|\d+\.\d+|\bINC-\d")
_FIGURES = ("query_metrics", "forecast")
_YES = ("deployments", "show_diff", "similar_incidents", "open_alerts", "search_logs", "log_patterns")
"""Tools whose answer to a question for yes or no is that there is something, or nothing."""
_YES_OR_NO = re.compile(r"^(so |and |but )?(did|do|does|is|are|was|were|has|have|any)\b", re.IGNORECASE)


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


def answer(prompt: Prompt) -> str:
    """What the script says at the end."""
    told = [one for use in prompt.uses if not use.problem for one in use.told]
    found = [quote for one in told if not _empty(one) for quote in _fitting(one, prompt)]
    nothing = [_nothing(one) for one in told if _empty(one)]
    if prompt.uses and not found and not (nothing and _YES_OR_NO.match(prompt.question)):
        return _unknown(prompt, nothing)
    quotes = _each_once([*_engines(prompt), *found, *nothing, *_shown(prompt)])
    if not quotes:
        return _unknown(prompt, ())
    lines = [_first(quotes[0], prompt), *(f"{quote}" for quote in quotes[1 : 1 + MOST_QUOTES])]
    return "\n".join([*lines, *_missed(prompt), f"Surer with: {topics(prompt.question)[0].surer}."])


def _first(quote: Quote, prompt: Prompt) -> str:
    """The answer in one line; a question for yes or no gets its word."""
    if not _YES_OR_NO.match(prompt.question) or quote.tool not in _YES:
        return f"{quote}"
    return f"No: {quote}" if quote.nothing else f"Yes: {quote}"


def _unknown(prompt: Prompt, nothing: Sequence[Quote]) -> str:
    """It does not know: where it looked, what stood in the way, and the one look that would tell."""
    looked = list(dict.fromkeys(use.tool.replace("_", " ") for use in prompt.uses)) or ["the incident's facts"]
    lines = [f"I don't know. I looked at {' and '.join(looked)}.", *_missed(prompt)]
    lines += [f"{quote}" for quote in (*nothing, *_shown(prompt)[:1])]
    return "\n".join([*lines, f"What would tell: {topics(prompt.question)[0].surer}."])


def _missed(prompt: Prompt) -> list[str]:
    """Which tools failed, and why; on one line, if there are any."""
    missed = [f"{use.tool.replace('_', ' ')} ({_short(use.problem, 90)})" for use in prompt.uses if use.problem]
    return ["Could not look: " + "; ".join(missed)] if missed else []


def _empty(told: Told) -> bool:
    """Whether the tool answered that there is nothing, as its last line does then."""
    lines = _lines(told)
    return not lines or _NOTHING.match(lines[-1]) is not None


def _nothing(told: Told) -> Quote:
    lines = _lines(told) or ["nothing"]
    head = f"{lines[0]}: " if len(lines) > 1 else ""
    return Quote(_short(head + lines[-1]), told.id, 0, told.tool, nothing=True)


def _lines(told: Told) -> list[str]:
    """Without what says that it was cut, and without the span of a table of figures."""
    return [line for line in told.lines if not _ASIDE.match(line)]


def _fitting(told: Told, prompt: Prompt) -> list[Quote]:
    """Of a tool's answer the lines that fit best; of a diff its two sides, of figures the first row with its name."""
    lines = _lines(told)
    if told.tool == "show_diff":
        return _sides(told, lines, prompt)
    quotes = [_quote(line, told, prompt) for line in lines]
    if told.tool in _FIGURES and len(quotes) > 1:
        return [Quote(_short(f"{lines[0]}: {quotes[1].words}"), told.id, quotes[1].fits, told.tool)]
    return sorted(quotes, key=lambda quote: (not _EXACT.search(quote.words), -quote.fits))[:2]


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


def _engines(prompt: Prompt) -> list[Quote]:
    """What the evidence engine takes for the cause, where that is asked."""
    if not re.search(r"\b(why|cause|wrong)", prompt.question, re.IGNORECASE):
        return []
    known = [cause for cause in prompt.causes if cause.facts][:1]
    return [Quote(_short(f"{one.text}; confidence {one.confidence}"), one.facts[0], 0) for one in known]


def _shown(prompt: Prompt) -> list[Quote]:
    """What the prompt shows of it: facts, and its data only where no tool was used."""
    facts = [Quote(_short(f"{fact.service}: {fact.text}"), fact.id, _fits(fact.text, prompt)) for fact in prompt.facts]
    data = [_quote(line, told, prompt) for told in prompt.data for line in told.lines if " · " in line]
    quotes = facts if prompt.uses else [*facts, *data]
    return sorted((quote for quote in quotes if quote.fits >= FITS), key=lambda quote: -quote.fits)


def _fits(line: str, prompt: Prompt) -> int:
    """How much a line has to do with the question: its own words count most, then those of its topics."""
    lower = line.lower()
    own = {word for word in _WORD.findall(prompt.question.lower()) if not _PLAIN.fullmatch(word)}
    topical = any(topic.words.search(line) for topic in topics(prompt.question))
    return 3 * sum(word.rstrip("s") in lower for word in own) + 2 * topical


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
