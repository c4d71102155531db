"""The real SDK against the playground's Claude, and prompts in the form of the bot's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anthropic

from playground import claude

KEY = "sk-ant-playground"
LARGE, SMALL = "claude-sonnet-5-5", "claude-haiku-5-5"
STRING, WHOLE = {"type": "string"}, {"type": "integer"}

INCIDENT = """An incident of SEV1, open. It began 03:27 UTC, 15 min ago; now it is 03:42 UTC.

<facts>
[1] github · payment-service · v2.34.1 deployed by alice, 40 s before errors began (at 03:27:00)
[2] elasticsearch · payment-service · 1,204 × connection refused: payment-gateway.internal:8443, never seen before
[3] prometheus · payment-service · error rate 23.4 % (normal 0.3 %) (at 03:27:40)
[4] prometheus · checkout-web · error rate 9.6 % (normal 0.15 %) (at 03:27:55)
cause 1 · payment-service · confidence high · rests on [1] [2] [3] · v2.34.1, deployed 40 s before errors began
ruled out · dependencies steady [4]
</facts>

<data id="5" source="first-responder">
services that can be asked about: payment-service, fraud-check, ledger
namespaces: payment-service in payments, ledger in payments
runbooks that match: payment-rollback (Roll back a payment release)
</data>"""


@asynccontextmanager
async def speaking(**more: Any) -> AsyncIterator[tuple[claude.Running, anthropic.AsyncAnthropic]]:
    """The stand-in, and the SDK with the right key and no retries of its own; `more` goes to the SDK."""
    async with (
        claude.running(key=KEY) as there,
        anthropic.AsyncAnthropic(
            **{"base_url": there.url, "api_key": KEY, "max_retries": 0, "timeout": 20, **more}
        ) as sdk,
    ):
        yield there, sdk


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def asked(question: str, **more: Any) -> dict[str, Any]:
    """A request as the bot makes it."""
    prompt = f"{INCIDENT}\n\n<question>\n{question}\n</question>"
    return {"model": LARGE, "max_tokens": 1_000, "messages": [user(prompt)], **more}


def tool(name: str, **properties: Any) -> dict[str, Any]:
    return {
        "name": name,
        "description": f"What {name} tells.",
        "strict": True,
        "input_schema": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    }


def offered(*names: str) -> list[dict[str, Any]]:
    """Tools in the form of the rooms' own."""
    known = (
        tool("deployments", service=STRING, hours=WHOLE),
        tool("query_metrics", query=STRING, service=STRING, minutes=WHOLE),
        tool("search_logs", service=STRING, contains=STRING, minutes=WHOLE),
        tool("show_diff", service=STRING, version=STRING, pull_request=WHOLE),
        tool("similar_incidents", text=STRING),
        tool("service_facts", service=STRING),
        tool("on_call"),
        tool("forecast", query=STRING, service=STRING, minutes=WHOLE, threshold={"type": "number"}),
        tool("timeline"),
        tool("open_alerts"),
        tool("read_runbook", id=STRING),
    )
    return [one for one in known if not names or one["name"] in names]


async def conversation(
    sdk: anthropic.AsyncAnthropic,
    request: Mapping[str, Any],
    found: Mapping[str, str],
    *,
    failing: tuple[str, ...] = (),
) -> tuple[list[str], str]:
    """Plays the loop to its end: the tools that were used, and the last text. `found` is what each tool tells."""
    messages, used = list(request["messages"]), []
    for _ in range(6):
        reply = await sdk.messages.create(**{**request, "messages": messages})
        uses = [block for block in reply.content if block.type == "tool_use"]
        if not uses:
            return used, "".join(block.text for block in reply.content if block.type == "text")
        messages += [assistant([block.model_dump(exclude_none=True) for block in reply.content])]
        results = []
        for use in uses:
            used.append(use.name)
            fence = f'<data id="{10 + len(used)}" source="somewhere" tool="{use.name}">\n{found[use.name]}\n</data>'
            failed = use.name in failing
            results.append({"type": "tool_result", "tool_use_id": use.id, "content": fence, "is_error": failed})
        messages += [user(results)]
    raise AssertionError("it used tools for ever")
