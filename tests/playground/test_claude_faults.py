"""What the real SDK makes of each fault of the playground's Claude; each is used up by one request."""

from __future__ import annotations

import json

import anthropic
import httpx2
import pytest

from playground.claude.faults import Fault
from tests.playground.asking_claude import asked, assistant, offered, speaking

QUESTION = asked("what is the error rate?")


async def whole(sdk):
    return await sdk.messages.create(**QUESTION)


async def streamed(sdk):
    async with sdk.messages.stream(**QUESTION) as stream:
        return await stream.get_final_message()


@pytest.mark.parametrize("ask", [whole, streamed])
@pytest.mark.parametrize(
    ("fault", "error", "status", "kind"),
    [
        (Fault("rate_limit", retry_after=7), anthropic.RateLimitError, 429, "rate_limit_error"),
        (Fault("overloaded"), anthropic.OverloadedError, 529, "overloaded_error"),
        (Fault("error"), anthropic.InternalServerError, 500, "api_error"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
async def test_an_error_answers_once(ask, fault, error, status, kind):
    async with speaking() as (there, sdk):
        there.faults.add(fault)
        with pytest.raises(error) as raised:
            await ask(sdk)
        assert (raised.value.status_code, raised.value.type) == (status, kind)
        assert raised.value.request_id == raised.value.body["request_id"]
        if status == 429:
            assert raised.value.response.headers["retry-after"] == "7"
        assert (await ask(sdk)).stop_reason == "end_turn"
        assert len(there.requests) == 2


@pytest.mark.parametrize("ask", [whole, streamed])
@pytest.mark.parametrize(
    ("kind", "stop"),
    [
        ("refusal", "refusal"),
        ("max_tokens", "max_tokens"),
        ("context_full", "model_context_window_exceeded"),
        ("pause_turn", "pause_turn"),
        ("thinking", "end_turn"),
    ],
)
async def test_a_stop_reason_is_told(ask, kind, stop):
    async with speaking() as (there, sdk):
        good = await ask(sdk)
        there.faults.add(Fault(kind))
        reply = await ask(sdk)
    assert reply.stop_reason == stop
    texts = [block.text for block in reply.content if block.type == "text"]
    if kind == "refusal":
        assert not reply.content
        assert reply.stop_details.type == "refusal"
    elif kind in ("max_tokens", "context_full"):
        assert good.content[0].text.startswith(texts[0])
        assert len(texts[0]) < len(good.content[0].text)
    elif kind == "thinking":
        assert [block.type for block in reply.content] == ["thinking", "text"]


async def test_a_paused_turn_goes_on_when_it_is_sent_back():
    async with speaking() as (there, sdk):
        there.faults.add(Fault("pause_turn"))
        paused = await whole(sdk)
        blocks = [block.model_dump(exclude_none=True) for block in paused.content]
        going_on = {**QUESTION, "messages": [*QUESTION["messages"], assistant(blocks)]}
        assert "23.4 %" in (await sdk.messages.create(**going_on)).content[0].text


async def test_tools_that_are_cut_off_are_not_half_there():
    async with speaking() as (there, sdk):
        there.faults.add(Fault("max_tokens"))
        reply = await sdk.messages.create(**asked("did anything change?", tools=offered()))
    assert [block.type for block in reply.content] == ["text"]


async def test_a_stream_is_cut_in_the_middle():
    async with speaking() as (there, sdk):
        there.faults.add(Fault("broken_stream"))
        heard = []
        with pytest.raises(httpx2.RemoteProtocolError):
            async with sdk.messages.stream(**QUESTION) as stream:
                async for text in stream.text_stream:
                    heard.append(text)  # what came before the cut counts
        assert heard
        there.faults.add(Fault("broken_stream"))
        with pytest.raises(anthropic.APIConnectionError):
            await whole(sdk)


async def test_a_stream_tells_an_error_in_the_middle():
    async with speaking() as (there, sdk):
        there.faults.add(Fault("stream_error"), Fault("stream_error"))
        with pytest.raises(anthropic.APIStatusError) as raised:
            await streamed(sdk)
        assert (raised.value.status_code, raised.value.type) == (200, "overloaded_error")
        with pytest.raises(anthropic.OverloadedError):
            await whole(sdk)


async def test_garbage_is_no_answer():
    async with speaking() as (there, sdk):
        there.faults.add(Fault("garbage"), Fault("garbage"))
        with pytest.raises(json.JSONDecodeError):
            await whole(sdk)
        with pytest.raises(AssertionError):
            await streamed(sdk)


@pytest.mark.parametrize("ask", [whole, streamed])
async def test_a_slow_answer_meets_the_timeout_of_who_asks(ask):
    async with speaking(timeout=0.2) as (there, sdk):
        there.faults.add(Fault("slow", seconds=10))
        with pytest.raises(anthropic.APITimeoutError):
            await ask(sdk)


async def test_faults_come_in_their_order_and_can_be_taken_back():
    async with speaking() as (there, sdk):
        there.faults.add(Fault("error", times=2), Fault("refusal", times=None))
        for _ in range(2):
            with pytest.raises(anthropic.InternalServerError):
                await whole(sdk)
        for _ in range(3):
            assert (await whole(sdk)).stop_reason == "refusal"
        there.faults.clear()
        assert (await whole(sdk)).stop_reason == "end_turn"
