"""What a sender gets for each kind of delivery, and that only what was committed is answered 202."""

import asyncio
import json
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from bot.measures import Measures
from bot.ports import JournalDown, Taken
from bot.web import health, webhooks
from integrations.contract import Alert, Delivery, Malformed, Rejected

TOKEN = "a-token"


def parse(payload):
    """A small sender: a list of fingerprints; `bad` ones are rejected."""
    if not isinstance(payload, list):
        raise Malformed("test", "alerts: must be a list")
    good = tuple(Alert("test", f, f, "firing", datetime(2026, 11, 21, tzinfo=UTC)) for f in payload if f != "bad")
    bad = tuple(Rejected(f"alerts[{n}]", "bad") for n, f in enumerate(payload) if f == "bad")
    if bad and not good:
        raise Malformed("test", "alerts[0]: bad")
    return Delivery(good, bad)


class Book:
    """Keeps what it takes; `down` makes it refuse like a database that cannot be written."""

    def __init__(self):
        self.kept, self.down = [], False

    async def take(self, alerts):
        if self.down:
            raise JournalDown("disk full")
        self.kept += alerts
        return tuple(Taken("INC-1", 1, "opened") for _ in alerts)

    async def writable(self):
        if self.down:
            raise JournalDown("disk full")


@pytest.fixture
def book():
    return Book()


@pytest.fixture
async def bot(book):
    measures = Measures()
    on = webhooks.Sender("test", "TEST_TOKEN", SecretStr(TOKEN), parse)
    off = webhooks.Sender("off", "OFF_TOKEN", None, parse)
    signed = webhooks.Sender("signed", "S", SecretStr("s"), parse, lambda body, given, secret: given == f"{secret}!")
    routes = [
        *webhooks.routes((on, off, signed), book.take, measures, body_s=0.2),
        *health.routes(book.writable, measures),
    ]
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        yield client


async def send(bot, content='["f1"]', *, token=TOKEN, path="/webhooks/test", **headers):
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"} | headers
    return await bot.post(path, content=content, headers=headers)


async def test_a_good_delivery_is_committed_and_answered_202(bot, book):
    answer = await send(bot)

    assert (answer.status_code, answer.json()["incidents"]) == (202, ["INC-1"])
    assert [alert.fingerprint for alert in book.kept] == ["f1"]


@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [
        (401, '["f1"]', {"authorization": "Bearer wrong"}),
        (401, '["f1"]', {"authorization": "Bearer "}),
        (401, '["f1"]', {"authorization": f"Basic {TOKEN}"}),
        (401, '["f1"]', {"authorization": f"Bearer {TOKEN}é".encode()}),
        (400, "{", {}),
        (400, "[NaN]", {}),
        (400, b"\xff\xfe", {}),
        (400, "[" * 100_000, {}),
        (400, "9" * 5_000, {}),
        (415, '["f1"]', {"content-type": "text/plain"}),
        (415, '["f1"]', {"content-type": ""}),
        (413, json.dumps(["x" * 1_100_000]), {}),
        (422, '{"alerts": 1}', {}),
        (422, '["bad"]', {}),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_the_reason(bot, book, status, content, headers):
    answer = await send(bot, content, **headers)

    assert answer.status_code == status
    assert answer.json()["error"]
    assert TOKEN not in answer.text
    assert book.kept == []
    assert f'webhooks_total{{source="test",status="{status}"}} 1.0' in (await bot.get("/metrics")).text


async def test_a_body_that_hides_its_length_is_cut_off_too(bot, book):
    async def parts():
        for _ in range(40):
            yield b"[" * 32_768

    assert (await send(bot, parts())).status_code == 413
    assert book.kept == []


async def test_a_body_that_does_not_come_to_its_end_is_refused_in_time(bot, book):
    async def parts():
        yield b'["f1"'
        await asyncio.Event().wait()

    answer = await send(bot, parts())
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert "not there in 0.2 s" in answer.json()["error"]
    assert book.kept == []


async def test_a_sender_that_goes_away_is_counted_and_no_fault_of_ours(book):
    measures = Measures()
    sender = webhooks.Sender("test", "TEST_TOKEN", SecretStr(TOKEN), parse)
    app = Starlette(routes=webhooks.routes((sender,), book.take, measures))
    coming = iter(({"type": "http.request", "body": b'["f1"', "more_body": True}, {"type": "http.disconnect"}))
    headers = [(b"authorization", f"Bearer {TOKEN}".encode()), (b"content-type", b"application/json")]

    async def receive():
        return next(coming)

    async def answered(_message): ...

    scope = {"type": "http", "method": "POST", "path": "/webhooks/test", "query_string": b"", "headers": headers}
    await app(scope, receive, answered)

    assert measures.registry.get_sample_value("webhooks_total", {"source": "test", "status": "499"}) == 1
    assert book.kept == []


async def test_good_and_bad_alerts_together_are_taken_and_the_bad_listed(bot, book):
    answer = await send(bot, '["f1", "bad", "f2"]')

    assert answer.status_code == 202
    assert answer.json()["rejected"] == [{"where": "alerts[1]", "reason": "bad"}]
    assert len(book.kept) == 2


async def test_a_database_that_cannot_be_written_makes_the_sender_try_again(bot, book):
    book.down = True
    answer = await send(bot)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await bot.get("/readyz")).status_code == 503
    assert (await bot.get("/healthz")).status_code == 200


async def test_a_sender_without_a_secret_is_off_and_says_how_to_turn_it_on(bot):
    answer = await send(bot, path="/webhooks/off")

    assert answer.status_code == 404
    assert "OFF_TOKEN" in answer.json()["error"]


async def test_a_signature_is_asked_for_over_the_raw_body(bot, book):
    assert (await send(bot, path="/webhooks/signed")).status_code == 401
    assert (await send(bot, path="/webhooks/signed", **{"x-pagerduty-signature": "s?"})).status_code == 401
    assert book.kept == []
    assert (await send(bot, path="/webhooks/signed", **{"x-pagerduty-signature": "s!"})).status_code == 202
