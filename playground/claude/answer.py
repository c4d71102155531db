"""An answer in the bot's voice, made of lines that the tools told: first the answer, then evidence, then the gap."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playground.claude.choose import topics
from playground.claude.prompt import Prompt
from playground.claude.quote import Quote, quotes, short, shown

MOST_QUOTES = 3
"""Lines of evidence below the answer."""
_YES = ("deployments", "show_diff", "similar_incidents", "search_logs")
"""Tools whose answer to a question for yes or no is that there is something, or nothing."""
_YES_OR_NO = re.compile(r"^(so |and |but )?(did|do|does|is|are|was|were|has|have|any)\b", re.IGNORECASE)
_OF_WHAT = re.compile(r"\b(?:in|of|to|with|at) (?:the |our |a )?([a-z][\w-]{3,})", re.IGNORECASE)
_WHY = re.compile(r"\b(why|cause|wrong)", re.IGNORECASE)


def answer(prompt: Prompt) -> str:
    """What the script says at the end."""
    told = [quote for use in prompt.uses if not use.problem for one in use.told for quote in quotes(one, prompt)]
    found = [quote for quote in told if not quote.nothing]
    nothing = [quote for quote in told if quote.nothing]
    if prompt.uses and not found and not (nothing and _YES_OR_NO.match(prompt.question)):
        return _unknown(prompt, nothing)
    first = told if _YES_OR_NO.match(prompt.question) else [*found, *nothing]
    said = _each_once([*_engines(prompt), *first, *shown(prompt)])
    if not said:
        return _unknown(prompt, ())
    lines = [_first(said[0], prompt), *(f"{quote}" for quote in said[1 : 1 + MOST_QUOTES])]
    return "\n".join([*lines, *_missed(prompt), f"Surer with: {topics(prompt.question)[0].surer}."])


def digest(prompt: Prompt) -> str:
    """A few words where nothing is asked: the prompt's first facts."""
    facts = [f"{fact.service}: {short(fact.text, 80)} [{fact.id}]" for fact in prompt.facts[:2]]
    return "; ".join(facts) or "Nothing is known yet."


def _first(quote: Quote, prompt: Prompt) -> str:
    """The answer in one line; a question for yes or no gets its word."""
    if not _YES_OR_NO.match(prompt.question) or quote.tool not in _YES:
        return f"{quote}"
    if quote.nothing:
        return f"No: {quote}"
    return f"Yes: {quote}" if (what := _unnamed(quote, prompt)) == "" else f"None that names {what}: {quote}"


def _unnamed(quote: Quote, prompt: Prompt) -> str:
    """What a change is asked of («in the gateway»), where nothing that the tools told names it; else empty."""
    found = _OF_WHAT.search(prompt.question)
    if quote.tool != "deployments" or not found or found[1] in prompt.services:
        return ""
    told = "\n".join(line for use in prompt.uses for one in use.told for line in one.lines)
    return "" if found[1].lower() in told.lower() else found[1]


def _unknown(prompt: Prompt, nothing: Sequence[Quote]) -> str:
    """It does not know: where it looked, what stood in the way, and the one look that would tell."""
    looked = list(dict.fromkeys(use.tool.replace("_", " ") for use in prompt.uses)) or ["the incident's facts"]
    lines = [f"I don't know. I looked at {' and '.join(looked)}.", *_missed(prompt)]
    lines += [f"{quote}" for quote in (*nothing, *shown(prompt)[:1])]
    return "\n".join([*lines, f"What would tell: {topics(prompt.question)[0].surer}."])


def _missed(prompt: Prompt) -> list[str]:
    """Which tools failed, and why; on one line, if there are any."""
    missed = [f"{use.tool.replace('_', ' ')} ({short(use.problem, 90)})" for use in prompt.uses if use.problem]
    return ["Could not look: " + "; ".join(missed)] if missed else []


def _engines(prompt: Prompt) -> list[Quote]:
    """What the evidence engine takes for the cause, where that is asked."""
    known = [cause for cause in prompt.causes if cause.facts][:1] if _WHY.search(prompt.question) else []
    return [Quote(short(f"{one.text.rstrip('.')}; confidence {one.confidence}", 300), one.facts[0], 0) for one in known]


def _each_once(found: Sequence[Quote]) -> list[Quote]:
    """One line of each source, but all where there is only one."""
    ids = [quote.id for quote in found]
    once = [quote for place, quote in enumerate(found) if quote.id not in ids[:place]]
    return once if len(once) > 1 else list(found)
