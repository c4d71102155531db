"""A talk with a model, turn by turn: what is asked next, and when it is over (pure).

The limits are those of one answer: eight turns, twenty uses of tools, 60,000 tokens. A use that was asked for before is
answered from memory; asked for a third time, the talk is led to its end: the model has to answer with what is known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.dialogue import Block, Message, Opaque, Reply, Request, Text, ToolResult, ToolUse
from bot.domain.money import NOTHING, Money
from bot.domain.talk import Talk, Used, Why
from integrations.contract import ToolSpec

MOST_TURNS = 8
MOST_CALLS = 20
MOST_TOKENS = 60_000
MOST_TIMES = 2
"""The same question to the same tool; the second is answered from memory."""
REPLY_TOKENS = 1_500
"""Of one turn: an answer has a few lines."""
CONTEXT_BYTES = 72_000
"""Beyond it, results of earlier turns are shortened. About 24,000 tokens: with it, a talk of average length stays
under `MOST_TOKENS` altogether, as a cached prefix is read again with every turn."""
KEPT = 400
"""Characters that stay of a result that is shortened: its label and its first lines."""
LAST_CHANCE = "No more tools now. Answer with what is known, and say what you could not see."
SHORTENED = "\n… shortened: use the tool again with a narrower question if you need the rest.\n</data>"


def begin(first: str, talk: Talk) -> Talk:
    """The talk with its first message put in."""
    return replace(talk, messages=(Message("user", (Text(first),)),))


def request(talk: Talk, system: str, tools: Sequence[ToolSpec]) -> Request:
    """What the model is asked now. Where the limits are near it must answer without tools."""
    return Request(
        work="answer",
        system=system,
        messages=_fitting(talk.messages),
        tools=tuple(sorted(tools, key=lambda tool: tool.name)),
        most_tokens=REPLY_TOKENS,
        may_use_tools=not must_answer(talk),
    )


def must_answer(talk: Talk) -> bool:
    """Whether this is the last turn that the limits allow, or the model only repeats itself."""
    spent = talk.used.total + talk.used.total // max(talk.turns, 1)  # one more turn takes about what each took so far
    return (
        talk.turns >= MOST_TURNS - 1
        or talk.calls >= MOST_CALLS
        or spent >= MOST_TOKENS
        or any(times > MOST_TIMES for times in talk.times.values())
    )


def limit_of(talk: Talk) -> Why:
    """Which limit made it answer; empty: none."""
    if any(times > MOST_TIMES for times in talk.times.values()):
        return "repeats"
    if talk.calls >= MOST_CALLS:
        return "tools"
    if talk.turns >= MOST_TURNS - 1:
        return "turns"
    return "tokens" if must_answer(talk) else ""


def heard(talk: Talk, reply: Reply, cost: Money, forced: bool) -> Talk:  # noqa: FBT001 - a fact of the request
    """The talk after what the model said. `forced`: it had to answer, so the talk is over whatever it wanted."""
    said = replace(
        talk,
        turns=talk.turns + 1,
        used=talk.used + reply.usage,
        cost=talk.cost + cost,
        model=reply.model,
        text=reply.text.strip() or talk.text,
    )
    if forced:
        return replace(said, over=True, why=limit_of(talk))
    match reply.stop:
        case "tool_use" if reply.tool_uses:
            return replace(said, messages=(*talk.messages, Message("assistant", reply.blocks)))
        case "pause_turn":
            return replace(said, messages=(*talk.messages, Message("assistant", reply.blocks)))
        case "refusal":
            return replace(said, over=True, why="refusal")
        case "context_full" | "max_tokens":
            return replace(said, over=True, why="tokens")
        case _:
            return replace(said, over=True)


def wanted(talk: Talk) -> tuple[ToolUse, ...]:
    """Which tools the model waits for."""
    last = talk.messages[-1]
    if talk.over or last.role != "assistant":
        return ()
    return tuple(block for block in last.blocks if isinstance(block, ToolUse))


def key_of(use: ToolUse) -> str:
    """The same for the same question, however the model ordered its words."""
    return f"{use.name} {json.dumps(use.arguments, sort_keys=True, ensure_ascii=False, default=str)}"


def fresh(talk: Talk) -> tuple[ToolUse, ...]:
    """Those of the wanted ones that have to be asked: not in memory, each once, and no more than are left."""
    unknown = {key_of(use): use for use in wanted(talk) if key_of(use) not in talk.answers}
    return tuple(unknown.values())[: max(MOST_CALLS - talk.calls, 0)]


def told(talk: Talk, used: Sequence[Used]) -> Talk:
    """The talk after its tools have answered: every use gets a result, be it from memory or that there is none."""
    answers = {**talk.answers, **{one.key: one.result for one in used}}
    times = dict(talk.times)
    results: list[ToolResult] = []
    for use in wanted(talk):
        key = key_of(use)
        times[key] = times.get(key, 0) + 1
        known = answers.get(key)
        results.append(
            ToolResult(use.id, f"No more than {MOST_CALLS} uses of tools in an answer.", failed=True)
            if known is None
            else replace(known, id=use.id, text=known.text if times[key] == 1 else f"As before:\n{known.text}")
        )
    after = replace(
        talk,
        messages=(*talk.messages, Message("user", tuple(results))),
        sources=(*talk.sources, *(one.source for one in used if one.source is not None)),
        flagged=(*talk.flagged, *(one.source.id for one in used if one.source and one.flagged)),
        calls=talk.calls + len(used),
        answers=answers,
        times=times,
    )
    if not must_answer(after):
        return after
    return replace(after, messages=(*after.messages[:-1], Message("user", (*results, Text(LAST_CHANCE)))))


def cut_short(talk: Talk, why: Why, words: str = "", cost: Money = NOTHING) -> Talk:
    """The talk is over although the model has not answered; `cost` is what trying took all the same."""
    return replace(talk, over=True, why=why, words=words, cost=talk.cost + cost)


def _fitting(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages within the context's limit: results of earlier turns are shortened, the oldest first.

    The first message (facts, rules, question) and the newest results stay whole. A model's own thinking is left out
    then: its signature holds only for a talk that nobody has changed.
    """
    if sum(map(_size, messages)) <= CONTEXT_BYTES:
        return messages
    fitted = [replace(one, blocks=tuple(b for b in one.blocks if not isinstance(b, Opaque))) for one in messages]
    for at in range(1, len(messages) - 1):
        if sum(map(_size, fitted)) <= CONTEXT_BYTES:
            break
        fitted[at] = replace(fitted[at], blocks=tuple(map(_shortened, fitted[at].blocks)))
    return tuple(fitted)


def _size(message: Message) -> int:
    return sum(
        len(block.text.encode()) if isinstance(block, (Text, ToolResult)) else len(str(block))
        for block in message.blocks
    )


def _shortened(block: Block) -> Block:
    if isinstance(block, ToolResult) and len(block.text) > KEPT + len(SHORTENED):
        return replace(block, text=block.text[:KEPT] + SHORTENED)
    return block
