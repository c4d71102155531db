"""What a prompt says, as the script reads it: facts, data in its fences, the question, and what the tools told.

The fences are those of the bot: `<facts>`, `<data id="7" source="…" tool="…">`, `<question>`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from playground.claude.conversation import blocks_of
from playground.claude.shape import Json

_QUESTION = re.compile(r"<question>\s*(.*?)\s*</question>", re.DOTALL)
_FACTS = re.compile(r"<facts>\s*(.*?)\s*</facts>", re.DOTALL)
_DATA = re.compile(r'<data id="(\d+)" source="([^"]*)"(?: tool="([^"]*)")?>\n?(.*?)\n?</data>', re.DOTALL)
_FACT = re.compile(r"\[(\d+)\] (.+?) · (.+?) · (.+)")
_CAUSE = re.compile(
    r"cause \d+ · (?P<service>.+?) · confidence (?P<sure>\w+)(?: · rests on (?P<on>[\[\] \d]*))? · (?P<text>.+)"
)
_RUNBOOK = re.compile(r"([a-z0-9][a-z0-9-]+) \(")


@dataclass(frozen=True, slots=True)
class Fact:
    """One finding of the evidence engine."""

    id: int
    source: str
    service: str
    text: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What the evidence engine takes for the cause."""

    service: str
    confidence: str
    facts: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """Lines from outside, with the number they are cited by; `tool` is empty where the prompt itself shows them."""

    id: int
    source: str
    tool: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A tool that was used, and what came of it."""

    tool: str
    told: tuple[Told, ...]
    problem: str = ""
    """What it said instead, where it failed."""


@dataclass(frozen=True, slots=True)
class Prompt:
    question: str = ""
    facts: tuple[Fact, ...] = ()
    causes: tuple[Cause, ...] = ()
    data: tuple[Told, ...] = ()
    """What the prompt itself shows."""
    lines: tuple[str, ...] = ()
    """Every line that stands among the facts."""
    uses: tuple[Use, ...] = field(default=())
    """Of the tools, in their order."""

    @property
    def services(self) -> tuple[str, ...]:
        """Those that are named: by the prompt's list, by a cause, by a fact; each once, and in this order."""
        listed = [name for line in self._after("services that can be asked about: ") for name in line.split(", ")]
        named = [self._after("service ")[0].partition(" · ")[0]] if self._after("service ") else []
        told = [*(cause.service for cause in self.causes), *(fact.service for fact in self.facts)]
        return tuple(dict.fromkeys([*named, *told, *listed]))

    @property
    def namespaces(self) -> Mapping[str, str]:
        """Service → namespace, of those that are told."""
        told = (pair.partition(" in ") for line in self._after("namespaces: ") for pair in line.split(", "))
        return {service: namespace for service, _, namespace in told}

    @property
    def runbooks(self) -> tuple[str, ...]:
        return tuple(_RUNBOOK.findall(" ".join(self._after("runbooks that match: "))))

    def _after(self, words: str) -> list[str]:
        lines = [line for told in self.data for line in told.lines]
        return [line.removeprefix(words) for line in lines if line.startswith(words)]


def read(body: Json) -> Prompt:
    """What the messages say."""
    messages: Sequence[Json] = body["messages"]
    first = "\n".join(block.get("text", "") for block in blocks_of(messages[0]))
    asked = _QUESTION.findall(first)
    lines = [html.unescape(line.strip()) for part in _FACTS.findall(first) for line in part.splitlines()]
    return Prompt(
        question=html.unescape(asked[-1]) if asked else "",
        facts=tuple(Fact(int(found[1]), *found.groups()[1:]) for line in lines if (found := _FACT.fullmatch(line))),
        causes=tuple(_cause(found) for line in lines if (found := _CAUSE.fullmatch(line))),
        data=tuple(_told(first)),
        lines=tuple(lines),
        uses=tuple(_uses(messages)),
    )


def _cause(found: re.Match[str]) -> Cause:
    rests = tuple(int(id_) for id_ in re.findall(r"\[(\d+)\]", found["on"] or found["text"]))
    return Cause(found["service"], found["sure"], rests, found["text"])


def _told(words: str, tool: str = "") -> Iterator[Told]:
    for number, source, used, inside in _DATA.findall(words):
        lines = tuple(line for line in html.unescape(inside).splitlines() if line.strip())
        yield Told(int(number), source, used or tool, lines)


def _uses(messages: Sequence[Json]) -> Iterator[Use]:
    names = {block["id"]: block["name"] for block in _all(messages) if block["type"] == "tool_use"}
    for block in _all(messages):
        if block["type"] != "tool_result":
            continue
        content = block.get("content", "")
        words = content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)
        tool = names[block["tool_use_id"]]
        told = tuple(_told(words, tool))
        plain = " ".join(" ".join(one.lines) for one in told) if told else html.unescape(" ".join(words.split()))
        yield Use(tool, told, plain if block.get("is_error") else "")


def _all(messages: Sequence[Json]) -> Iterator[Json]:
    for message in messages:
        yield from blocks_of(message)
