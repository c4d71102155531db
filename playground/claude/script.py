"""What the stand-in says: by a script, and by no model. It uses the tools that fit the question's words, once, looks
into the diff of a change that it found, and then quotes what came; or it fills the schema that is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from playground.claude.analysis import analysis
from playground.claude.answer import answer, digest
from playground.claude.arguments import arguments, version_told
from playground.claude.choose import chosen
from playground.claude.prompt import Prompt, read
from playground.claude.reply import Json, Said, text, thought
from playground.claude.schema import inlined

SAYS_FIRST = "Looking."
"""Before its first tools, as a model often does."""


def say(body: Json, new_id: Callable[[], str]) -> Said:
    """The answer to a valid request. `new_id` gives each use of a tool its id."""
    prompt = read(body)
    said = _said(body, prompt, new_id)
    if body.get("thinking", {}).get("type") in {"adaptive", "enabled"}:
        return Said((thought("The facts first, then what is asked."), *said.blocks), said.stop)
    return said


def _said(body: Json, prompt: Prompt, new_id: Callable[[], str]) -> Said:
    form = body.get("output_config", {}).get("format")
    if form:
        return Said((text(json.dumps(analysis(inlined(form["schema"]), prompt), ensure_ascii=False)),))
    if wanted := _wanted(body, prompt):
        uses = [_use(tool, prompt, new_id()) for tool in wanted]
        return Said((*([] if prompt.uses else [text(SAYS_FIRST)]), *uses), "tool_use")
    return Said((text(answer(prompt) if prompt.question else digest(prompt)),))


def _wanted(body: Json, prompt: Prompt) -> Sequence[Json]:
    """The tools that it uses now: none where it may not, or where it has used what it wanted."""
    tools = {tool["name"]: tool for tool in body.get("tools", [])}
    choice = body.get("tool_choice", {"type": "auto"})
    match choice["type"]:
        case "none":
            names: Sequence[str] = ()
        case "tool":
            names = (choice["name"],)
        case "any":
            names = _next(prompt, list(tools)) or list(tools)[:1]
        case _:
            names = _next(prompt, list(tools))
    return [tools[name] for name in names][: 1 if choice.get("disable_parallel_tool_use") else None]


def _next(prompt: Prompt, offered: Sequence[str]) -> Sequence[str]:
    """First what the question calls for; then the diff of a change that was found, once."""
    if not prompt.question:
        return ()
    if not prompt.uses:
        return chosen(prompt.question, offered) or list(offered)[:1]
    used = {use.tool for use in prompt.uses}
    changed = "deployments" in chosen(prompt.question, offered) and "show_diff" not in used and version_told(prompt)
    return ["show_diff"] if changed and "show_diff" in offered else ()


def _use(tool: Json, prompt: Prompt, id_: str) -> Json:
    return {
        "type": "tool_use",
        "id": id_,
        "name": tool["name"],
        "input": arguments(inlined(tool["input_schema"]), prompt),
    }
