"""How a call to the model fails: in plain words, with what it has used by then, and without a word of what was said."""

from __future__ import annotations

import asyncio
import logging
import ssl
import traceback

import pytest

from bot.domain.dialogue import Message, Request, Text
from bot.domain.money import Usage
from bot.questions.model_ports import ModelError
from playground.tls import make
from tests.llm.api import KEY, LARGE, Streams, api, claude, end, event, refuses, start, text, tool
from tests.rooms.misbehaving import misbehaving, resets

ASKED = "what-only-our-prompt-says"
REQUEST = Request("answer", "Answer.", (Message("user", (Text(ASKED),)),))
BEGUN = Usage(100, 1, 30, 20)


async def failed(answer, **how):
    async with api() as server, claude(server, **how) as door:
        server.give(answer)
        with pytest.raises(ModelError) as caught:
            await door.say(REQUEST, LARGE)
    assert_says_nothing(caught.value)
    return caught.value


def assert_says_nothing(error):
    told = "".join(traceback.format_exception(error))
    assert error.reason in told
    assert KEY not in told
    assert ASKED not in told


REFUSED = "the key is refused: look at ANTHROPIC_API_KEY"
NO_CREDIT = "the account has no credit left: look at it in Anthropic's console"
TOO_LONG = "what there is to read is too long for the model"
UNFIT = "the model cannot work with our request"


@pytest.mark.parametrize(
    ("answer", "reason", "passing"),
    [
        (refuses(401, "authentication_error", f"invalid x-api-key {KEY}"), REFUSED, False),
        (refuses(401), REFUSED, False),
        (refuses(402, "billing_error"), NO_CREDIT, False),
        (refuses(400, "invalid_request_error", "Your credit balance is too low"), NO_CREDIT, False),
        (refuses(403, "permission_error"), "the key may not use this model: look at ANTHROPIC_API_KEY", True),
        (refuses(404, "not_found_error"), "no such model: look at MODELS_LARGE and MODELS_SMALL", True),
        (refuses(413, "request_too_large"), TOO_LONG, True),
        (refuses(400, "invalid_request_error", "prompt is too long: 9 tokens > 8"), TOO_LONG, True),
        (refuses(400, "invalid_request_error", f"messages.0: {ASKED}"), UNFIT, True),
        (refuses(429, "rate_limit_error", retry_after="12"), "rate limit, come again in 12 s", True),
        (refuses(429, "rate_limit_error", retry_after="soon"), "rate limit, come again in 5 s", True),
        (refuses(429), "rate limit, come again in 5 s", True),
        (refuses(429, retry_after="31536000"), "rate limit, come again in 3600 s", True),
        (refuses(429, retry_after="9" * 400), "rate limit, come again in 3600 s", True),
        (refuses(400, "invalid_request_error", {"detail": ["no"]}), UNFIT, True),
        (refuses(400, ["invalid"], 7), UNFIT, True),
        (refuses(500, "api_error"), "an error inside the model's API", True),
        (refuses(502), "an error inside the model's API", True),
        (refuses(503), "overloaded", True),
        (refuses(529, "overloaded_error"), "overloaded", True),
        (refuses(504, "timeout_error"), "no answer in time", True),
        (refuses(418), "it answered 418: look at ANTHROPIC_BASE_URL", False),
        (refuses(307, location="http://127.0.0.1:9/"), "it answered 307: look at ANTHROPIC_BASE_URL", False),
    ],
)
async def test_an_error_that_is_answered_is_told_in_plain_words_and_cost_nothing(answer, reason, passing):
    error = await failed(answer)
    assert (error.reason, error.passing, error.used) == (reason, passing, Usage())


async def test_a_rate_limit_says_how_long_to_rest():
    assert (await failed(refuses(429, "rate_limit_error", retry_after="12"))).rest_s == 12
    assert (await failed(refuses(529, "overloaded_error"))).rest_s == 0


OTHER_SHAPE = "it answered in another shape than the Messages API: look at ANTHROPIC_BASE_URL"
BROKE_OFF = "the stream broke off"
OVERLOADED = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
NOWHERE = event("content_block_delta", index=7, delta={"type": "text_delta", "text": "x"})
CUT_OFF = Streams([start(), *list(text(0, "four"))[:2]], length=9_999)


@pytest.mark.parametrize(
    ("answer", "reason", "used"),
    [
        (CUT_OFF, BROKE_OFF, Usage(100, 2, 30, 20)),
        (Streams([start(), *text(0, "a longer text")]), BROKE_OFF, Usage(100, 6, 30, 20)),
        (Streams([start(), *text(0, "x"), OVERLOADED]), "overloaded", BEGUN),
        (Streams([OVERLOADED]), "overloaded", None),
        (Streams([b"<html>hello</html>"]), OTHER_SHAPE, None),
        (Streams([b"event: message_start\ndata: {not json\n\n"]), OTHER_SHAPE, None),
        (Streams([b'event: message_start\ndata: {"type": "message_start"}\n\n']), OTHER_SHAPE, None),
        (Streams([*text(0, "no beginning"), *end()]), OTHER_SHAPE, None),
        (Streams([start(), NOWHERE]), OTHER_SHAPE, BEGUN),
        (Streams([start(), *tool(0, "search_logs", "]")]), OTHER_SHAPE, BEGUN),
    ],
)
async def test_a_stream_that_goes_wrong_tells_what_it_had_used(answer, reason, used):
    error = await failed(answer)
    assert (error.reason, error.passing, error.used) == (reason, True, used)


@pytest.mark.parametrize("how", [{"hangs": True}, {"trickles": True}])
async def test_a_call_has_an_end_however_slowly_it_trickles(how):
    for limit_s in (0.2, 3, 20):  # where the machine stalls, nothing has come within the first
        error = await failed(Streams([start(), *text(0, "x")], **how), limit_s=limit_s)
        if error.used is not None:
            break
    assert (error.reason, error.passing, error.used) == (f"no answer in {limit_s:g} s", True, BEGUN)


async def test_nobody_listens():
    async with claude("http://127.0.0.1:9") as door:
        with pytest.raises(ModelError, match="nobody answers at ANTHROPIC_BASE_URL") as caught:
            await door.say(REQUEST, LARGE)
    assert (caught.value.passing, caught.value.used) == (True, Usage())


async def test_a_connection_that_is_dropped_may_have_been_counted():
    with misbehaving(resets) as server:
        async with claude(server.url) as door:
            with pytest.raises(ModelError, match="the connection broke off before an answer") as caught:
                await door.say(REQUEST, LARGE)
    assert (caught.value.passing, caught.value.used) == (True, None)


async def test_a_certificate_that_nobody_signed(tmp_path):
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(make(tmp_path).server_file)
    with misbehaving(resets, tls=ours) as server:
        async with claude(server.url) as door:
            with pytest.raises(ModelError, match="EXTRA_CA_FILE must hold the authority") as caught:
                await door.say(REQUEST, LARGE)
    assert (caught.value.passing, caught.value.used) == (False, Usage())


async def test_a_file_of_authorities_that_cannot_be_read(tmp_path):
    async with claude("http://127.0.0.1:9", ca_file=tmp_path / "none.pem") as door:
        with pytest.raises(ModelError, match=r"cannot read the CA file none\.pem: EXTRA_CA_FILE"):
            await door.say(REQUEST, LARGE)


async def test_a_key_that_cannot_be_sent():
    async with api() as server, claude(server, key="sk-ant-two\nlines-000000") as door:
        with pytest.raises(ModelError) as caught:
            await door.say(REQUEST, LARGE)
    assert caught.value.reason == "the key has characters that no key has: look at ANTHROPIC_API_KEY"
    assert server.bodies == []


@pytest.mark.parametrize("address", ["not an address", "ftp://127.0.0.1", "http://[", ""])
async def test_an_address_that_is_none(address):
    async with claude(address) as door:
        with pytest.raises(ModelError, match="ANTHROPIC_BASE_URL"):
            await door.say(REQUEST, LARGE)


async def test_what_is_said_never_reaches_a_log(caplog, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_LOG", "debug")
    caplog.set_level(logging.DEBUG)
    await failed(refuses(400, "invalid_request_error", f"messages.0: {ASKED} {KEY}"))
    assert ASKED not in caplog.text
    assert KEY not in caplog.text


async def test_who_is_cancelled_hangs_up():
    used, begun = [], asyncio.Event()
    async with api() as server, claude(server) as door:
        server.give(Streams([start(), *text(0, "x")], hangs=True))
        asking = asyncio.create_task(door.say(REQUEST, LARGE, lambda text: begun.set(), used.append))
        async with asyncio.timeout(60):
            await begun.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await server.gone.wait()
    assert used[0] == BEGUN


async def test_who_it_is_never_shows():
    async with claude("http://127.0.0.1:9") as door:
        assert KEY not in repr(door._wanted)
