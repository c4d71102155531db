"""Tokens of a request by a plain estimate, and which of them the cache for prompts would have held."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from playground.claude.conversation import blocks_of
from playground.claude.shape import Json

CHARACTERS = 4
"""To a token, about: the real one counts otherwise, this one always the same."""
CACHED_FROM = 1_024
"""Tokens. A shorter prefix is not cached."""
LOOK_BACK = 20
"""Blocks before a mark at which a prefix that is cached already is looked for."""
CONTEXT_WINDOW = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a request; the four are disjoint."""

    fresh: int
    cache_write: int
    cache_read: int
    output: int = 0

    def as_json(self) -> Json:
        return {
            "input_tokens": self.fresh,
            "cache_creation_input_tokens": self.cache_write,
            "cache_read_input_tokens": self.cache_read,
            "output_tokens": self.output,
            "service_tier": "standard",
        }


def estimate(text: str) -> int:
    return -(-len(text) // CHARACTERS)


def count(body: Json) -> int:
    """All input tokens of a request."""
    return sum(part.tokens for part in _parts(body))


class PromptCache:
    """What was marked with `cache_control` so far. It forgets nothing: no answer depends on how fast a test is."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def use(self, body: Json) -> Usage:
        """What this request reads from the cache, writes to it, and pays in full."""
        parts = list(_parts(body))
        keys, sums = _prefixes(body["model"], parts)
        marks = [place for place, part in enumerate(parts) if part.marked and sums[place] >= CACHED_FROM]
        read = max((sums[place] for mark in marks for place in self._near(mark, keys)), default=0)
        written = max(sums[marks[-1]] - read, 0) if marks else 0
        self._known |= {keys[mark] for mark in marks}
        return Usage(fresh=sums[-1] - read - written, cache_write=written, cache_read=read)

    def _near(self, mark: int, keys: list[str]) -> Iterator[int]:
        return (place for place in range(max(mark - LOOK_BACK, 0), mark + 1) if keys[place] in self._known)


@dataclass(frozen=True, slots=True)
class _Part:
    """One block of a request, in the order in which the cache sees them."""

    text: str
    tokens: int
    marked: bool = False


def _parts(body: Json) -> Iterator[_Part]:
    """Tools, system, what the answer is held to, messages. `cache_control` itself is not part of the text."""
    system = body.get("system", [])
    blocks = [
        *body.get("tools", []),
        *([{"type": "text", "text": system}] if isinstance(system, str) else system),
    ]
    yield from map(_part, blocks)
    yield _settings(body)
    rest = [(message["role"], block) for message in body["messages"] for block in blocks_of(message)]
    for place, (role, block) in enumerate(rest):
        part = _part(block)
        last = bool(body.get("cache_control")) and place == len(rest) - 1
        yield _Part(f"{role}: {part.text}", part.tokens, part.marked or last)


def _part(block: Json) -> _Part:
    bare = {name: value for name, value in block.items() if name != "cache_control"}
    text = json.dumps(bare, sort_keys=True, ensure_ascii=False)
    told = bare["text"] if bare.get("type") == "text" else text
    return _Part(text, estimate(told), bool(block.get("cache_control")))


def _settings(body: Json) -> _Part:
    """A schema costs tokens; a choice of tool costs none, but what stands behind it is cached anew."""
    form = body.get("output_config", {}).get("format")
    schema = json.dumps(form, sort_keys=True) if form else ""
    choice = json.dumps(body.get("tool_choice", {"type": "auto"}), sort_keys=True)
    return _Part(f"{schema} {choice}", estimate(schema))


def _prefixes(model: str, parts: list[_Part]) -> tuple[list[str], list[int]]:
    """Of each prefix a key, which no other text has, and its tokens."""
    keys, sums, total = [], [], 0
    digest = hashlib.sha256(model.encode())
    for part in parts:
        digest.update(f"\x00{part.text}".encode())
        total += part.tokens
        keys.append(digest.hexdigest())
        sums.append(total)
    return keys, sums
